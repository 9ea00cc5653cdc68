"""Routes of the dashboard domain."""
