"""Queries of the integration domain."""
