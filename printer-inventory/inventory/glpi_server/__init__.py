"""Asking a GLPI server what it knows of printers, and telling it counters: its REST API (apirest.php). Knows no Django.

https://github.com/glpi-project/glpi/blob/10.0/bugfixes/apirest.md
"""

from inventory.glpi_server.client import GlpiServer, Session, open_session
from inventory.glpi_server.errors import GlpiAwayError, GlpiError, GlpiRefusedError
from inventory.glpi_server.items import KnownPrinter

__all__ = [
    "GlpiAwayError",
    "GlpiError",
    "GlpiRefusedError",
    "GlpiServer",
    "KnownPrinter",
    "Session",
    "open_session",
]
