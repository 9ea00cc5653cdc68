"""GLPI's REST API for tests and the demo: sessions, entities, printers, network ports and counter logs.

It refuses what the true one refuses.
"""

from standins.faults import Fault
from standins.glpi.server import APP_TOKEN, Glpi
from standins.glpi.world import Account, KnownPrinter, World

__all__ = ["APP_TOKEN", "Account", "Fault", "Glpi", "KnownPrinter", "World"]
