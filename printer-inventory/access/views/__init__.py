"""Signing in through the provider, and the pages of users, roles and the audit log."""
