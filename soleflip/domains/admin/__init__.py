"""Audit, settings, jobs."""
