"""Business logic of the analytics domain."""
