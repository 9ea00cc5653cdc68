"""Business logic of the dashboard domain."""
