"""Business logic of the suppliers domain."""
