"""The downtime of a month and with it K1: counted from the fleet's days, below what people wrote, fixed once it is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import PrinterDay
from dashboard.services.availability import hours_between, shares_lost
from dashboard.services.counting import count_day
from inventory.admin import OrganizationForm
from inventory.models import InventoryTask, Printer
from inventory.rules.working_hours import parse, share_lost
from inventory.tests.factories import make_organization, make_printer
from monthly_report.models import CounterChangeLog, MonthlyReport
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
        ("agreed", "lost", "hours"),
        [
            (720, 0, 0),
            (720, 1 / 30, 24),
            (176, 3 / 31, 17.03),
            (720, 1, 720),
            (720, 1.2, 720),
            (0, 0.5, 0),
            (-5, 0.5, 0),
        ],
    )
    def test_each_working_hour_is_worth_its_part_of_the_agreed_hours(self, agreed: float, lost: float, hours: float):
        assert downtime(agreed, lost) == hours

    @given(st.floats(0, 10_000), st.floats(-1, 2))
    def test_never_more_than_was_agreed(self, agreed: float, lost: float):
        assert 0 <= downtime(agreed, lost) <= round(agreed, 2)

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
    @pytest.fixture(autouse=True)
    def _always(self, settings: Any) -> None:
        settings.WORKING_HOURS = "24/7"

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
        change = CounterChangeLog.objects.get(field_name="actual_downtime")
        assert (change.serial_number, change.before, change.after, change.change_source) == (
            "VCF1",
            0.0,
            60.0,
            "revert",
        )


EVERY = 2**24 - 1
OFFICE = sum(1 << hour for hour in range(9, 18))
NIGHT = EVERY - OFFICE


def hours(printer: Printer, number: int, asked: int, silent: int) -> None:
    """Count a day of March 2026 whose hours are known; the 1st is a Sunday."""
    PrinterDay.objects.create(
        printer=printer, day=MONTH.replace(day=number), hours_asked=asked.bit_count(), hours_silent=silent.bit_count(),
        asked_mask=asked, silent_mask=silent,
    )  # fmt: skip


@pytest.mark.django_db
class TestWorkingHours:
    @pytest.fixture
    def printer(self) -> Printer:
        """A printer switched off at night and on Sundays, silent in a third of the office hours it was asked in on two days."""
        open_month()
        printer = make_printer(serial_number="VCF1", organization=make_organization())
        hours(printer, 1, EVERY, EVERY)
        hours(printer, 2, EVERY, NIGHT)
        hours(printer, 3, EVERY, NIGHT | 0b111 << 9)
        hours(printer, 4, NIGHT, NIGHT)
        hours(printer, 5, 1 << 9 | 1 << 12 | 1 << 15, 1 << 15)
        make_row(serial_number="VCF1", device_key="S:VCF1", normative_availability=198)
        return printer

    @pytest.mark.usefixtures("printer")
    def test_nights_and_days_off_are_no_downtime(self):
        sync_month(MONTH, NOW)
        assert told()[:2] == (6.0, 6.0), "22 days of 9 hours, of which two lost 3"

    def test_a_client_has_a_week_of_its_own(self, printer: Printer):
        form = OrganizationForm({"name": "Of its own", "working_hours": "Su-Mo 00-24"}, instance=printer.organization)
        assert form.is_valid(), form.errors
        form.save()
        sync_month(MONTH, NOW)
        days = [(6, EVERY, EVERY), (0, EVERY, NIGHT)]
        assert told()[0] == downtime(198, share_lost(days, parse("Su-Mo 00-24"), 24 * 10))

    def test_a_days_hours_are_kept_by_the_clock_of_the_site(self, settings: Any):
        settings.TIME_ZONE = "Asia/Irkutsk"
        printer = make_printer(serial_number="CLOCK")
        for hour, status in ((1, "FAILED"), (1, "FAILED"), (2, "FAILED"), (2, "SUCCESS"), (3, "SUCCESS")):
            due = datetime(2026, 3, 17, hour, InventoryTask.objects.count(), tzinfo=UTC)
            InventoryTask.objects.create(printer=printer, due_at=due, task_timestamp=due, state="done", status=status)
        count_day(date(2026, 3, 17), date(2026, 3, 20))
        told = PrinterDay.objects.get(printer=printer)
        assert (told.hours_asked, told.hours_silent) == (3, 1)
        assert (told.asked_mask, told.silent_mask) == (1 << 9 | 1 << 10 | 1 << 11, 1 << 9), "1 h UTC is 9 h in Irkutsk"

    def test_the_database_counts_as_the_rule_does(self, printer: Printer):
        rows = PrinterDay.objects.filter(printer=printer).values_list("day", "asked_mask", "silent_mask")
        days = [(day.weekday(), asked or 0, silent or 0) for day, asked, silent in rows]
        week, end = parse("Mo-Fr 09:00-18:00"), date(2026, 4, 1)
        expected = share_lost(days, week, hours_between(week, MONTH, end))
        assert shares_lost(MONTH, end) == {"VCF1": pytest.approx(expected)}


@pytest.mark.django_db
class TestTypedHours:
    @pytest.fixture
    def row(self) -> MonthlyReport:
        """A row of an open month with 3 hours counted."""
        open_month(edit_until=timezone.now() + timedelta(days=1))
        return make_row(serial_number="VCF1", normative_availability=100, actual_downtime=3, actual_downtime_auto=3)

    @pytest.fixture
    def editor(self, signed_in: Any) -> Any:  # noqa: F811 - the fixture
        """Somebody who may edit a month."""
        return signed_in("Managers")

    def test_hours_are_typed_marked_on_record_and_reverted(self, editor: Any, row: MonthlyReport):
        body = {"fields": {"actual_downtime": "12,5"}, "seen": {"actual_downtime": 3}}
        shown = post(editor, f"api/update-counters/{row.pk}/", body).json()["report"]
        assert (shown["actual_downtime"], shown["actual_downtime_manual"], shown["k1"]) == (12.5, True, 87.5)
        change = CounterChangeLog.objects.get()
        assert (change.before, change.after, change.change_source) == (3.0, 12.5, "manual")
        assert "12.5" in editor.get(f"/monthly-report/{MONTH:%Y-%m}/changes/").text
        assert post(editor, f"api/revert-change/{change.pk}/", {}).status_code == 200
        assert told()[:2] == (3.0, 3.0)
        assert not MonthlyReport.objects.get().actual_downtime_manual

    def test_an_emptied_cell_goes_back_to_what_was_counted(self, editor: Any, row: MonthlyReport):
        post(editor, f"api/update-counters/{row.pk}/", {"fields": {"actual_downtime": "40"}})
        answer = post(editor, f"api/update-counters/{row.pk}/", {"fields": {"actual_downtime": None}}).json()
        assert (answer["report"]["actual_downtime"], answer["report"]["actual_downtime_manual"]) == (3.0, False)

    def test_nobody_elses_hours_are_written_over_and_words_are_none(self, editor: Any, row: MonthlyReport):
        MonthlyReport.objects.update(actual_downtime=9)
        body = {"fields": {"actual_downtime": "40"}, "seen": {"actual_downtime": 3}}
        assert post(editor, f"api/update-counters/{row.pk}/", body).status_code == 409
        refused = post(editor, f"api/update-counters/{row.pk}/", {"fields": {"actual_downtime": "1e9"}})
        assert (refused.status_code, "Type it like 12.5" in refused.json()["detail"]) == (422, True)
        assert told()[0] == 9
