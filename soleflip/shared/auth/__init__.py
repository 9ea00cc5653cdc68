"""Tokens, passwords, who may do what."""
