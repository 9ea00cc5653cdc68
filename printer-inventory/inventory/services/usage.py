"""Pages printed in a stretch of time, as contracts count them: never across a baseline, so never negative."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from django.db import connection

from inventory.rules.history import CONTRACT

ALWAYS: Final = (datetime(1990, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))

USAGE_SQL = """
WITH starts AS (
    -- The last reading before the stretch is where it starts from; nothing older is read.
    SELECT p.id AS printer_id, COALESCE((
        SELECT c.recorded_at FROM inventory_pagecounter c JOIN inventory_inventorytask t ON t.id = c.task_id
        WHERE c.printer_id = p.id AND t.status = 'SUCCESS' AND c.recorded_at <= %(since)s
        ORDER BY c.recorded_at DESC LIMIT 1), %(since)s) AS at
    FROM unnest(%(printers)s::bigint[]) AS p(id)
), believed AS (
    SELECT c.printer_id, c.epoch, c.total_pages AS total, c.bw_a4, c.color_a4, c.bw_a3, c.color_a3
    FROM starts s JOIN inventory_pagecounter c
        ON c.printer_id = s.printer_id AND c.recorded_at >= s.at AND c.recorded_at <= %(until)s
    JOIN inventory_inventorytask t ON t.id = c.task_id AND t.status = 'SUCCESS'
), ranges AS (
    SELECT b.printer_id, b.epoch,
           max(total) - min(total) AS total, max(bw_a4) - min(bw_a4) AS bw_a4, max(color_a4) - min(color_a4) AS color_a4,
           max(bw_a3) - min(bw_a3) AS bw_a3, max(color_a3) - min(color_a3) AS color_a3
    FROM believed b
    GROUP BY b.printer_id, b.epoch
)
SELECT printer_id, sum(total)::bigint, sum(bw_a4)::bigint, sum(color_a4)::bigint, sum(bw_a3)::bigint,
       sum(color_a3)::bigint
FROM ranges GROUP BY printer_id
"""


def pages_between(printer_ids: Sequence[int], since: datetime, until: datetime) -> dict[int, dict[str, int | None]]:
    """Return pages by printer and contract counter (`total`, `bw_a4`, ...) from `since` to `until`, in one statement.

    A printer without a believed reading is left out; a figure it never told is None. What lies between the last reading
    of one epoch and the first of the next belongs to nobody.
    """
    with connection.cursor() as cursor:
        cursor.execute(USAGE_SQL, {"printers": list(printer_ids), "since": since, "until": until})
        rows = cursor.fetchall()
    return {row[0]: dict(zip(CONTRACT, row[1:], strict=True)) for row in rows}
