"""What a printer has read over time, thinned to what a chart can show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from inventory.models import InventoryTask, Printer
from inventory.services import rollups

CHART_POINTS: Final = 400
RECENT_POLLS: Final = 50

LONG: Final = timedelta(days=20)
"""Longer periods are drawn from daily readings, and only what is newer than those from polls."""

CHART_SQL = """
WITH points AS (
    SELECT read_at AS at, total_pages, bw_a4, color_a4, bw_a3, color_a3, levels, NULL::bigint AS counter_id
    FROM inventory_dailyreading
    WHERE printer_id = %(printer)s AND day <= %(rolled)s AND read_at >= %(since)s AND read_at <= %(until)s
    UNION ALL
    SELECT c.recorded_at, c.total_pages, c.bw_a4, c.color_a4, c.bw_a3, c.color_a3, NULL, c.id
    FROM inventory_pagecounter c JOIN inventory_inventorytask t ON t.id = c.task_id AND t.status = 'SUCCESS'
    WHERE c.printer_id = %(printer)s AND c.recorded_at >= %(polls_since)s AND c.recorded_at <= %(until)s
), placed AS (
    SELECT points.*, ntile(%(points)s) OVER (ORDER BY at) AS bucket FROM points
), chosen AS (
    SELECT DISTINCT ON (bucket) * FROM placed ORDER BY bucket, at DESC
)
SELECT chosen.at, chosen.total_pages, chosen.bw_a4, chosen.color_a4, chosen.bw_a3, chosen.color_a3,
       COALESCE(chosen.levels, inventory_supply_levels(c.reading))
FROM chosen LEFT JOIN inventory_pagecounter c ON c.id = chosen.counter_id ORDER BY chosen.at
"""


@dataclass(frozen=True, slots=True)
class SupplySeries:
    """One supply's percentages over the chart's times; None where the device did not know."""

    label: str
    color: str
    percents: list[int | None]


def chart(printer_id: int, since: datetime, until: datetime) -> dict[str, Any]:
    """Return `{times: [unix s], counters: {name: [int|None]}, supplies: [{label, color, percents}]}`, at most 400
    points.

    Each point is the last good reading of its stretch of time; nothing is interpolated. Over more than 20 days it is the
    day's last good reading.
    """
    rolled = rollups.mark().rolled_through if until - since > LONG else None
    facts: dict[str, Any] = {"printer": printer_id, "since": since, "until": until, "points": CHART_POINTS}
    newer = since if rolled is None else max(since, rollups.start_of(rolled + rollups.ONE_DAY))
    with connection.cursor() as cursor:
        cursor.execute(CHART_SQL, {**facts, "rolled": rolled, "polls_since": newer})
        rows = cursor.fetchall()
    names = ("total", "bw_a4", "color_a4", "bw_a3", "color_a3")
    counters = {name: [row[place] for row in rows] for place, name in enumerate(names, start=1)}
    return {
        "times": [int(row[0].timestamp()) for row in rows],
        "counters": {name: values for name, values in counters.items() if any(values)},
        "supplies": _supply_series([json.loads(row[6]) for row in rows]),
    }


def _supply_series(readings: list[list[list[Any]]]) -> list[dict[str, Any]]:
    """Turn one list of `[index, name, colour, percent]` per time into one list of percentages per supply."""
    series: dict[tuple[str, str], SupplySeries] = {}
    for place, levels in enumerate(readings):
        for index, name, color, percent in levels:
            row = series.get((index, name))
            if row is None:
                row = series[index, name] = SupplySeries(name, color or "", [None] * len(readings))
            row.percents[place] = percent
    return [{"label": row.label, "color": row.color, "percents": row.percents} for row in series.values()]


def recent_polls(printer: Printer) -> list[InventoryTask]:
    """Return the newest polls with their counters, open ones first."""
    polls = printer.tasks.select_related("counter", "requested_by").defer("counter__reading")
    return list(polls.order_by("-due_at", "-id")[:RECENT_POLLS])
