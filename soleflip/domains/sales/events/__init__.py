"""Event handlers of the sales domain."""
