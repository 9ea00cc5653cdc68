"""Event handlers of the integration domain."""
