"""A stand-in fleet for tests that poll over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from standins.printers import PrinterFleet

from inventory.models import Printer
from inventory.tests.factories import make_printer

FLEET_SIZE = 24


@pytest.fixture(scope="session")
def fleet() -> Iterator[PrinterFleet]:
    """24 printers of all models that stand still in time."""
    with PrinterFleet(count=FLEET_SIZE, speed=0) as running:
        yield running


@pytest.fixture
def fleet_printers(fleet: PrinterFleet, db: None) -> list[Printer]:
    """A row for each printer of the fleet, as a person adds them: by address only."""
    return [
        make_printer(
            ip_address=one.address,
            snmp_port=one.snmp_port,
            web_port=one.web_port,
            snmp_community=one.community,
            serial_number="",
        )
        for one in fleet.printers
    ]
