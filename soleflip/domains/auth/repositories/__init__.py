"""Queries of the auth domain."""
