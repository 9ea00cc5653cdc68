"""Backends under the names the documents give."""

from access.backends import CustomOIDCAuthenticationBackend

__all__ = ["CustomOIDCAuthenticationBackend"]
