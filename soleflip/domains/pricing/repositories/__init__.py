"""Queries of the pricing domain."""
