"""Routes of the inventory domain."""
