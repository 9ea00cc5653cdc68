"""Whether anybody notices that nothing is polled: health, metrics, alarm and page say the same, at a cost that does not grow."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from inventory import health
from inventory.models import FleetAlarm, InventoryTask, Printer, PrinterState
from inventory.services import fleet_health, watching
from inventory.services.metrics import exposition
from inventory.tests.factories import make_printer
from inventory.tests.test_pages import client_of

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=2)


def polled(printer: Printer, minutes: int, verdict: str = "SUCCESS", seconds: float = 2.0) -> None:
    """Store that a printer was asked so many minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    times = {"due_at": at, "started_at": at, "finished_at": at + timedelta(seconds=seconds)}
    InventoryTask.objects.create(printer=printer, state="done", status=verdict, **times)
    values: dict[str, Any] = {"last_attempt_at": at, "last_verdict": verdict}
    PrinterState.objects.filter(pk=printer.pk).update(
        **values | ({"last_success_at": at} if verdict == "SUCCESS" else {})
    )


def old_printer() -> Printer:
    printer = make_printer()
    Printer.objects.filter(pk=printer.pk).update(created_at=timezone.now() - LONG_AGO)
    return printer


def sample(name: str) -> float:
    lines = [line for line in exposition().decode().splitlines() if line.startswith(f"inventory_{name} ")]
    return float(lines[0].split()[-1])


def test_an_empty_fleet_and_a_new_one_are_no_alarm():
    assert watching.watch(timezone.now()) is None
    make_printer()
    assert watching.watch(timezone.now()) is None
    assert health.readings().status == "ok"


def test_a_standstill_is_told_once_everywhere_and_cleared(caplog):
    printer = old_printer()
    polled(printer, 5000)
    now = timezone.now()
    with caplog.at_level(logging.WARNING):
        for minute in range(3):
            assert watching.watch(now + timedelta(minutes=minute)) is not None
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    minutes = int(settings.NO_SUCCESS_ALARM.total_seconds() // 60)
    assert f"No successful poll for {minutes} minutes" in caplog.text
    assert health.readings().status == "degraded"
    assert sample("standstill") == 1
    assert sample("last_success_age_seconds") > 5000 * 60 - 10
    page = client_of("Inventory Viewer").get("/inventory/fleet-health/").text
    assert "Nothing is being read" in page
    assert "still up" in page
    polled(printer, 0)
    with caplog.at_level(logging.WARNING):
        assert watching.watch(timezone.now()) is None
    assert caplog.records[-1].message.startswith("Printers are read again")
    assert FleetAlarm.objects.get().cleared_at is not None
    assert health.readings().status == "ok"


def test_failed_polls_do_not_hide_that_nothing_is_read():
    printer = old_printer()
    polled(printer, 5000)
    polled(printer, 1, "FAILED")
    assert watching.watch(timezone.now()) is not None
    stands = fleet_health.standing(timezone.now())
    assert stands.last_sweep_age is not None
    assert stands.last_success_age is not None
    assert stands.last_sweep_age < 120
    assert stands.last_success_age > 5000 * 59


def test_health_tells_the_age_of_the_last_sweep():
    polled(make_printer(), 3)
    found = Client().get("/health/").json()
    assert found["checks"].keys() >= {"polling", "readings", "database"}


def test_metrics_tell_verdicts_queues_and_latency():
    for number, verdict in enumerate(("SUCCESS", "SUCCESS", "FAILED")):
        polled(make_printer(), 10, verdict, seconds=float(number + 1))
    text = exposition().decode()
    assert 'inventory_polls_last_hour{verdict="SUCCESS"} 2.0' in text
    assert 'inventory_polls_last_hour{verdict="FAILED"} 1.0' in text
    assert 'inventory_queue_messages{queue="high_priority"}' in text
    assert 'inventory_open_polls{state="expired"} 0.0' in text
    assert sample("poll_seconds_median") == 2
    assert sample("broker_up") == 1


def test_the_page_and_the_metrics_cost_the_same_however_many_printers(django_assert_max_num_queries):
    client = client_of("Inventory Viewer")
    for _ in range(30):
        polled(make_printer(), 10)
    with django_assert_max_num_queries(12):
        assert client.get("/inventory/fleet-health/").status_code == 200
    with django_assert_max_num_queries(7):
        exposition()


def test_plots_show_what_happened():
    polled(make_printer(), 10)
    polled(make_printer(), 60 * 30)
    make_printer()
    client = client_of("Inventory Viewer")
    ages = client.get("/inventory/fleet-health/ages/").json()
    assert dict(zip(ages["labels"], ages["series"][0]["values"], strict=True)) == {
        "within 1 h": 1, "within 4 h": 0, "within 24 h": 0, "within 7 d": 1, "within 30 d": 0, "> 30 d": 0, "never": 1,
    }  # fmt: skip
    hours = fleet_health.by_hour(timezone.now())
    assert (len(hours["hours"]), sum(hours["series"]["SUCCESS"])) == (24, 1)
    assert len(client.get("/inventory/fleet-health/hours/").json()["labels"]) == 24


def test_networks_are_told_by_their_silent_printers():
    for host in (1, 2, 3):
        make_printer(ip_address=f"10.1.2.{host}")
    polled(make_printer(ip_address="10.9.9.9"), 1)
    make_printer(ip_address="fd00::1")
    found = fleet_health.worst_networks(timezone.now())
    assert [(row["network"], row["silent"], row["printers"]) for row in found] == [
        ("10.1.2.0/24", 3, 3),
        ("fd00::/64", 1, 1),
    ]


def test_every_log_line_is_also_a_json_object(tmp_path):
    from logging.config import DictConfigurator

    from webshell.logging import RequestIdFilter

    from printer_inventory.settings.logs import json_lines

    name = "test_json_lines"
    # No dictConfig: it shuts the handlers of this very process, which then leave files open.
    handler = logging.FileHandler(tmp_path / "app.json.log", encoding="utf-8")
    handler.setFormatter(DictConfigurator({}).configure_formatter(json_lines()))
    handler.addFilter(RequestIdFilter())
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        int("broken\nforged")
    except ValueError:
        logger.exception("Printer %s said %s", "10.0.0.1", "a\nb")
    (line,) = (tmp_path / "app.json.log").read_text().splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"], found["logger"], found["request_id"]) == (
        "Printer 10.0.0.1 said a\nb", "error", name, "-",
    )  # fmt: skip
    assert "broken" in found["exception"][0]["exc_value"]
    logger.removeHandler(handler)
    handler.close()
