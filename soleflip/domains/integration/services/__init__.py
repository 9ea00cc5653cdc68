"""Business logic of the integration domain."""
