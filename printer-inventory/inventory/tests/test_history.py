"""Years of polls: daily readings are written before polls are thinned out, and a chart shows the same by either."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import DailyReading, HistoryMark, InventoryTask, PageCounter, Printer, Quarantine, Resolution
from inventory.polling.reading import DeviceReading, Supply
from inventory.services import history, rollups
from inventory.services.importing import store_reading
from inventory.services.recomputing import Recomputed, recompute
from inventory.services.resolving import resolve
from inventory.services.retention import cleanup, count
from inventory.services.undoing import undo
from inventory.services.usage import ALWAYS, pages_between
from inventory.tests.factories import make_printer

pytestmark = pytest.mark.django_db
KEEP = 90


def read(printer: Printer, when: datetime, total: int, percent: int | None = 50, **counters: int) -> None:
    """Store a reading made at a moment."""
    supplies = (
        Supply(index="1.1", kind="toner", color="black", description="Black", percent=percent),
        Supply(index="1.2", kind="waste_toner", description="Waste", percent=10, is_receptacle=True),
    )
    facts = DeviceReading(serial=printer.serial_number, counters={"total": total, **counters}, supplies=supplies)
    assert store_reading(printer, facts, when) is not None


def midnight(days_ago: int) -> datetime:
    """Return the moment a local day began."""
    return rollups.start_of(rollups.local_day(timezone.now()) - timedelta(days=days_ago))


def night() -> datetime:
    """Return when the upkeep of last night ran: yesterday is settled then, at whatever hour the tests run."""
    return midnight(0) + timedelta(hours=2)


def fill(printer: Printer, days_ago: int, hours: range = range(0, 24, 6)) -> None:
    """Store a day's readings, a page an hour."""
    begin = midnight(days_ago)
    for hour in hours:
        read(printer, begin + timedelta(hours=hour), 100_000 - days_ago * 24 + hour, percent=hour)


def year_of(printer: Printer) -> dict[str, Any]:
    """Return the chart over a year."""
    now = timezone.now()
    return history.chart(printer.pk, now - timedelta(days=366), now)


class TestDailyReadings:
    def test_a_day_is_its_last_good_reading(self):
        printer = make_printer()
        fill(printer, 3)
        assert rollups.roll_up(night()) == 3
        (day,) = DailyReading.objects.all()
        assert (day.day, day.read_at) == (rollups.local_day(midnight(3)), midnight(3) + timedelta(hours=18))
        assert (day.total_pages, day.readings) == (100_000 - 72 + 18, 4)
        assert day.levels == [["1.1", "Black", "black", 18]]

    def test_a_day_ends_at_midnight_of_the_local_zone(self):
        printer = make_printer()
        read(printer, midnight(2) - timedelta(seconds=1), 10)
        read(printer, midnight(2), 11)
        rollups.roll_up(night())
        days = dict(DailyReading.objects.values_list("day", "total_pages"))
        assert days == {rollups.local_day(midnight(3)): 10, rollups.local_day(midnight(2)): 11}

    def test_rolled_up_again_nothing_changes(self):
        printer = make_printer()
        fill(printer, 3)
        rollups.roll_up(night())
        before = list(DailyReading.objects.values())
        assert rollups.roll_up(night()) == 0
        rollups.roll_day(rollups.local_day(midnight(3)))
        assert list(DailyReading.objects.values()) == before

    def test_today_waits_until_it_is_over(self):
        printer = make_printer()
        read(printer, timezone.now() - timedelta(seconds=1), 10)
        rollups.roll_up(night())
        assert not DailyReading.objects.exists()

    def test_what_is_brought_in_late_reaches_its_day(self):
        printer = make_printer()
        fill(printer, 3, range(0, 12, 6))
        rollups.roll_up(night())
        read(printer, midnight(3) + timedelta(hours=20), 100_000)
        assert DailyReading.objects.get().total_pages == 100_000

    def test_a_decision_reaches_its_day_and_so_does_its_undoing(self):
        printer = make_printer()
        fill(printer, 3, range(0, 12, 6))
        read(printer, midnight(3) + timedelta(hours=20), 5)
        rollups.roll_up(night())
        before = DailyReading.objects.get().total_pages
        doubt = resolve(Quarantine.objects.get().pk, Resolution.BASELINE, None, timezone.now())
        assert list(DailyReading.objects.order_by("epoch").values_list("epoch", "total_pages")) == [(0, before), (1, 5)]
        undo(doubt.pk, None, timezone.now())
        assert list(DailyReading.objects.values_list("epoch", "total_pages")) == [(0, before)]

    def test_a_new_rule_reaches_the_days(self):
        printer = make_printer()
        fill(printer, 3)
        rollups.roll_up(night())
        PageCounter.objects.update(rule_version=0, total_pages=1)
        DailyReading.objects.update(total_pages=1)
        assert list(recompute(Recomputed()))
        assert DailyReading.objects.get().total_pages == 100_000 - 72 + 18


