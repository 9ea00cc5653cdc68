"""Event handlers of the orders domain."""
