"""Bulk loading and query helpers."""
