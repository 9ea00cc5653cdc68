"""A hidden month is seen and exported by no door: every address of the month and of billing stands in this table.

The visitor holds every permission there is, Django's admin included, except the one to see hidden months.
"""

from __future__ import annotations

import io
import json
from typing import Any

import openpyxl  # type: ignore[import-untyped] # its types are a package of their own
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from access.services import tokens
from access.services.audit import Actor
from access.tests.sockets import socket
from billing import urls as billing_urls
from billing.models import Invoice, InvoiceDevice, InvoiceLine
from billing.services.drafting import draft_of
from billing.services.issuing import issue
from billing.tests.factories import make_tariff
from inventory.models import Organization
from monthly_report import urls as month_urls
from monthly_report.models import (
    BulkChangeLog,
    CounterChangeLog,
    GlpiExport,
    GlpiExportRow,
    MonthControl,
    MonthImport,
    MonthImportRow,
    MonthlyReport,
)
from monthly_report.services.import_sessions import Wanted, open_session
from monthly_report.services.months import VISIBILITY
from monthly_report.tests.factories import MONTH, make_row, open_month, sheet
from outbox.models import Message

pytestmark = pytest.mark.django_db
SECRET = "SECRET1"
PAGES = 987_654
"""What the hidden month must not tell: a serial number, and pages no other month has."""
REFUSED = {
    "monthly_report": {
        "import": "GET", "import_apply": "POST", "import_undo": "POST", "month": "GET", "export": "GET", "changes": "GET",
        "publish": "POST", "window": "POST", "auto_sync": "POST", "mail": "POST", "delete": "POST", "api_month": "GET",
        "sync": "POST", "update_counters": "POST", "device_info": "GET", "revert_change": "POST", "reset_manual_flag": "POST",
        "month_diff": "GET", "month_editors": "GET", "glpi_export": "GET", "glpi_write": "POST", "glpi_go_on": "POST",
        "glpi_stop": "POST", "glpi_table": "GET",
    },
    "billing": {
        "month": "GET", "month_export": "GET", "issue_all": "POST", "invoice": "GET", "issue": "POST", "invoice_export": "GET",
        "evidence": "GET",
    },
}  # fmt: skip
SILENT = {
    "monthly_report": {
        "months", "import_start", "import_template", "sync_current", "api_months", "api_sync_current", "set_override",
        "glpi_exports", "glpi_start", "glpi_status",
    },
    "billing": {"home", "tariffs", "tariffs_export", "tariff_add", "tariff", "tariff_delete"},
}  # fmt: skip
"""Addresses that name no month; they answer, and say nothing of a hidden one."""


@pytest.fixture
def hidden() -> dict[str, Any]:
    """A hidden month with a row, a change, an import of somebody else's and an invoice; the month after it is published."""
    boss = User.objects.create_superuser("boss")
    control = open_month()
    row = make_row(serial_number=SECRET, a4_bw_start=0, a4_bw_end=PAGES)
    make_row(serial_number=SECRET, month=MONTH.replace(month=4), a4_bw_start=0, a4_bw_end=5)
    open_month(MONTH.replace(month=4))
    change = CounterChangeLog.objects.create(
        monthly_report=row,
        month=MONTH,
        device_key=row.device_key,
        part="ALL",
        serial_number=SECRET,
        field_name="a4_bw_end",
    )
    session = open_session("m.xlsx", sheet([{"Серийный номер оборудования": SECRET}]), Wanted(MONTH), boss.pk)
    BulkChangeLog.objects.create(operation_type="excel_upload", month=MONTH, operation_params={"file": SECRET})
    client = Organization.objects.get()
    make_tariff(client)
    MonthControl.objects.filter(pk=control.pk).update(edit_until=None)
    made = issue(client, MONTH, draft_of(client, MONTH).fingerprint, Actor(), timezone.now())
    MonthControl.objects.filter(pk=control.pk).update(is_published=False)
    export = GlpiExport.objects.create(month=MONTH, state="done", looked_at=timezone.now(), requested_by=boss)
    export.rows.create(device_key=SECRET, serial_number=SECRET, organization=client, pages=PAGES, status="rise")
    of = {"export": export.pk, "invoice": made.pk}
    return {**of, "row": row.pk, "change": change.pk, "session": session.pk, "organization": client.pk}


