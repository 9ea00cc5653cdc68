"""Event handlers of the inventory domain."""
