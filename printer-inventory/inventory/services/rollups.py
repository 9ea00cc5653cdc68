"""Daily readings: what a chart over months reads instead of every poll, and what is written before any poll is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from inventory.models import DailyReading, HistoryMark

SETTLED: Final = timedelta(hours=1)
"""A day is rolled up so long after its end: what was read in its last moments is stored by then."""
ONE_DAY: Final = timedelta(days=1)

ROLL_SQL = """
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON (c.printer_id, day, c.epoch)
           c.id, c.printer_id, (c.recorded_at AT TIME ZONE %(zone)s)::date AS day, c.epoch,
           count(*) OVER (PARTITION BY c.printer_id, (c.recorded_at AT TIME ZONE %(zone)s)::date, c.epoch) AS readings
    FROM inventory_printer p
    CROSS JOIN LATERAL (
        SELECT id, task_id, printer_id, recorded_at, epoch FROM inventory_pagecounter
        WHERE printer_id = p.id AND recorded_at >= %(since)s AND recorded_at < %(until)s OFFSET 0
    ) c
    JOIN inventory_inventorytask t ON t.id = c.task_id AND t.status = 'SUCCESS'
    WHERE %(printers)s::bigint[] IS NULL OR p.id = ANY(%(printers)s::bigint[])
    ORDER BY c.printer_id, day, c.epoch, c.recorded_at DESC, c.id DESC
)
INSERT INTO inventory_dailyreading AS d
    (printer_id, day, epoch, read_at, bw_a4, color_a4, bw_a3, color_a3, total_pages, levels, readings)
SELECT last.printer_id, last.day, last.epoch, c.recorded_at, c.bw_a4, c.color_a4, c.bw_a3, c.color_a3, c.total_pages,
       inventory_supply_levels(c.reading), least(last.readings, 32767)
FROM last JOIN inventory_pagecounter c ON c.id = last.id
ON CONFLICT (printer_id, day, epoch) DO UPDATE
SET read_at = excluded.read_at, bw_a4 = excluded.bw_a4, color_a4 = excluded.color_a4, bw_a3 = excluded.bw_a3,
    color_a3 = excluded.color_a3, total_pages = excluded.total_pages, levels = excluded.levels,
    readings = greatest(d.readings, excluded.readings)
"""

FIRST_DAY_SQL = """
SELECT min((f.at AT TIME ZONE %(zone)s)::date) FROM inventory_printer p CROSS JOIN LATERAL (
    SELECT least(
        (SELECT due_at FROM inventory_inventorytask WHERE printer_id = p.id ORDER BY due_at LIMIT 1),
        (SELECT recorded_at FROM inventory_pagecounter WHERE printer_id = p.id ORDER BY recorded_at LIMIT 1)
    ) AS at) f
"""


def zone() -> ZoneInfo:
    """Return the zone whose midnights bound a day."""
    return ZoneInfo(settings.TIME_ZONE)


def local_day(moment: datetime) -> date:
    """Return the local day of a moment."""
    return moment.astimezone(zone()).date()


def start_of(day: date) -> datetime:
    """Return the moment a local day begins, in UTC."""
    return datetime.combine(day, time(), zone()).astimezone(UTC)


def mark() -> HistoryMark:
    """Return how far history has come, without locking it."""
    return HistoryMark.objects.filter(pk=1).first() or HistoryMark(pk=1)


def held_mark() -> HistoryMark:
    """Return the same row held, so that two workers never do one night's work; inside a transaction."""
    HistoryMark.objects.get_or_create(pk=1)
    return HistoryMark.objects.select_for_update().get(pk=1)


def first_day() -> date | None:
    """Return the local day of the oldest poll, found by each printer's own index; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_DAY_SQL, {"zone": settings.TIME_ZONE})
        row = cursor.fetchone()
    return row[0] if row else None


def days(first: date, last: date) -> Iterator[date]:
    """Yield the days from `first` to `last`, both counted in."""
    for place in range((last - first).days + 1):
        yield first + place * ONE_DAY


def roll_up(now: datetime) -> int:
    """Write the daily readings of every whole day that has none yet, a transaction a day; return how many days."""
    last = local_day(now - SETTLED) - ONE_DAY
    done = mark().rolled_through
    first = first_day() if done is None else done + ONE_DAY
    if first is None:
        return 0
    rolled = 0
    for day in days(first, last):
        with transaction.atomic():
            held = held_mark()
            if held.rolled_through is not None and held.rolled_through >= day:
                continue
            roll_day(day)
            held.rolled_through = day
            held.save(update_fields=["rolled_through"])
        rolled += 1
    return rolled


def roll_day(day: date, printers: Sequence[int] | None = None) -> None:
    """Write one day's readings, of these printers or of all; written twice, they are the same."""
    facts: dict[str, Any] = {"zone": settings.TIME_ZONE, "printers": None if printers is None else list(printers)}
    with connection.cursor() as cursor:
        cursor.execute(ROLL_SQL, {**facts, "since": start_of(day), "until": start_of(day + ONE_DAY)})


def refresh(printer_id: int, moment: datetime) -> None:
    """Make a printer's day anew after what was read then has been believed, doubted again or brought in late.

    A day that is still to be rolled up is left alone; one whose polls were thinned out is thinned again by the next night.
    """
    day, done = local_day(moment), mark()
    if done.thinned_through is not None and day <= done.thinned_through:
        HistoryMark.objects.filter(pk=1, thinned_through__gte=day).update(thinned_through=day - ONE_DAY)
    if done.rolled_through is None or day > done.rolled_through:
        return
    DailyReading.objects.filter(printer=printer_id, day=day).delete()
    roll_day(day, [printer_id])
