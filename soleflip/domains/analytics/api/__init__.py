"""Routes of the analytics domain."""
