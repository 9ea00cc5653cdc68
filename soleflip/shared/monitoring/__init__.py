"""Health, metrics, request times."""
