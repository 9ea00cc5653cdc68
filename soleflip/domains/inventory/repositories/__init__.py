"""Queries of the inventory domain."""
