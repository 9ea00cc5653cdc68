"""What is kept of old polls for ever: a printer's last good reading of every day, the first and the last of every epoch (so
that no page is lost from a count), and what was ever in doubt. Everything else is kept for a while.

Old days are taken one at a time, each in one transaction: daily readings are written first, then polls thinned out. What a
night costs follows from its day, not from the years before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from inventory.services import rollups
from inventory.services.rollups import ONE_DAY

DOOMED_SQL = """
WITH old AS (
    SELECT t.id, p.id AS printer_id, c.epoch, c.recorded_at, t.status = 'SUCCESS' AND c.id IS NOT NULL AS good,
           row_number() OVER (
               PARTITION BY p.id, (c.recorded_at AT TIME ZONE %(zone)s)::date, t.status = 'SUCCESS', c.epoch
               ORDER BY c.recorded_at DESC, t.id DESC) AS place,
           row_number() OVER (PARTITION BY p.id, t.status = 'SUCCESS', c.epoch ORDER BY c.recorded_at, t.id) AS nth
    FROM inventory_printer p
    CROSS JOIN LATERAL (
        SELECT id, status FROM inventory_inventorytask
        WHERE printer_id = p.id AND due_at >= %(since)s AND due_at < %(until)s AND state NOT IN ('queued', 'running')
        OFFSET 0
    ) t
    LEFT JOIN inventory_pagecounter c ON c.task_id = t.id
), doomed AS (
    SELECT id FROM old
    WHERE NOT (good AND place = 1)
      AND NOT (good AND nth = 1 AND NOT EXISTS (
          SELECT 1 FROM inventory_pagecounter e JOIN inventory_inventorytask et ON et.id = e.task_id
          WHERE e.printer_id = old.printer_id AND e.recorded_at < old.recorded_at AND e.epoch = old.epoch
            AND et.status = 'SUCCESS'))
      AND NOT EXISTS (
          SELECT 1 FROM inventory_pagecounter k JOIN inventory_quarantine q ON q.counter_id = k.id
          WHERE k.task_id = old.id)
)
"""

COUNT_SQL = f"{DOOMED_SQL} SELECT count(*) FROM doomed"  # noqa: S608 - made of constants

DELETE_SQL = f"""{DOOMED_SQL}, counters AS (
    DELETE FROM inventory_pagecounter WHERE task_id IN (SELECT id FROM doomed)
)
DELETE FROM inventory_inventorytask WHERE id IN (SELECT id FROM doomed)
"""  # noqa: S608 - made of constants


def cleanup(now: datetime, keep_all_days: int) -> dict[str, int]:
    """Roll up what has no daily reading yet, then thin out the days that are older than `keep_all_days`; return
    {"deleted": n}.
    """
    rollups.roll_up(now)
    deleted = 0
    for day in _days_to_thin(now, keep_all_days):
        with transaction.atomic(), connection.cursor() as cursor:
            held = rollups.held_mark()
            if held.rolled_through is None or held.rolled_through < day:
                break
            if held.thinned_through is not None and held.thinned_through >= day:
                continue
            cursor.execute(DELETE_SQL, _facts(day))
            deleted += cursor.rowcount
            held.thinned_through = day
            held.save(update_fields=["thinned_through"])
    return {"deleted": deleted}


def count(now: datetime, keep_all_days: int) -> int:
    """Return how many polls `cleanup` would delete, and delete none."""
    total = 0
    with connection.cursor() as cursor:
        for day in _days_to_thin(now, keep_all_days):
            cursor.execute(COUNT_SQL, _facts(day))
            total += int(cursor.fetchone()[0])
    return total


def vacuum() -> None:
    """Give the room of deleted polls back to their tables and let the planner count again; not inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) inventory_inventorytask, inventory_pagecounter")


def _days_to_thin(now: datetime, keep_all_days: int) -> Iterator[date]:
    """Yield the whole local days that are old enough and not thinned out yet."""
    last = rollups.local_day(now - timedelta(days=keep_all_days)) - ONE_DAY
    done = rollups.mark().thinned_through
    first = rollups.first_day() if done is None else done + ONE_DAY
    if first is not None:
        yield from rollups.days(first, last)


def _facts(day: date) -> dict[str, Any]:
    return {"since": rollups.start_of(day), "until": rollups.start_of(day + ONE_DAY), "zone": settings.TIME_ZONE}
