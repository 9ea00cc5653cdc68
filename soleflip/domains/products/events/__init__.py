"""Event handlers of the products domain."""
