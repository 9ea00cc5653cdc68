"""Queries of the sales domain."""
