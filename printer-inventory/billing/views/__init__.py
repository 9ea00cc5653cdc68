"""Billing by its HTTP face."""
