"""Routes of the suppliers domain."""
