"""Days and months are the site's, so the pages about them show its clock, wherever the visitor's browser stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from inventory.models import PrinterState
from inventory.tests.factories import make_printer
from monthly_report.models import BulkChangeLog
from monthly_report.tests.factories import MONTH, make_row, open_month
from outbox.models import Delivery, Message
from outbox.services.posting import post

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 3, 31, 15, 59, tzinfo=UTC)
"""23:59 in Irkutsk, the site's zone; 11:59 of the same day in New York, where the browser stands."""
SITE, VISITOR = "31 Mar 2026, 23:59", "31 Mar 2026, 11:59"


@pytest.fixture
def visitor() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    client.cookies["tz"] = "America/New_York"
    open_month(edit_until=LATE)
    row = make_row(a4_bw_start=0, a4_bw_end=5)
    row.inventory_last_ok = LATE
    row.save()
    BulkChangeLog.objects.create(operation_type="excel_upload", month=MONTH, started_at=LATE)
    post("k", "test", "Hello", "Text", to=["a@example.org"])
    Message.objects.update(created_at=LATE)
    Delivery.objects.update(ended_at=LATE, state="done")
    return client


@pytest.mark.parametrize("path", ["/monthly-report/", "/monthly-report/2026-03/changes/", "/dashboard/deliveries/"])
def test_by_the_sites_clock(visitor: Client, path: str):
    text = visitor.get(path).text
    assert VISITOR not in text
    if path != "/monthly-report/":
        assert SITE in text


def test_a_window_is_written_and_shown_by_the_same_clock(visitor: Client):
    visitor.post("/monthly-report/2026-03/window/", {"until": "2099-03-31T23:59"})
    assert "31 Mar 2099, 23:59" in visitor.get("/monthly-report/2026-03/").text


def test_other_pages_keep_the_visitors_clock(visitor: Client):
    printer = make_printer()
    PrinterState.objects.filter(printer=printer).update(last_success_at=LATE, last_attempt_at=LATE)
    text = visitor.get(printer.get_absolute_url()).text
    assert VISITOR in text
    assert SITE not in text
