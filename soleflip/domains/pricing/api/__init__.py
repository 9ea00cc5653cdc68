"""Routes of the pricing domain."""
