"""Event handlers of the auth domain."""
