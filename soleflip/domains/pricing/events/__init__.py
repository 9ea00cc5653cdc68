"""Event handlers of the pricing domain."""
