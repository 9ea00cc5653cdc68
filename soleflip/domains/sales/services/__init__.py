"""Business logic of the sales domain."""
