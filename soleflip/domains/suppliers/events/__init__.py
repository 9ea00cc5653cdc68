"""Event handlers of the suppliers domain."""
