"""Pure rules of the contracts: no framework, no database, no clock."""
