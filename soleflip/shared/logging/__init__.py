"""Structured logs with a request id."""
