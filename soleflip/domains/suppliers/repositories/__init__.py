"""Queries of the suppliers domain."""
