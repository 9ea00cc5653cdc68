"""A printer whose pages stand behind a login form of its own: rules type, click, wait and read in a real browser."""

from __future__ import annotations

from typing import Any, Final

import pytest
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, PageCounter, Printer, PrinterState, WebParsingRule
from inventory.polling.web.browser import find_program
from inventory.services import web_rules
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_printer
from inventory.web_parser import rules

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.timeout(120),
    pytest.mark.skipif(find_program() is None, reason="no Chromium is installed"),
]

PASSWORD: Final = "fleet-web-pass"
SIGN_IN: Final[list[dict[str, Any]]] = [
    {"do": "type", "selector": "#user", "value": "{username}"},
    {"do": "type", "selector": "//input[@type='password']", "value": "{password}"},
    {"do": "click", "selector": "#login"},
    {"do": "wait", "selector": "#total"},
    {"do": "read", "selector": "#total", "name": "counter"},
]


def form_printer(fleet: PrinterFleet, password: str) -> tuple[int, Printer]:
    """Return the number and a row of the printer with a login form, taught to sign in on its first page."""
    number = next(place for place, one in enumerate(fleet.printers) if "MX-3071" in one.model)
    far = fleet.printers[number]
    printer = make_printer(
        ip_address=far.address,
        snmp_port=far.snmp_port,
        web_port=far.web_port,
        serial_number="",
        polling_method="WEB",
        web_username="admin",
        web_password=password,
    )
    taught = [
        {"field": "serial_number", "path": "/", "xpath": "//*[@id='serial']", "steps": SIGN_IN},
        # No steps: the browser is still signed in from the page before.
        {"field": "counter_bw", "path": "/counters", "xpath": "//*[@id='bw']", "browser": True},
    ]
    web_rules.replace_rules(printer, rules.load(taught), None, overwrite=True)
    return number, printer


def test_rules_sign_in_at_the_printers_form_and_read_its_counter(fleet: PrinterFleet):
    number, printer = form_printer(fleet, PASSWORD)
    assert Sweep(lane="web").run().polled == 1
    task, state = InventoryTask.objects.get(), PrinterState.objects.get(pk=printer.pk)
    assert (task.status, task.engine, task.error_message or "") == ("SUCCESS", "web", "")
    truth = fleet.truth(number)["counters"]
    raw = PageCounter.objects.get().reading["raw"]
    assert (raw["web.counter"], raw["web.counter_bw"]) == (str(truth["total"]), str(truth["bw"]))
    assert state.total_pages == truth["total"]
    printer.refresh_from_db()
    assert printer.serial_number == fleet.printers[number].serial
    assert PASSWORD not in str(list(WebParsingRule.objects.values())) + str(list(PageCounter.objects.values()))


def test_a_wrong_password_at_the_form_fails_the_poll_with_the_step_and_without_the_password(fleet: PrinterFleet):
    _, printer = form_printer(fleet, "wrong-pass")
    Sweep(lane="web").run()
    task = InventoryTask.objects.get()
    assert (task.state, task.status) == ("failed", "FAILED")
    assert "Step 4 (wait #total) found nothing" in task.error_message
    assert "wrong-pass" not in task.error_message
    assert not PageCounter.objects.filter(task__printer=printer).exists()
