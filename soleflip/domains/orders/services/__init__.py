"""Business logic of the orders domain."""
