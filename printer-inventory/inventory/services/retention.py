"""What is kept of old polls for ever: a printer's last good reading of every day, the last of every epoch and the first
of every new one (so that no page is lost from a count), and what was ever in doubt. Everything else is kept for a while.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection

CHUNK: Final = 10_000

DOOMED_SQL = """
WITH old AS (
    SELECT t.id, t.status, c.epoch,
           row_number() OVER (
               PARTITION BY t.printer_id, date_trunc('day', due_at AT TIME ZONE %(zone)s), status = 'SUCCESS', c.epoch
               ORDER BY due_at DESC, t.id DESC) AS place,
           row_number() OVER (PARTITION BY t.printer_id, status = 'SUCCESS', c.epoch ORDER BY due_at, t.id) AS nth
    FROM inventory_inventorytask t LEFT JOIN inventory_pagecounter c ON c.task_id = t.id
    WHERE due_at < %(before)s AND state NOT IN ('queued', 'running')
), doomed AS (
    SELECT id FROM old WHERE (status <> 'SUCCESS' OR (place > 1 AND (nth > 1 OR epoch = 0))) AND NOT EXISTS (
        SELECT 1 FROM inventory_pagecounter c JOIN inventory_quarantine q ON q.counter_id = c.id
        WHERE c.task_id = old.id)
    ORDER BY id LIMIT %(chunk)s
)
"""

COUNT_SQL = f"{DOOMED_SQL} SELECT count(*) FROM doomed"  # noqa: S608 - made of constants

DELETE_SQL = f"""{DOOMED_SQL}, counters AS (
    DELETE FROM inventory_pagecounter WHERE task_id IN (SELECT id FROM doomed)
)
DELETE FROM inventory_inventorytask WHERE id IN (SELECT id FROM doomed)
"""  # noqa: S608 - made of constants


def cleanup(now: datetime, keep_all_days: int) -> dict[str, int]:
    """Delete what is older than `keep_all_days` and not a day's last good reading, in chunks; return {"deleted": n}."""
    facts = _facts(now, keep_all_days, CHUNK)
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(DELETE_SQL, facts)
            deleted += cursor.rowcount
            if cursor.rowcount < CHUNK:
                return {"deleted": deleted}


def count(now: datetime, keep_all_days: int) -> int:
    """Return how many polls `cleanup` would delete, and delete none."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, _facts(now, keep_all_days, None))
        return int(cursor.fetchone()[0])


def vacuum() -> None:
    """Give the room of deleted polls back to their tables and let the planner count again; not inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) inventory_inventorytask, inventory_pagecounter")


def _facts(now: datetime, keep_all_days: int, chunk: int | None) -> dict[str, Any]:
    return {"before": now - timedelta(days=keep_all_days), "zone": settings.TIME_ZONE, "chunk": chunk}
