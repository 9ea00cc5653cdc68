"""Finds or starts PostgreSQL and Redis, and launches the systems of this workspace."""
