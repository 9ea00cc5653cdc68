"""Queries of the analytics domain."""
