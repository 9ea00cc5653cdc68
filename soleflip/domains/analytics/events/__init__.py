"""Event handlers of the analytics domain."""
