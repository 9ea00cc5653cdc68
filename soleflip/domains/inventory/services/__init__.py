"""Business logic of the inventory domain."""
