"""Tariffs and invoices on rows: overlap, freezing, versions, evidence, and what the list costs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import EntityChangeLog
from access.services.audit import Actor
from billing.models import Invoice, InvoiceDevice, InvoiceLine, Tariff
from billing.rules.clicks import clicks_of
from billing.rules.pricing import Prices, Tier
from billing.services import issuing
from billing.services.drafting import draft_of, summaries
from billing.services.tariffs import OverlapError, StaleError, TariffFacts, holding_in, save_tariff
from billing.tests.factories import ONE_EACH, close_month, make_tariff
from inventory.models import InventoryTask, PageCounter
from inventory.tests.factories import make_organization, make_printer
from monthly_report.models import CounterChangeLog, MonthlyReport
from monthly_report.rules.figures import COUNTERS
from monthly_report.tests.factories import MONTH, make_row, open_month

pytestmark = pytest.mark.django_db


def issue(organization, **values):
    draft = draft_of(organization, MONTH)
    return issuing.issue(organization, MONTH, draft.fingerprint, Actor(name="anna"), timezone.now(), **values)


@pytest.fixture
def alpha():
    """An organization with a tariff and a closed month of one device: 100 clicks at 0.85."""
    organization = make_organization("Alpha")
    make_tariff(organization)
    make_row(organization=organization, serial_number="A1", a4_bw_start=0, a4_bw_end=100)
    close_month()
    return organization


class TestTariffs:
    def test_two_cannot_hold_in_one_month(self):
        alpha, beta = make_organization("Alpha"), make_organization("Beta")
        first = make_tariff(alpha, valid_from=date(2026, 1, 1), valid_until=date(2026, 6, 1))
        make_tariff(beta)
        for since, until in ((date(2026, 6, 1), None), (date(2025, 1, 1), date(2026, 1, 1)), (date(2025, 1, 1), None)):
            with pytest.raises(OverlapError) as refused:
                make_tariff(alpha, valid_from=since, valid_until=until)
            assert refused.value.other == first
        make_tariff(alpha, valid_from=date(2026, 7, 1))
        assert [one.valid_from for one in holding_in(date(2026, 6, 1)).filter(organization=alpha)] == [date(2026, 1, 1)]
        assert [one.valid_from for one in holding_in(date(2026, 7, 1)).filter(organization=alpha)] == [date(2026, 7, 1)]

    def test_the_database_refuses_it_too(self):
        alpha = make_organization("Alpha")
        make_tariff(alpha)
        with pytest.raises(Error, match="tariff_one_per_month"), transaction.atomic():
            Tariff.objects.create(organization=alpha, valid_from=date(2027, 1, 1))

    def test_an_edit_is_audited_and_an_older_one_refused(self):
        alpha = make_organization("Alpha")
        tariff = make_tariff(alpha)
        facts = TariffFacts(
            alpha.pk, "C-2", date(2026, 1, 1), None, Prices("RUB", Decimal(10), (Tier(0, Decimal(1)),), ONE_EACH.color)
        )
        save_tariff(facts, Actor(name="anna"), tariff, version=0)
        changes = EntityChangeLog.objects.latest("pk").changes
        assert (changes["mono"]["old"], changes["mono"]["new"]) == ("0: 0.85", "0: 1.00")
        with pytest.raises(StaleError):
            save_tariff(facts, Actor(), tariff, version=0)


class TestIssuing:
    def test_what_was_issued_stays_whatever_becomes_of_month_and_tariff(self, alpha):
        made = issue(alpha)
        assert (made.total, made.version, made.issued_by_name) == (Decimal("85.00"), 1, "anna")
        MonthlyReport.objects.update(a4_bw_end=200)
        Tariff.objects.get().tiers.filter(colour="mono").update(price=Decimal(2))
        made.refresh_from_db()
        assert (made.total, made.lines.get().price) == (Decimal("85.00"), Decimal("0.85"))
        assert summaries(MONTH)[0].has_moved
        MonthlyReport.objects.all().delete()
        assert made.devices.get().counters["a4_bw_end"] == 100

    def test_the_database_refuses_every_change(self, alpha):
        made = issue(alpha)
        changes = (
            lambda: Invoice.objects.filter(pk=made.pk).update(total=1),
            lambda: InvoiceLine.objects.update(amount=1),
            lambda: InvoiceDevice.objects.update(mono_clicks=1),
            lambda: InvoiceLine.objects.all().delete(),
            lambda: InvoiceDevice.objects.all().delete(),
            lambda: connection.cursor().execute("DELETE FROM billing_invoice"),
        )
        for change in changes:
            with pytest.raises(Error, match="frozen"), transaction.atomic():
                change()

    def test_people_leave_and_invoices_stay(self, alpha):
        user = User.objects.create_user("anna")
        draft = draft_of(alpha, MONTH)
        made = issuing.issue(alpha, MONTH, draft.fingerprint, Actor.of(user), timezone.now())
        user.delete()
        made.refresh_from_db()
        assert (made.issued_by, made.issued_by_name) == (None, "anna")

    def test_pressed_twice_it_is_one(self, alpha):
        assert issue(alpha) == issue(alpha)
        assert Invoice.objects.count() == 1

    def test_other_figures_than_were_looked_at_are_refused(self, alpha):
        seen = draft_of(alpha, MONTH).fingerprint
        MonthlyReport.objects.update(a4_bw_end=101)
        with pytest.raises(issuing.MovedError):
            issuing.issue(alpha, MONTH, seen, Actor(), timezone.now())
        assert not Invoice.objects.exists()

    def test_a_correction_is_a_new_version_with_a_reason(self, alpha):
        first = issue(alpha)
        MonthlyReport.objects.update(a4_bw_end=110)
        with pytest.raises(issuing.IssueRefusedError, match="why"):
            issue(alpha)
        second = issue(alpha, reason="misread")
        first.refresh_from_db()
        assert (first.state, first.total) == ("replaced", Decimal("85.00"))
        assert (second.state, second.version, second.total) == ("issued", 2, Decimal("93.50"))

    def test_not_while_the_month_is_open(self, alpha):
        open_month()
        with pytest.raises(issuing.IssueRefusedError, match="open"):
            issue(alpha)

    def test_not_without_a_tariff(self):
        beta = make_organization("Beta")
        make_row(organization=beta)
        close_month()
        with pytest.raises(issuing.IssueRefusedError, match="tariff"):
            issue(beta)

    def test_doubts_have_to_be_accepted(self, alpha):
        make_row(organization=alpha, serial_number="A2", a4_bw_start=10, a4_bw_end=5)
        with pytest.raises(issuing.IssueRefusedError, match="doubt"):
            issue(alpha)
        made = issue(alpha, despite_doubts=True)
        assert made.total == Decimal("85.00")
        assert [one.doubts for one in made.devices.all()] == [[], ["below_zero"]]


def test_the_evidence_is_frozen_and_outlives_the_reading(alpha):
    now = timezone.now()
    printer = make_printer(serial_number="A1", ip_address="127.9.9.9")
    task = InventoryTask.objects.create(
        printer=printer, due_at=now, state="done", status="SUCCESS", engine="snmp", match_rule="SN_MAC"
    )
    counter = PageCounter.objects.create(
        task=task, printer=printer, recorded_at=now, bw_a4=100, rule_version=1, reading={"prtMarkerLifeCount": 100}
    )
    row = MonthlyReport.objects.get()
    MonthlyReport.objects.update(counter_id=counter.pk)
    anna = User.objects.create_user("anna")
    CounterChangeLog.objects.create(
        monthly_report=row, month=MONTH, device_key=row.device_key, part="ALL", field_name="a4_bw_end", old_value=90,
        new_value=100, user=anna, timestamp=now - timedelta(hours=1),
    )  # fmt: skip
    made = issue(alpha)
    printer.delete()
    assert not PageCounter.objects.exists()
    evidence = made.devices.get().evidence
    reading = evidence["reading"]
    assert (reading["engine"], reading["recognised_by"], reading["address"]) == ("snmp", "SN_MAC", "127.9.9.9")
    assert reading["raw"] == {"prtMarkerLifeCount": 100}
    assert reading["at"] == now.isoformat()
    (change,) = evidence["changes"]
    assert (change["by"], change["before"], change["after"], change["how"]) == ("anna", 90, 100, "manual")


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.sampled_from(["ALL", "A4", "A3"]),
    st.fixed_dictionaries({name: st.none() | st.integers(0, 50) for name in COUNTERS}),
)
def test_the_list_adds_up_what_the_rule_says(part, counters):
    MonthlyReport.objects.all().delete()
    row = make_row(part=part, **counters)
    ruled = clicks_of(part, {name: getattr(row, name) for name in COUNTERS})
    (listed,) = summaries(MONTH)
    assert (listed.clicks.mono, listed.clicks.color) == (ruled.mono, ruled.color)
    assert bool(listed.doubtful) == bool(ruled.doubts)


def test_the_list_costs_the_same_for_any_number_of_organizations_and_rows():
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            summaries(MONTH)
        return len(captured)

    def add(number: int) -> None:
        organization = make_organization(f"Client {number}")
        make_tariff(organization)
        for _ in range(3):
            make_row(organization=organization, a4_bw_start=0, a4_bw_end=number)

    add(1)
    few = queries()
    for number in range(2, 12):
        add(number)
    assert queries() == few <= 5
