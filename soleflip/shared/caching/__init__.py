"""Answers kept in Redis for a while."""
