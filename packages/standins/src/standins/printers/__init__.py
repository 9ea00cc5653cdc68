"""Printers that answer over SNMP and HTTP on loopback, for the demo and the tests.

`PrinterFleet` plays a fleet in a process of its own; `python -m standins.printers --help` does the same by hand.
"""

from .config import DEFAULT_USERS, FleetConfig, V3User
from .control import ControlClient, ControlError
from .fleet import PrinterFleet
from .world import PrinterAddress

__all__ = ["DEFAULT_USERS", "ControlClient", "ControlError", "FleetConfig", "PrinterAddress", "PrinterFleet", "V3User"]
