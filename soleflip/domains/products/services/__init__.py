"""Business logic of the products domain."""
