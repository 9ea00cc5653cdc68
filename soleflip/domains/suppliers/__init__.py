"""Suppliers, accounts, purchases."""