class TestChart:
    def test_a_year_is_the_same_before_and_after_polls_are_thinned_out(self):
        printer = make_printer()
        for days_ago in (200, 150, 100, 50, 2):
            fill(printer, days_ago)
        read(printer, timezone.now() - timedelta(minutes=1), 100_001)
        rollups.roll_up(night())
        chart = year_of(printer)
        assert cleanup(night(), KEEP) == {"deleted": 8}
        assert year_of(printer) == chart
        assert chart["counters"]["total"][-1] == 100_001
        assert len(chart["times"]) == 6
        assert chart["supplies"] == [{"label": "Black", "color": "black", "percents": [18, 18, 18, 18, 18, 50]}]

    def test_it_reads_polls_where_days_are_not_rolled_up_yet(self):
        printer = make_printer()
        fill(printer, 60)
        assert len(year_of(printer)["times"]) == 4

    def test_a_level_nobody_knows_is_a_gap(self):
        printer = make_printer()
        now = timezone.now()
        for minutes, percent in ((30, 20), (20, None), (10, 10)):
            read(printer, now - timedelta(minutes=minutes), 100 - minutes, percent)
        chart = history.chart(printer.pk, now - timedelta(days=1), now)
        assert chart["supplies"] == [{"label": "Black", "color": "black", "percents": [20, None, 10]}]

    def test_its_statements_are_few(self):
        printer = make_printer()
        fill(printer, 60)
        with CaptureQueriesContext(connection) as captured:
            year_of(printer)
        assert len(captured) == 2


class TestRetention:
    def test_the_count_is_what_would_be_deleted(self):
        printer = make_printer()
        fill(printer, 120)
        fill(printer, 119)
        expected = count(night(), KEEP)
        assert (expected, cleanup(night(), KEEP)) == (5, {"deleted": 5})
        assert count(night(), KEEP) == 0

    def test_retention_never_deletes_a_days_last_good_reading(self):
        printer = make_printer()
        fill(printer, 120, range(0, 18, 6))
        InventoryTask.objects.create(
            printer=printer, due_at=midnight(120) + timedelta(hours=20), state="failed", status="FAILED"
        )
        assert cleanup(night(), KEEP) == {"deleted": 2}
        first, last = InventoryTask.objects.order_by("due_at")
        assert (first.counter.recorded_at, last.counter.recorded_at) == (
            midnight(120),
            midnight(120) + timedelta(hours=12),
        )

    def test_no_poll_goes_before_its_day_is_written(self):
        printer = make_printer()
        fill(printer, 120)
        cleanup(night(), KEEP)
        assert DailyReading.objects.get().readings == 4
        marked = HistoryMark.objects.get()
        assert marked.rolled_through is not None
        assert marked.thinned_through is not None
        assert marked.thinned_through <= marked.rolled_through

    def test_what_is_brought_in_late_is_thinned_out_by_the_next_night(self):
        printer = make_printer()
        fill(printer, 120, range(0, 12, 6))
        cleanup(night(), KEEP)
        fill(printer, 120, range(7, 9))
        assert cleanup(night(), KEEP) == {"deleted": 2}
        assert DailyReading.objects.get().total_pages == 100_000 - 120 * 24 + 8

    def test_an_epoch_s_first_reading_stays_and_so_do_its_pages(self):
        printer = make_printer()
        for hour in range(4):
            read(printer, midnight(120) + timedelta(hours=hour), 1000 + hour)
        for hour in range(4, 8):
            split = {"bw": 900, "color": 100 + hour}
            read(printer, midnight(120) + timedelta(hours=hour), 1000 + hour, **split)
        before = pages_between([printer.pk], *ALWAYS)
        assert cleanup(night(), KEEP) == {"deleted": 4}
        assert pages_between([printer.pk], *ALWAYS) == before

    def test_a_stretch_of_time_is_counted_without_reading_what_is_older(self):
        printer = make_printer()
        for days_ago in (30, 20, 10, 5):
            fill(printer, days_ago)
        used = pages_between([printer.pk], midnight(15), midnight(4))
        assert used[printer.pk]["total"] == (20 - 5) * 24
