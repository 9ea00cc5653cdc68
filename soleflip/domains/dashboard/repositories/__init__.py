"""Queries of the dashboard domain."""
