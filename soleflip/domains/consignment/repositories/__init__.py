"""Queries of the consignment domain."""
