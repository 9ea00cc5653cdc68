"""Business logic of the admin domain."""
