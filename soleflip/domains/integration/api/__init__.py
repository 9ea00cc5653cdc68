"""Routes of the integration domain."""
