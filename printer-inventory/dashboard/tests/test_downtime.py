"""The downtime of a month and with it K1: counted from the fleet's days, below what people wrote, fixed once it is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import PrinterDay
from inventory.models import Printer
from inventory.tests.factories import make_printer
from monthly_report.models import BulkChangeLog, MonthlyReport
from monthly_report.rules.downtime import downtime, stands
from monthly_report.rules.editing import Person
from monthly_report.services.editing import Editor
from monthly_report.services.import_sessions import Wanted, apply_session, open_session
from monthly_report.services.months import MonthClosedError
from monthly_report.services.syncing import sync_month
from monthly_report.tests.factories import MONTH, make_row, open_month, sheet
from monthly_report.tests.test_pages import post, signed_in  # noqa: F401 - a fixture

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


class TestRule:
    @pytest.mark.parametrize(
        ("agreed", "lost", "days", "hours"),
        [
            (720, 0, 30, 0), (720, 1, 30, 24), (720, 2.25, 30, 54), (176, 3, 31, 17.03), (720, 30, 30, 720),
            (720, 31, 30, 720), (0, 3, 30, 0), (-5, 3, 30, 0), (720, 3, 0, 0),
        ],
    )  # fmt: skip
    def test_each_day_is_worth_its_part_of_the_agreed_hours(self, agreed: float, lost: float, days: int, hours: float):
        assert downtime(agreed, lost, days) == hours

    @given(st.floats(0, 10_000), st.floats(0, 40), st.integers(28, 31))
    def test_never_more_than_was_agreed(self, agreed: float, lost: float, days: int):
        assert 0 <= downtime(agreed, lost, days) <= round(agreed, 2)

    def test_what_a_person_wrote_stands_and_what_nobody_counted_leaves_it(self):
        assert stands(3.5, 9.0, manual=False) == 3.5
        assert stands(3.5, 9.0, manual=True) == 9.0
        assert stands(None, 9.0, manual=False) == 9.0


def day(printer: Printer, number: int, asked: int, silent: int, month: date = MONTH) -> None:
    PrinterDay.objects.create(printer=printer, day=month.replace(day=number), hours_asked=asked, hours_silent=silent)


def bring_in(row: dict[str, Any]) -> None:
    wanted = Wanted(MONTH, edit_until=timezone.now() + timedelta(days=1), is_published=True)
    session = open_session("month.xlsx", sheet([row]), wanted, None)
    apply_session(session.pk, session.token, Editor(Person()), leave_out_errors=False)


def told(**wanted: Any) -> tuple[float, float | None, float]:
    row = MonthlyReport.objects.get(**wanted)
    return row.actual_downtime, row.actual_downtime_auto, round(row.k1, 2)


@pytest.mark.django_db
class TestTakingOver:
    @pytest.fixture
    def printer(self) -> Printer:
        """A printer that lost two and a half days of March, one of them asked only six times; and a row that agrees on 744 h."""
        open_month()
        printer = make_printer(serial_number="VCF1")
        day(printer, 1, 24, 0)
        day(printer, 2, 24, 24)
        day(printer, 3, 6, 6)
        day(printer, 4, 24, 12)
        day(printer, 5, 0, 0)
        day(printer, 28, 24, 24, date(2026, 2, 1))
        day(printer, 1, 24, 24, date(2026, 4, 1))
        make_row(serial_number="vcf1", device_key="S:VCF1", normative_availability=744)
        return printer

    @pytest.mark.usefixtures("printer")
    def test_a_printer_that_was_never_read_has_its_downtime_too_and_again_nothing_changes(self):
        result = sync_month(MONTH, NOW)
        assert (len(result.updated), result.matched) == (1, 0)
        assert told() == (60.0, 60.0, 91.94)
        assert sync_month(MONTH, NOW).updated == ()

    def test_both_rows_of_a_device_and_a_successor_under_the_same_number(self, printer: Printer):
        Printer.objects.filter(pk=printer.pk).update(is_active=False)
        again = make_printer(serial_number="VCF1")
        day(again, 6, 24, 24)
        MonthlyReport.objects.update(part="A4")
        make_row(serial_number="VCF1", part="A3", normative_availability=100)
        sync_month(MONTH, NOW)
        assert told(part="A4")[0] == 84.0
        assert told(part="A3")[0] == round(100 * 3.5 / 31, 2)

    @pytest.mark.usefixtures("printer")
    def test_what_nobody_asked_is_left_alone(self):
        make_row(serial_number="OTHER", normative_availability=744, actual_downtime=5)
        make_row(serial_number="", inventory_number="7", normative_availability=744)
        sync_month(MONTH, NOW)
        assert told(serial_number="OTHER")[:2] == (5.0, None)
        assert told(serial_number="")[:2] == (0.0, None)

    @pytest.mark.usefixtures("printer")
    def test_a_closed_month_keeps_its_downtime(self):
        open_month(edit_until=NOW - timedelta(days=1))
        with pytest.raises(MonthClosedError):
            sync_month(MONTH, NOW)
        assert told()[:2] == (0.0, None)

    @pytest.mark.usefixtures("printer")
    def test_a_file_says_it_better_until_a_person_gives_it_back(self, signed_in: Any):  # noqa: F811 - the fixture
        title = "Фактическое время недоступности (D)"
        sync_month(MONTH, NOW)
        row = {"Серийный номер оборудования": "VCF1", "Нормативное время доступности (A)": 744}
        bring_in(row | {title: None})
        assert told()[:2] == (60.0, 60.0), "an empty cell says nothing"
        bring_in(row | {title: 0})
        sync_month(MONTH, NOW)
        assert told() == (0.0, 60.0, 100.0)
        pk = MonthlyReport.objects.get().pk
        manager = signed_in("Managers")
        shown = manager.get(f"/monthly-report/api/device/{pk}/", headers={"Accept": "text/html"}).text
        assert "Written by hand." in shown
        answer = post(manager, f"api/reset-manual-flag/{pk}/", {"field": "actual_downtime"}).json()["report"]
        assert (answer["actual_downtime"], answer["actual_downtime_manual"], answer["k1"]) == (60.0, False, 91.94)
        change = BulkChangeLog.objects.get(operation_type="bulk_edit")
        assert change.operation_params == {"serial": "VCF1", "before": 0.0, "after": 60.0}
