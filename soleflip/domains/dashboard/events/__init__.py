"""Event handlers of the dashboard domain."""