@pytest.fixture
def visitor() -> Client:
    user = User.objects.create_user("visitor", is_staff=True, email="visitor@example.org")
    app, codename = VISIBILITY.split(".")
    user.user_permissions.set(Permission.objects.exclude(content_type__app_label=app, codename=codename))
    client = Client(headers={"Accept": "application/json"}, raise_request_exception=False)
    client.force_login(user)
    return client


def address(app: str, name: str, of: dict[str, Any]) -> str:
    numbers = {"import": "session", "import_apply": "session", "import_undo": "session", "revert_change": "change"}
    numbers |= dict.fromkeys(("glpi_export", "glpi_write", "glpi_go_on", "glpi_stop", "glpi_table"), "export")
    pattern = next(
        one for one in {"monthly_report": month_urls, "billing": billing_urls}[app].urlpatterns if one.name == name
    )
    words = {
        "month": "2026-03",
        "organization": of["organization"],
        "row": of["row"],
        "pk": of[numbers.get(name, "row")],
    }
    if name in ("sync", "api_month", "month_diff", "month_editors"):
        words |= {"year": 2026, "month": 3}
    elif name == "export":
        words = {"year": "2026-03"}
    wanted = pattern.pattern.converters
    return reverse(f"{app}:{name}", kwargs={word: words[word] for word in wanted})


