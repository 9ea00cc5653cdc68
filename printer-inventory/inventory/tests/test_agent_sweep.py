"""Printers that an agent is to ask go the agent's way, and only those."""

from __future__ import annotations

import shutil

import pytest
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, Printer, PrinterState
from inventory.services.sweeping import Sweep, run_inventory_for_printer
from inventory.tests.factories import make_printer

pytestmark = pytest.mark.django_db
AGENT = shutil.which("fusioninventory-netinventory") or shutil.which("glpi-netinventory")


def test_the_native_sweep_leaves_them_alone():
    make_printer(polling_method="GLPI")
    assert Sweep().run().polled == 0


def test_the_agents_sweep_takes_no_others():
    make_printer()
    assert Sweep(lane="agent").run().polled == 0


def test_without_an_agent_the_poll_says_what_to_install(settings, tmp_path):
    settings.GLPI_PATH = str(tmp_path)
    make_printer(polling_method="GLPI")
    assert Sweep(lane="agent").run().verdicts == {"FAILED": 1}
    assert str(tmp_path) in InventoryTask.objects.get().error_message


def test_the_whole_fleet_can_be_asked_by_agents(settings, tmp_path):
    settings.POLL_ALL_BY_AGENT = True
    settings.GLPI_PATH = str(tmp_path)
    make_printer()
    assert Sweep().run().polled == 0
    assert Sweep(lane="agent").run().polled == 1


@pytest.mark.slow
@pytest.mark.skipif(AGENT is None, reason="no GLPI or FusionInventory Agent is installed")
def test_a_real_agent_reads_what_the_collector_reads(fleet: PrinterFleet, fleet_printers: list[Printer]):
    printer = fleet_printers[0]
    Printer.objects.filter(pk=printer.pk).update(polling_method="GLPI")
    assert run_inventory_for_printer(printer.pk) == (True, "Polled.")
    state = PrinterState.objects.get(pk=printer.pk)
    assert state.total_pages == fleet.truth(0)["counters"]["total"]
    assert InventoryTask.objects.get().engine == "glpi"
