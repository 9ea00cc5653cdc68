"""Error pages: one look in all systems, see `webshell.errors`."""

from webshell.errors import bad_request, csrf_failure, not_found, permission_denied, server_error

__all__ = ["bad_request", "csrf_failure", "not_found", "permission_denied", "server_error"]
