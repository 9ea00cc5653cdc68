"""Routes of the products domain."""
