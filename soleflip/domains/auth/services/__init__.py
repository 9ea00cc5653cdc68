"""Business logic of the auth domain."""
