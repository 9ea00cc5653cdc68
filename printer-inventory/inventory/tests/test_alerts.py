"""The alerts page: what printers report, unfolded, filtered and counted by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import InventoryTask, PageCounter, Printer, PrinterState
from inventory.services import alerts
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db
JAM = {
    "index": "1.1",
    "severity": "critical",
    "group": "mediaPath",
    "code": 8,
    "code_name": "jam",
    "description": "Paper jam",
}
LOW = {
    "index": "1.2",
    "severity": "warning",
    "group": "markerSupplies",
    "code": 1104,
    "code_name": "toner low",
    "description": "Toner low",
}


@pytest.fixture
def viewer() -> Client:
    return client_of("Inventory Viewer")


def complain(*rows: object, errors: object = (), **values: object) -> Printer:
    """Return a printer whose last reading has these alerts and conditions."""
    printer = make_printer(**values)
    listed = errors if isinstance(errors, str | dict) else list(errors)  # type: ignore[call-overload] # any iterable
    PrinterState.objects.filter(pk=printer.pk).update(alerts=list(rows), errors=listed, last_success_at=timezone.now())
    return printer


def read(printer: Printer, ago: timedelta, *rows: object, errors: object = ()) -> None:
    """Store a reading of some time ago."""
    at = timezone.now() - ago
    task = InventoryTask.objects.create(printer=printer, due_at=at, state="done", status="SUCCESS")
    PageCounter.objects.create(
        task=task,
        printer=printer,
        recorded_at=at,
        rule_version=1,
        reading={"alerts": list(rows), "errors": list(errors)},  # type: ignore[call-overload] # any iterable
    )


def listed(**query: str) -> list[alerts.AlertRow]:
    chosen = alerts.AlertFilter.parse(query)
    return alerts.page_of(chosen, chosen.page)


def test_every_row_of_every_table_and_every_condition_is_listed():
    complain(LOW, JAM, errors=["doorOpen"])
    complain()
    assert [(row.severity, row.description) for row in listed()] == [
        ("critical", "Paper jam"),
        ("warning", "Toner low"),
        ("warning", "doorOpen"),
    ]


def test_retired_printers_do_not_complain():
    complain(JAM, is_active=False)
    assert listed() == []
    assert alerts.figures(alerts.AlertFilter()).total == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"severity": "critical"}, ["Paper jam"]),
        ({"kind": "markerSupplies"}, ["Toner low"]),
        ({"kind": "condition"}, ["doorOpen"]),
        ({"q": "JAM"}, ["Paper jam"]),
        ({"q": "alpha"}, ["Paper jam", "Toner low", "doorOpen"]),
        ({"q": "100%"}, []),
        ({"q": "_____"}, []),
        ({"severity": "x", "sort": "'; DROP", "org": "²", "q": "\x00"}, ["Paper jam", "Toner low", "doorOpen"]),
        ({"sort": "-description"}, ["Toner low", "Paper jam", "doorOpen"]),
    ],
)
def test_filters_and_order(query, found):
    complain(LOW, JAM, errors=["doorOpen"], organization=make_organization("Alpha"))
    assert [row.description for row in listed(**query)] == found
    assert alerts.figures(alerts.AlertFilter.parse(query)).total == len(found)


def test_one_client_only():
    ours = make_organization()
    complain(JAM, organization=ours)
    complain(JAM)
    assert len(listed(org=str(ours.pk))) == 1


def test_counts_leave_their_own_filter_aside():
    complain(LOW, JAM, errors=["doorOpen"])
    complain(JAM)
    figures = alerts.figures(alerts.AlertFilter.parse({"severity": "critical"}))
    assert figures.total == 2
    assert figures.severities == {"critical": 2, "warning": 2}
    assert figures.kinds == {"mediaPath": 2, "condition": 1, "markerSupplies": 1}


@pytest.mark.parametrize("broken", ["text", {"a": 1}, 7, None])
def test_a_state_that_is_no_list_is_no_crash(broken):
    printer = complain(JAM)
    PrinterState.objects.filter(pk=printer.pk).update(errors={"no": "list"})
    assert len(listed()) == 1
    PrinterState.objects.filter(pk=printer.pk).update(alerts={"value": broken})
    assert listed() == []


def test_rows_lacking_fields_are_shown_as_far_as_they_go():
    complain({"severity": "criticalBinaryChangeEvent"}, {"description": "only words"}, {})
    assert [(row.severity, row.description) for row in listed(sort="-description")] == [
        ("other", "only words"),
        ("critical", ""),
        ("other", ""),
    ]


class TestSince:
    def test_it_stands_since_the_first_reading_without_a_gap(self):
        printer = complain(JAM)
        read(printer, timedelta(hours=5), JAM)
        read(printer, timedelta(hours=4), LOW)
        read(printer, timedelta(hours=3), JAM, LOW)
        read(printer, timedelta(hours=2), JAM)
        (row,) = listed()
        assert row.since == printer.counters.order_by("-recorded_at")[1].recorded_at
        assert not row.before

    def test_readings_that_all_have_it_tell_a_bound_only(self):
        printer = complain(errors=["doorOpen"])
        read(printer, timedelta(hours=2), errors=["doorOpen", "lowPaper"])
        (row,) = listed()
        assert row.since == printer.counters.get().recorded_at
        assert row.before

    def test_without_readings_nothing_is_claimed(self):
        complain(JAM)
        (row,) = listed()
        assert row.since is None


class TestPage:
    def test_it_shows_printer_text_and_counts(self, viewer):
        printer = complain(JAM, LOW, organization=make_organization("Alpha"))
        text = viewer.get("/inventory/alerts/").text
        assert printer.get_absolute_url() in text
        assert "Paper jam" in text
        assert "?low=15" in text

    def test_no_alert_is_good_news(self, viewer):
        assert "Nobody complains" in viewer.get("/inventory/alerts/").text

    def test_a_filter_that_matches_nothing_says_so(self, viewer):
        complain(JAM)
        assert "No alert matches" in viewer.get("/inventory/alerts/", {"q": "fire"}).text

    def test_what_a_device_says_is_never_markup(self, viewer):
        complain(dict.fromkeys(("severity", "group", "code_name", "description", "index"), HOSTILE), errors=[HOSTILE])
        text = viewer.get("/inventory/alerts/").text
        assert HOSTILE not in text
        assert "&lt;script&gt;" in text

    def test_it_costs_the_same_for_any_number_of_alerts(self, viewer, django_assert_max_num_queries):
        for _ in range(30):
            complain(JAM, LOW, organization=make_organization())
        viewer.get("/inventory/alerts/")
        with django_assert_max_num_queries(9):
            answer = viewer.get("/inventory/alerts/", {"per_page": "25", "page": "3"})
        assert answer.text.count("data-id=") == 10

    @pytest.mark.parametrize("role", ["Inventory Viewer", "Inventory Operator", "Inventory Editor", "Inventory Admin"])
    def test_every_role_may_look(self, role):
        assert client_of(role).get("/inventory/alerts/").status_code == 200

    def test_others_may_not(self):
        assert Client().get("/inventory/alerts/").status_code == 302