def tells(answer: Any) -> bool:
    """Say whether an answer holds what is hidden."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = content.decode(errors="replace")
    return SECRET in text or f"{PAGES}" in text or f"{PAGES:,}" in text or "2026-03" in text


def test_every_address_is_in_the_table():
    for app, urls in (("monthly_report", month_urls), ("billing", billing_urls)):
        named = {one.name for one in urls.urlpatterns if isinstance(one, URLPattern) and one.name}
        assert named == set(REFUSED[app]) | SILENT[app], app
    assert [one for one in get_resolver().reverse_dict if isinstance(one, str) and "month" in one] == []


@pytest.mark.parametrize(
    ("app", "name", "method"), [(app, name, method) for app, names in REFUSED.items() for name, method in names.items()]
)
def test_is_refused(hidden: dict[str, Any], visitor: Client, app: str, name: str, method: str):
    before = MonthlyReport.objects.values().get(month=MONTH), Invoice.objects.count(), Message.objects.count()
    path = address(app, name, hidden)
    for query in ("", "?format=csv", "?version=1", "?what=devices"):
        if method == "GET":
            answer = visitor.get(path + query)
        else:
            body = {"fields": {"a4_bw_end": 1}, "to": "visitor@example.org", "published": True, "enabled": True}
            answer = visitor.post(path + query, json.dumps(body), content_type="application/json")
        assert (answer.status_code, SECRET in answer.text, f"{PAGES:,}" in answer.text) == (403, False, False), (
            path + query
        )
    assert (MonthlyReport.objects.values().get(month=MONTH), Invoice.objects.count(), Message.objects.count()) == before


@pytest.mark.parametrize(
    ("app", "name"), [(app, name) for app, names in SILENT.items() for name in names if "sync" not in name]
)
def test_says_nothing(hidden: dict[str, Any], visitor: Client, app: str, name: str):
    tariff = {"tariff": {"pk": 1}, "tariff_delete": {"pk": 1}}.get(name)
    answer = visitor.get(reverse(f"{app}:{name}", kwargs=tariff), headers={"Accept": "text/html"}, follow=True)
    assert answer.status_code in (200, 404, 405)
    assert not tells(answer)
    assert hidden


@pytest.mark.usefixtures("hidden")
class TestOtherDoors:
    def test_the_older_address_of_the_file(self, visitor: Client):
        assert visitor.get("/monthly-report/2026/3/export-excel/").status_code == 403

    def test_the_month_after_it_tells_neither_its_devices_nor_what_is_usual(self, visitor: Client):
        assert visitor.get("/monthly-report/api/month-diff/2026/4/").status_code == 403
        (row,) = visitor.get("/monthly-report/api/month/2026/4/").json()["reports"]
        assert row["anomaly_info"]["has_history"] is False
        assert f"{PAGES:,}" not in visitor.get(f"/monthly-report/api/device/{row['id']}/").text

    def test_its_counters_are_not_looked_up_in_glpi(self, visitor: Client):
        MonthControl.objects.filter(month=MONTH.replace(month=4)).update(month=MONTH.replace(month=2))
        MonthlyReport.objects.filter(month=MONTH.replace(month=4)).delete()
        page = visitor.get(reverse("monthly_report:glpi_exports"), headers={"Accept": "text/html"})
        assert (page.status_code, "is not published" in page.text, tells(page)) == (200, True, False)
        assert visitor.post(reverse("monthly_report:glpi_start")).status_code == 403
        assert GlpiExport.objects.count() == 1

    @pytest.mark.usefixtures("visitor")
    def test_the_api_for_programs(self, client: Client):
        user = User.objects.get(username="visitor")
        _row, token = tokens.create(user, "test", ["billing:read"], timezone.now())
        organization = Organization.objects.get().pk
        for path in ("2026-03/", f"2026-03/{organization}/", f"2026-03/{organization}/?version=1"):
            answer = client.get(f"/api/v1/billing/{path}", headers={"authorization": f"Bearer {token}"})
            assert (answer.status_code, SECRET in answer.text) == (403, False), path

    def test_the_contractors_spreadsheet_is_filled_with_readings_and_never_with_a_month(self, visitor: Client):
        titles = ["Серийный номер оборудования", "Счетчик А4 ч/б на конец периода"]
        titles += [
            "Счетчик А4 цветные на конец периода",
            "Счетчик А3 ч/б на конец периода",
            "Счетчик А3 цветные на конец периода",
        ]
        file = SimpleUploadedFile("amb.xlsx", sheet([{titles[0]: SECRET}], titles))
        answer = visitor.post(reverse("inventory:export_amb"), {"file": file})
        book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
        values = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell is not None]
        assert SECRET in values
        assert PAGES not in values

    @pytest.mark.parametrize(
        "model", [MonthlyReport, CounterChangeLog, BulkChangeLog, MonthImport, GlpiExport, Invoice]
    )
    def test_the_admin(self, visitor: Client, model: Any):
        listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        page = visitor.get(listed, headers={"Accept": "text/html"})
        assert page.status_code == 200
        (hidden,) = model.objects.filter(month=MONTH)
        assert f"/{hidden.pk}/change/" not in page.text
        assert not tells(visitor.get(f"{listed}{hidden.pk}/change/", headers={"Accept": "text/html"}, follow=True))

    @pytest.mark.parametrize("model", [InvoiceLine, InvoiceDevice, MonthImportRow, GlpiExportRow])
    def test_parts_in_the_admin_are_for_superusers_alone(self, visitor: Client, model: Any):
        listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert visitor.get(listed).status_code == 403

    def test_the_audit_log_names_the_invoice_and_not_its_sum(self, visitor: Client):
        total = Invoice.objects.get().total
        page = visitor.get(reverse("access:audit_log"), headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert f"{total:,}" not in page.text
        assert f"{total}" not in page.text

    @pytest.mark.django_db(transaction=True)
    def test_the_websocket(self, visitor: Client):
        async def code() -> int:
            talk = socket(visitor, "/ws/monthly-report/2026/03/")
            await talk.connect()
            return int((await talk.receive_output(timeout=5))["code"])

        assert async_to_sync(code)() == 4403
