"""Encryption of fields, signatures, headers."""
