"""Middleware under the names the documents give."""

from webshell.middleware import SecurityHeadersMiddleware

__all__ = ["SecurityHeadersMiddleware"]
