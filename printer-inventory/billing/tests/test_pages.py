"""Billing by its HTTP face: who sees what, forms, files, the API; hostile names do no harm."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from sheets import read_table

from access.services import tokens
from billing.models import Invoice, Tariff
from billing.services.drafting import draft_of
from billing.tests.factories import client_of, close_month, make_tariff
from inventory.tests.factories import make_organization
from monthly_report.models import MonthlyReport
from monthly_report.tests.factories import MONTH, make_row, open_month

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script>"=1+1'


@pytest.fixture
def alpha():
    organization = make_organization(HOSTILE)
    make_tariff(organization, contract="=cmd")
    make_row(organization=organization, serial_number="SECRET1", equipment_model=HOSTILE, a4_bw_start=0, a4_bw_end=100)
    close_month()
    return organization


def tariff_form(organization, **values):
    return {
        "organization": organization.pk, "contract": "77/1", "valid_from": "2026-01", "valid_until": "", "currency": "RUB",
        "minimum": "100", "comment": "", "mono_above": ["0", "1 000", ""], "mono_price": ["0,85", "0.80", ""],
        "color_above": ["0"], "color_price": ["4.2"], **values,
    }  # fmt: skip


class TestTariffForm:
    def test_added_edited_and_deleted(self):
        organization = make_organization("Alpha")
        client = client_of("Billing Manager")
        assert client.post("/billing/tariffs/add/", tariff_form(organization)).status_code == 302
        tariff = Tariff.objects.get()
        assert [(one.above, one.price) for one in tariff.tiers.filter(colour="mono")] == [
            (0, Decimal("0.85")),
            (1000, Decimal("0.80")),
        ]
        page = client.get(tariff.get_absolute_url()).text
        assert 'value="0.80"' in page
        stale = tariff_form(organization, version=str(tariff.version), contract="78")
        assert client.post(tariff.get_absolute_url(), stale).status_code == 302
        assert client.post(tariff.get_absolute_url(), stale).status_code == 409
        assert "78" in client.get("/billing/tariffs/").text
        assert client.post(f"{tariff.get_absolute_url()}delete/").status_code == 302
        assert not Tariff.objects.exists()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"mono_price": ["", "", ""], "mono_above": ["0", "", ""]}, "at least the price"),
            ({"mono_above": ["5", "", ""], "mono_price": ["1", "", ""]}, "begins above 0"),
            ({"mono_above": ["0", "x"], "mono_price": ["1", "1"]}, "Write numbers"),
            ({"color_price": ["1e999"]}, "between 0 and"),
            ({"valid_from": "soon"}, "Write a month"),
            ({"valid_until": "2025-01"}, "ends before"),
            ({"currency": "JPY", "minimum": "0.5"}, "no smaller coins"),
        ],
    )
    def test_what_is_wrong_is_said_and_kept(self, change, said):
        answer = client_of("Billing Manager").post(
            "/billing/tariffs/add/", tariff_form(make_organization("Alpha"), **change)
        )
        assert (answer.status_code, said in answer.text, "77/1" in answer.text) == (422, True, True)
        assert not Tariff.objects.exists()

    def test_an_overlap_is_refused_with_the_way_out(self, alpha):
        answer = client_of("Billing Manager").post("/billing/tariffs/add/", tariff_form(alpha, valid_from="2026-05"))
        assert answer.status_code == 422
        assert "End it in 2026-04 first" in answer.text

    def test_one_that_was_billed_by_is_not_deleted(self, alpha):
        client = client_of("Billing Manager")
        issue(client, alpha)
        tariff = Tariff.objects.get()
        client.post(f"{tariff.get_absolute_url()}delete/")
        assert Tariff.objects.exists()


def issue(client, organization, **more):
    seen = draft_of(organization, MONTH).fingerprint
    return client.post(f"/billing/2026-03/{organization.pk}/issue/", {"fingerprint": seen, **more}, follow=True)


class TestInvoice:
    def test_from_the_month_to_the_evidence(self, alpha):
        client = client_of("Billing Manager")
        assert client.get("/billing/").headers["location"] == "/billing/2026-03/"
        month = client.get("/billing/2026-03/").text
        assert "85.00" in month
        assert HOSTILE not in month
        page = client.get(f"/billing/2026-03/{alpha.pk}/").text
        assert "draft" in page
        row = MonthlyReport.objects.get()
        evidence = client.get(f"/billing/2026-03/{alpha.pk}/device/{row.pk}/").text
        assert "No poll has filled this row" in evidence
        assert "is issued" in issue(client, alpha).text
        MonthlyReport.objects.update(a4_bw_end=200)
        page = client.get(f"/billing/2026-03/{alpha.pk}/").text
        assert "has changed since this was issued" in page
        assert "170.00" in page
        answer = issue(client, alpha, reason="misread")
        assert "170.00" in answer.text
        assert "85.00" in client.get(f"/billing/2026-03/{alpha.pk}/?version=1").text
        assert HOSTILE not in answer.text

    def test_all_at_once_leaves_out_what_cannot_be(self, alpha):
        beta = make_organization("Beta")
        make_row(organization=beta)
        client = client_of("Billing Manager")
        client.post("/billing/2026-03/issue/")
        assert [one.organization for one in Invoice.objects.all()] == [alpha]

    def test_files(self, alpha):
        client = client_of("Billing Viewer")
        lines = body(client.get(f"/billing/2026-03/{alpha.pk}/export/?format=csv")).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(lines)))
        assert rows[1][4:7] == ["100", "0.85", "85.00"]
        with read_table(
            io.BytesIO(body(client.get(f"/billing/2026-03/{alpha.pk}/export/?what=devices"))), header_row=1
        ) as table:
            assert [row.cells[1] for row in table] == ["SECRET1"]
        assert body(client.get("/billing/tariffs/export/")).startswith(b"PK")
        month = body(client.get("/billing/2026-03/export/?format=csv")).decode("utf-8-sig")
        assert "'=cmd" in month

    def test_readers_do_not_issue_and_managers_do_not_see_hidden_months(self, alpha):
        assert issue(client_of("Billing Viewer"), alpha).status_code == 403
        assert not Invoice.objects.exists()


def body(answer) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def bearer(*permissions):
    root = User.objects.create_superuser("root")
    _row, text = tokens.create(root, "test", ["billing:read"], timezone.now())
    return {"authorization": f"Bearer {text}"}


class TestApi:
    def test_tariffs_months_and_invoices(self, alpha, client):
        headers = bearer()
        (tariff,) = client.get("/api/v1/billing/tariffs/", headers=headers).json()
        assert tariff["mono"] == [{"above": 0, "price": "0.85"}]
        (listed,) = client.get("/api/v1/billing/2026-03/", headers=headers).json()
        assert (listed["total"], listed["invoice"]) == ("85.00", None)
        draft = client.get(f"/api/v1/billing/2026-03/{alpha.pk}/", headers=headers).json()
        assert (draft["state"], draft["lines"][0]["amount"]) == ("draft", "85.00")
        issue(client_of("Billing Manager"), alpha)
        issued = client.get(f"/api/v1/billing/2026-03/{alpha.pk}/", headers=headers).json()
        assert (issued["state"], issued["number"]) == ("issued", f"2026-03/{alpha.pk}/1")
        assert client.get(f"/api/v1/billing/2026-03/{alpha.pk}/?version=9", headers=headers).status_code == 404
        assert client.get("/api/v1/billing/2026-13/", headers=headers).status_code == 422

    def test_another_scope_is_refused(self, alpha, client):
        root = User.objects.create_superuser("root")
        _row, text = tokens.create(root, "test", ["printers:read"], timezone.now())
        answer = client.get("/api/v1/billing/2026-03/", headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 403


def test_a_hidden_month_is_behind_no_door_of_billing(alpha):
    manager = client_of("Billing Manager")
    issue(manager, alpha)
    open_month(is_published=False)
    row = MonthlyReport.objects.get()
    doors = (
        "/billing/2026-03/", "/billing/2026-03/export/", "/billing/2026-03/export/?format=csv",
        f"/billing/2026-03/{alpha.pk}/", f"/billing/2026-03/{alpha.pk}/?version=1",
        f"/billing/2026-03/{alpha.pk}/export/", f"/billing/2026-03/{alpha.pk}/device/{row.pk}/?version=1",
        "/api/v1/billing/2026-03/", f"/api/v1/billing/2026-03/{alpha.pk}/", f"/api/v1/billing/2026-03/{alpha.pk}/?version=1",
    )  # fmt: skip
    for door in doors:
        answer = manager.get(door)
        assert answer.status_code == 403, door
        assert b"SECRET1" not in answer.content, door
    assert manager.get("/billing/").status_code == 200
    assert issue(manager, alpha).status_code == 403
    assert Invoice.objects.count() == 1
