"""Event handlers of the admin domain."""
