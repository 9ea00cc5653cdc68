"""What users of the system before suffered (spec 11.3), where no other test is about it; docs/monthly-report.md has the table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import Group, User
from django.test import Client

from access.services.roles import bootstrap_roles
from inventory.models import InventoryTask, PageCounter
from inventory.tests.factories import make_printer
from monthly_report.models import MonthlyReport, PrinterModelSpec
from monthly_report.services.months import this_month
from monthly_report.services.syncing import sync_month
from monthly_report.tests.factories import MONTH, make_row, open_month

ROOT = Path(__file__).resolve().parents[3]
TABLE = re.compile(r"^\| (P\d+) .*?\| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([a-z_/]+\.py)::(\w+)`")
WANTED = {"P4", "P5", "P6", "P7", "P12", "P13", "P14", "P17", "P18", "P19", "P23"}


def test_every_pain_has_tests_that_exist():
    rows = dict(TABLE.findall((ROOT / "docs" / "monthly-report.md").read_text(encoding="utf-8")))
    assert rows.keys() >= WANTED
    for pain in WANTED:
        found = NAMED.findall(rows[pain])
        assert found, pain
        for path, name in found:
            source = (ROOT / "printer-inventory" / path).read_text(encoding="utf-8")
            assert f"def {name}(" in source, f"{pain}: {path}::{name}"


@pytest.mark.django_db
def test_what_a_model_can_print_holds_the_moment_it_is_saved():
    """P12: nothing is cached, so no worker keeps an older answer."""
    now = datetime(2026, 3, 20, tzinfo=UTC)
    printer = make_printer(serial_number="X1")
    task = InventoryTask.objects.create(printer=printer, due_at=now, state="done", status="SUCCESS")
    PageCounter.objects.create(
        task=task,
        printer=printer,
        recorded_at=datetime(2026, 3, 19, tzinfo=UTC),
        bw_a4=5,
        color_a4=6,
        rule_version=1,
        reading={},
    )
    open_month()
    make_row(serial_number="X1", equipment_model="Mono 1")
    spec = PrinterModelSpec.objects.create(model_name="Mono 1", is_color=False, paper_format="A4", enforce=True)
    sync_month(MONTH, now)
    assert MonthlyReport.objects.get().a4_color_end is None
    spec.enforce = False
    spec.save()
    sync_month(MONTH, now)
    assert MonthlyReport.objects.get().a4_color_end == 6


@pytest.mark.django_db
def test_the_window_is_shown_by_the_clock_of_the_site():
    """P13: 23:59 in Irkutsk, not 15:59; and the month there is eight hours ahead."""
    assert this_month(datetime(2026, 3, 31, 16, 30, tzinfo=UTC)) == date(2026, 4, 1)
    bootstrap_roles()
    open_month(edit_until=datetime(2099, 3, 31, 15, 59, tzinfo=UTC))
    make_row()
    user = User.objects.create_user("reader")
    user.groups.set(Group.objects.filter(name="MonthlyReport Viewers"))
    client = Client()
    client.force_login(user)
    assert "31 Mar 2099, 23:59" in client.get("/monthly-report/2026-03/").text


def test_slow_work_does_not_stand_before_a_person_who_waits():
    """P18: only polls that somebody has asked for go to the queue of people who wait."""
    high = {name for name, route in configured.CELERY_TASK_ROUTES.items() if route.get("queue") == "high_priority"}
    assert high == {"inventory.tasks.run_inventory_task_priority"}
    scheduled = {entry.get("options", {}).get("queue") for entry in configured.CELERY_BEAT_SCHEDULE.values()}
    assert "high_priority" not in scheduled
    assert None not in scheduled
