"""Queries of the orders domain."""
