"""Editing by people: nobody's work is lost, everything can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from monthly_report.models import CounterChangeLog, MonthlyReport, SerialEditOverride
from monthly_report.rules.editing import Person
from monthly_report.services.editing import BadValueError, ConflictError, Editor, edit_cells
from monthly_report.services.months import MonthClosedError
from monthly_report.services.returning import return_to_told, revert
from monthly_report.tests.factories import make_row, open_month

pytestmark = pytest.mark.django_db
ANNA = Editor(Person(starts=True, ends=True), name="Anna", ip_address="10.0.0.9", user_agent="Browser")


@pytest.fixture(autouse=True)
def march():
    return open_month()


class TestEditing:
    def test_it_is_written_marked_and_audited(self):
        row = make_row(a4_bw_start=10, a4_bw_end=20)
        edited = edit_cells(row.pk, {"a4_bw_end": "1 035", "a4_bw_start": 10}, {"a4_bw_end": 20}, ANNA, timezone.now())
        assert (edited.updated, edited.row.total_prints, edited.row.a4_bw_end_manual) == (["a4_bw_end"], 1025, True)
        change = CounterChangeLog.objects.get()
        assert (change.old_value, change.new_value, change.change_delta) == (20, 1035, 1015)
        assert (change.ip_address, change.user_agent, change.change_source) == ("10.0.0.9", "Browser", "manual")

    def test_somebody_elses_change_is_not_written_over(self):
        row = make_row(a4_bw_end=20, a4_color_end=1)
        edit_cells(row.pk, {"a4_bw_end": 30}, {"a4_bw_end": 20}, ANNA, timezone.now())
        with pytest.raises(ConflictError) as conflict:
            edit_cells(row.pk, {"a4_bw_end": 40, "a4_color_end": 2}, {"a4_bw_end": 20}, ANNA, timezone.now())
        assert conflict.value.fields == ("a4_bw_end",)
        assert conflict.value.row.a4_bw_end == 30
        row.refresh_from_db()
        assert (row.a4_bw_end, row.a4_color_end) == (30, 1)

    def test_another_cell_of_the_row_is_no_conflict(self):
        row = make_row(a4_bw_end=20, a4_color_end=1)
        edit_cells(row.pk, {"a4_bw_end": 30}, {"a4_bw_end": 20}, ANNA, timezone.now())
        edit_cells(row.pk, {"a4_color_end": 2}, {"a4_color_end": 1}, ANNA, timezone.now())
        row.refresh_from_db()
        assert (row.a4_bw_end, row.a4_color_end) == (30, 2)

    def test_what_may_not_be_edited_is_named_and_left(self):
        row = make_row(part="A4")
        edited = edit_cells(row.pk, {"a4_bw_end": 5, "a3_bw_end": 6}, {}, ANNA, timezone.now())
        assert (edited.updated, edited.refused) == (["a4_bw_end"], {"a3_bw_end": "other_part"})

    def test_a_bad_value_writes_nothing(self):
        row = make_row()
        with pytest.raises(BadValueError) as bad:
            edit_cells(row.pk, {"a4_bw_end": 5, "a3_bw_end": "x", "id": 1}, {}, ANNA, timezone.now())
        assert set(bad.value.problems) == {"a3_bw_end", "id"}
        row.refresh_from_db()
        assert row.a4_bw_end is None

    def test_what_the_device_told_lately_is_locked_until_somebody_decides(self):
        now = timezone.now()
        row = make_row(serial_number="s 1", a4_bw_end=7, a4_bw_end_auto=7, inventory_last_ok=now)
        assert edit_cells(row.pk, {"a4_bw_end": 8}, {}, ANNA, now).refused == {"a4_bw_end": "locked"}
        override = SerialEditOverride.objects.create(serial_number="S1", expires_at=now + timedelta(hours=1))
        assert edit_cells(row.pk, {"a4_bw_end": 8}, {}, ANNA, now).updated == ["a4_bw_end"]
        override.expires_at = now
        override.save()
        assert edit_cells(row.pk, {"a4_bw_end": 9}, {}, ANNA, now).refused == {"a4_bw_end": "locked"}

    def test_a_closed_month_refuses_every_cell(self):
        row = make_row()
        open_month(edit_until=None)
        assert edit_cells(row.pk, {"a4_bw_end": 8}, {}, ANNA, timezone.now()).refused == {"a4_bw_end": "closed"}


class TestTakingBack:
    def test_a_change_is_reverted_and_the_revert_is_audited(self):
        row = make_row(a4_bw_end=20, a4_bw_end_auto=20)
        (change,) = edit_cells(row.pk, {"a4_bw_end": 30}, {}, ANNA, timezone.now()).changes
        row = revert(change.pk, ANNA, timezone.now())
        assert (row.a4_bw_end, row.a4_bw_end_manual) == (20, False)
        assert list(CounterChangeLog.objects.values_list("change_source", flat=True)) == ["revert", "manual"]

    def test_not_over_a_later_change(self):
        row = make_row(a4_bw_end=20)
        (change,) = edit_cells(row.pk, {"a4_bw_end": 30}, {}, ANNA, timezone.now()).changes
        edit_cells(row.pk, {"a4_bw_end": 40}, {}, ANNA, timezone.now())
        with pytest.raises(ConflictError):
            revert(change.pk, ANNA, timezone.now())

    def test_not_in_a_closed_month(self):
        row = make_row(a4_bw_end=20)
        (change,) = edit_cells(row.pk, {"a4_bw_end": 30}, {}, ANNA, timezone.now()).changes
        open_month(edit_until=None)
        with pytest.raises(MonthClosedError):
            revert(change.pk, ANNA, timezone.now())
        with pytest.raises(MonthClosedError):
            return_to_told(row.pk, ["a4_bw_end"], ANNA, timezone.now())

    def test_a_cell_goes_back_to_what_the_device_told(self):
        row = make_row(a4_bw_end=20, a4_bw_end_auto=25, a4_bw_end_manual=True, a3_bw_end=1, a3_bw_end_manual=True)
        row = return_to_told(row.pk, ["a4_bw_end", "a3_bw_end", "a4_bw_start"], ANNA, timezone.now())
        assert (row.a4_bw_end, row.a4_bw_end_manual, row.a3_bw_end, row.a3_bw_end_manual) == (25, False, 1, False)
        assert CounterChangeLog.objects.get().old_value == 20

    def test_the_audit_outlives_the_row(self):
        row = make_row(serial_number="SN7", a4_bw_end=20)
        edit_cells(row.pk, {"a4_bw_end": 30}, {}, ANNA, timezone.now())
        MonthlyReport.objects.all().delete()
        change = CounterChangeLog.objects.get()
        assert (change.monthly_report, change.serial_number, change.new_value) == (None, "SN7", 30)
