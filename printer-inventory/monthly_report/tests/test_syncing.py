"""Counters taken over from polls: the last good reading of the month, never over a person's figure, in few statements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Printer
from inventory.polling.reading import DeviceReading
from inventory.services.importing import store_reading
from inventory.tests.factories import make_printer
from monthly_report.models import BulkChangeLog, MonthControl, MonthlyReport, PrinterModelSpec
from monthly_report.services.months import MonthClosedError
from monthly_report.services.syncing import sync_month, sync_open_months
from monthly_report.tests.factories import MONTH, make_row, open_month

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Irkutsk")
NOW = datetime(2026, 3, 20, 12, tzinfo=ZONE)


@pytest.fixture(autouse=True)
def march(settings: Any) -> MonthControl:
    settings.TIME_ZONE = "Asia/Irkutsk"
    return open_month(edit_until=NOW + timedelta(days=20))


def read(printer: Printer, at: datetime, **counters: int) -> None:
    reading = DeviceReading(serial=printer.serial_number, counters=counters)
    assert store_reading(printer, reading, at) is not None


class TestTakingOver:
    def test_the_last_good_reading_of_the_month_by_the_sites_clock(self):
        printer = make_printer(serial_number="sn-1")
        row = make_row(serial_number="SN-1", a4_bw_start=50)
        read(printer, datetime(2026, 2, 28, 23, 59, tzinfo=ZONE), bw_a4=90)
        read(printer, datetime(2026, 3, 1, 0, 1, tzinfo=ZONE), bw_a4=100, color_a4=7)
        read(printer, datetime(2026, 3, 15, tzinfo=ZONE), bw_a4=120, color_a4=9)
        result = sync_month(MONTH, NOW)
        row.refresh_from_db()
        assert result.updated == (row.pk,)
        assert (row.a4_bw_end, row.a4_bw_end_auto, row.a4_color_end, row.total_prints) == (120, 120, 9, 70)
        assert (row.device_ip, row.printer_id) == (printer.ip_address, printer.pk)
        assert row.inventory_last_ok == datetime(2026, 3, 15, tzinfo=ZONE)
        assert row.counter_id is not None

    def test_again_it_changes_nothing(self):
        printer = make_printer(serial_number="SN1")
        row = make_row(serial_number="SN1")
        read(printer, NOW - timedelta(days=1), bw_a4=5)
        sync_month(MONTH, NOW)
        row.refresh_from_db()
        assert sync_month(MONTH, NOW).updated == ()
        before = row.version
        row.refresh_from_db()
        assert row.version == before

    def test_what_a_person_wrote_stays(self):
        printer = make_printer(serial_number="SN1")
        row = make_row(serial_number="SN1", a4_bw_end=3, a4_bw_end_manual=True)
        read(printer, NOW - timedelta(days=1), bw_a4=5, color_a4=6)
        assert sync_month(MONTH, NOW).kept_manual == 1
        row.refresh_from_db()
        assert (row.a4_bw_end, row.a4_bw_end_auto, row.a4_color_end) == (3, 5, 6)

    def test_two_rows_take_their_papers_and_models_their_counters(self):
        printer = make_printer(serial_number="SN1")
        PrinterModelSpec.objects.create(model_name="Mono", is_color=False, paper_format="A4A3")
        a4 = make_row(serial_number="SN1", part="A4", equipment_model=" mono ")
        a3 = make_row(serial_number="SN1", part="A3", equipment_model="Mono")
        read(printer, NOW - timedelta(days=1), bw_a4=5, color_a4=6, bw_a3=7, color_a3=8)
        sync_month(MONTH, NOW)
        for row in (a4, a3):
            row.refresh_from_db()
        assert (a4.a4_bw_end, a4.a4_color_end, a4.a3_bw_end) == (5, None, None)
        assert (a3.a4_bw_end, a3.a3_bw_end, a3.a3_color_end) == (None, 7, None)

    def test_a_retired_printer_with_the_same_number_gives_way(self):
        old = make_printer(serial_number="SN1")
        read(old, NOW - timedelta(days=1), bw_a4=999)
        Printer.objects.filter(pk=old.pk).update(is_active=False)
        new = make_printer(serial_number="SN1")
        read(new, NOW - timedelta(days=2), bw_a4=10)
        row = make_row(serial_number="SN1")
        sync_month(MONTH, NOW)
        row.refresh_from_db()
        assert row.a4_bw_end == 10

    def test_a_closed_month_is_left_alone(self):
        open_month(edit_until=NOW - timedelta(seconds=1))
        printer, row = make_printer(serial_number="SN1"), make_row(serial_number="SN1")
        read(printer, NOW - timedelta(days=1), bw_a4=5)
        with pytest.raises(MonthClosedError):
            sync_month(MONTH, NOW)
        assert sync_open_months(NOW) == []
        row.refresh_from_db()
        assert row.a4_bw_end is None

    def test_a_takeover_by_hand_is_audited_and_one_by_the_clock_is_not(self):
        printer = make_printer(serial_number="SN1")
        make_row(serial_number="SN1")
        read(printer, NOW - timedelta(days=1), bw_a4=5)
        (result,) = sync_open_months(NOW)
        assert len(result.updated) == 1
        assert not BulkChangeLog.objects.exists()
        sync_month(MONTH, NOW)
        assert BulkChangeLog.objects.get().operation_type == "bulk_sync"
        assert MonthControl.objects.get().synced_at == NOW

    def test_a_month_not_filled_by_polls_is_passed_over(self):
        open_month(edit_until=NOW + timedelta(days=1), auto_sync_enabled=False)
        assert sync_open_months(NOW) == []


class TestCost:
    def statements(self, rows: int, start: int) -> int:
        printers = [make_printer(serial_number=f"C{start + one}") for one in range(rows)]
        for printer in printers:
            read(printer, NOW - timedelta(days=2), bw_a4=start)
            read(printer, NOW - timedelta(days=1), bw_a4=start + 5)
            make_row(serial_number=printer.serial_number)
        with CaptureQueriesContext(connection) as captured:
            assert len(sync_month(MONTH, NOW).updated) == rows
        return len(captured)

    def test_statements_do_not_grow_with_the_month(self):
        few = self.statements(2, 1000)
        assert self.statements(12, 2000) == few <= 12


@pytest.mark.parametrize("number", range(1, 13))
def test_the_group_of_a_month_is_spelled_one_way(number: int):
    from monthly_report.services.live import group_of

    assert group_of(MONTH.replace(month=number)) == f"monthly_report_2026_{number:02}"


def test_the_database_figures_are_the_rules_figures():
    from hypothesis import given, settings
    from hypothesis import strategies as st

    from monthly_report.rules.figures import COUNTERS, k1, k2, pages

    counter = st.none() | st.integers(0, 10**8)
    hours = st.integers(0, 1_000_000).map(lambda hundredths: hundredths / 100)  # what a column reads

    @settings(max_examples=40, deadline=None)
    @given(
        st.sampled_from(("ALL", "A4", "A3")),
        st.fixed_dictionaries(dict.fromkeys(COUNTERS, counter)),
        st.tuples(hours, hours),
        st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
    )
    def check(
        part: str, counters: dict[str, Any], availability: tuple[float, float], requests: tuple[int, int]
    ) -> None:
        MonthlyReport.objects.all().delete()
        row = make_row(
            part=part,
            normative_availability=availability[0],
            actual_downtime=availability[1],
            non_overdue_requests=requests[0],
            total_requests=requests[1],
            **counters,
        )
        assert row.total_prints == pages(part, counters)
        assert row.k1 == pytest.approx(k1(*availability))
        assert row.k2 == pytest.approx(k2(*requests))

    check()
