"""Queries of the products domain."""
