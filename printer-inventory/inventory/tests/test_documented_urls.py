"""Every address the two documents name (spec/printers.md 8.1, 8.2): it is served, or the issue that brings it is named."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import Resolver404, resolve

from inventory.models import InventoryTask, Printer, PrinterState
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Row:
    """One documented address. `issue` and `why` stand where another issue brings it."""

    path: str
    method: str = "GET"
    body: str = ""
    issue: int = 0
    why: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


SERVED = [
    Row("/"),
    Row("/admin/"),
    Row("/accounts/login/"),
    Row("/accounts/django-login/"),
    Row("/accounts/logout/", "POST"),
    Row("/accounts/access-denied/"),
    Row("/oidc/authenticate/"),
    Row("/oidc/callback/"),
    Row("/inventory/"),
    Row("/inventory/printer/{id}/"),
    Row("/inventory/printer/add/"),
    Row("/inventory/printer/{id}/edit/"),
    Row("/inventory/printer/{id}/delete/", "POST"),
    Row("/inventory/run-poll/", "POST", "ids={id}"),
    Row("/inventory/export/excel/"),
    Row("/inventory/api/printers/"),
    Row("/inventory/api/printer/{id}/"),
    Row("/inventory/api/run-poll/", "POST", '{{"printer_ids": [{id}]}}'),
    Row("/inventory/api/task-status/{task}/"),
    Row("/inventory/api/latest-task/{id}/"),
    Row("/printers/"),
    Row("/printers/api/printers/"),
    Row("/printers/api/printer/{id}/"),
    # The second document calls this a GET; a link that polls would be followed by every prefetching browser.
    Row("/printers/{id}/run/", "POST"),
    Row("/printers/run_all/", "POST"),
    Row("/printers/export/"),
    Row("/printers/add/"),
    Row("/printers/{id}/edit/"),
    Row("/printers/{id}/delete/", "POST"),
    Row("/printers/{id}/history/"),
    Row("/printers/api/probe-serial/", "POST", "{{}}"),
    Row("/printers/api/system-status/"),
    Row("/printers/api/status-statistics/"),
    Row("/printers/api/models-by-manufacturer/?manufacturer_id=1"),
    Row("/printers/api/all-printer-models/"),
]

WEB = "web pages are read by rules that a page edits"
CONTRACTS = "contract devices have their own application"
MONTH = "the month has its own application"
ERRORS = "the error pages' own menu comes with the frame"
LATER = [
    Row("/inventory/web-parser/", issue=6, why=WEB),
    Row("/inventory/{id}/web-parser/", issue=6, why=WEB),
    Row("/inventory/api/web-parser/test/", "POST", issue=6, why=WEB),
    Row("/inventory/api/web-parser/save-rule/", "POST", issue=6, why=WEB),
    Row("/inventory/api/web-parser/test-xpath/", "POST", issue=6, why=WEB),
    Row("/inventory/api/web-parser/fetch-page/", "POST", issue=6, why=WEB),
    Row("/contracts/", issue=6, why=CONTRACTS),
    Row("/contracts/device/1/", issue=6, why=CONTRACTS),
    Row("/contracts/import/", issue=6, why=CONTRACTS),
    Row("/contracts/new/", issue=6, why=CONTRACTS),
    Row("/contracts/1/edit/", issue=6, why=CONTRACTS),
    Row("/contracts/api/1/update/", "POST", issue=6, why=CONTRACTS),
    Row("/contracts/api/1/delete/", "POST", issue=6, why=CONTRACTS),
    Row("/contracts/export/", issue=6, why=CONTRACTS),
    Row("/contracts/api/lookup-by-serial/", "POST", issue=6, why=CONTRACTS),
    *(
        Row(f"/debug/errors/{rest}", issue=6, why=ERRORS)
        for rest in ("", "400/", "403/", "404/", "405/", "500/", "csrf/")
    ),
    Row("/debug/errors/csrf/submit/", "POST", issue=6, why=ERRORS),
    Row("/inventory/export-amb/", issue=7, why="it fills the contractor's monthly template"),
    Row("/inventory/export/amb/1/", issue=7, why="it fills the contractor's monthly template"),
    Row("/monthly-report/", issue=7, why=MONTH),
    Row("/monthly-report/1/", issue=7, why=MONTH),
    Row("/monthly-report/1/edit/", issue=7, why=MONTH),
    Row("/monthly-report/import/", issue=7, why=MONTH),
    Row("/monthly-report/sync/", "POST", issue=7, why=MONTH),
    Row("/monthly-report/api/sync/", "POST", issue=7, why=MONTH),
    Row("/monthly-report/export/", issue=7, why=MONTH),
]


@pytest.mark.parametrize("row", SERVED, ids=str)
def test_what_is_promised_is_served(row):
    printer = make_printer(organization=make_organization())
    task = InventoryTask.objects.create(printer=printer, due_at=printer.created_at, state="done", status="FAILED")
    names = {"id": printer.pk, "task": task.pk}
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    kind = "application/json" if row.body.startswith("{") else "application/x-www-form-urlencoded"
    answer = client.generic(row.method, row.path.format(**names), row.body.format(**names), content_type=kind)
    refused = {400} if "probe" in row.path or "callback" in row.path else set()
    assert answer.status_code in {200, 202, 302} | refused, answer.status_code


def test_what_is_not_served_yet_has_an_issue_that_brings_it():
    assert all(row.issue and row.why for row in LATER)
    client = signed_in()
    make_printer(pk=1)
    for row in LATER:
        path = row.path.format(id=1)
        if served(path) and not path.startswith("/debug/errors/"):
            assert client.generic(row.method, path).status_code < 500, row


def served(path: str) -> bool:
    """Whether anything answers there; others may bring it any day."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def signed_in() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_list_answers_in_the_documents_shape():
    alpha = make_organization("Alpha")
    printer = make_printer(organization=alpha, serial_number="VCF1", snmp_community="s3cret")
    supplies = [
        {"kind": "toner", "color": "black", "percent": 45, "state": "level"},
        {"kind": "opc", "color": "cyan", "percent": None, "state": "ok"},
        {"kind": "waste_toner", "percent": 80, "state": "level", "is_receptacle": True},
    ]
    PrinterState.objects.update(
        last_success_at=printer.created_at, total_pages=12, supplies=supplies, last_verdict="SUCCESS"
    )
    make_printer()
    answer = signed_in().get("/printers/api/printers/", {"q_serial": "VCF", "q_org": str(alpha.pk), "per_page": "10"})
    found = answer.json()
    assert (found["total"], found["total_count"], found["page"], found["total_pages"]) == (1, 1, 1, 1)
    row = found["printers"][0]
    assert (row["id"], row["organization"], row["is_active"]) == (printer.pk, {"id": alpha.pk, "name": "Alpha"}, True)
    counters = row["counters"]
    assert (counters["total"], counters["toner_black"], counters["drum_cyan"], counters["waste_toner"]) == (
        12,
        "45%",
        "OK",
        "80%",
    )
    assert counters["toner_cyan"] == ""
    assert "s3cret" not in answer.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q_active": "all"}, 3),
        ({"q_active": "false"}, 1),
        ({"q_org": "none"}, 1),
        ({"q_org": "Alp"}, 1),
        ({"q_rule": "NONE"}, 2),
    ],
)
def test_the_documents_filters_work(query, count):
    make_printer(organization=make_organization("Alpha"))
    make_printer()
    make_printer(is_active=False)
    assert signed_in().get("/printers/api/printers/", query).json()["total"] == count


def test_queries_of_the_list_do_not_grow(django_assert_max_num_queries):
    client = signed_in()
    Printer.objects.bulk_create([Printer(ip_address=f"127.5.0.{n}") for n in range(1, 101)])
    with django_assert_max_num_queries(6):
        assert len(client.get("/inventory/api/printers/", {"per_page": 100}).json()["printers"]) == 100


def test_statistics_count_what_ended():
    printer = make_printer()
    for number, word in enumerate(("SUCCESS", "FAILED", "FAILED")):
        due = printer.created_at.replace(microsecond=number)
        InventoryTask.objects.create(printer=printer, due_at=due, state="done", status=word)
    found = signed_in().get("/inventory/api/status-statistics/", {"days": 3}).json()
    assert (found["total_tasks"], found["status_statistics"][0]["percentage"]) == (3, 66.7)
    assert found["problematic_printers"] == [
        {"id": printer.pk, "ip_address": printer.ip_address, "serial_number": printer.serial_number, "failed_count": 2}
    ]
