"""Business logic of the pricing domain."""
