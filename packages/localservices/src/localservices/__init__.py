"""Finds or starts PostgreSQL and Redis for this workspace, and launches its systems.

See README.md for the search order, what is left in `.local/`, the `run.toml` format and the pytest plugin.
"""

from .errors import LocalServicesError
from .services import Services, ensure_services, read_services, stop_services

__all__ = ["LocalServicesError", "Services", "ensure_services", "read_services", "stop_services"]
