"""Routes of the sales domain."""
