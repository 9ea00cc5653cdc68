"""What a printer has read over time, thinned to what a chart can show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from inventory.models import InventoryTask, Printer

CHART_POINTS: Final = 400
RECENT_POLLS: Final = 50

CHART_SQL = """
WITH points AS (
    SELECT c.recorded_at, c.total_pages, c.bw_a4, c.color_a4, c.bw_a3, c.color_a3, c.reading -> 'supplies' AS supplies,
           ntile(%(points)s) OVER (ORDER BY c.recorded_at) AS bucket
    FROM inventory_pagecounter c JOIN inventory_inventorytask t ON t.id = c.task_id
    WHERE c.printer_id = %(printer)s AND c.recorded_at >= %(since)s AND c.recorded_at <= %(until)s AND t.status =
    'SUCCESS'
)
SELECT DISTINCT ON (bucket) recorded_at, total_pages, bw_a4, color_a4, bw_a3, color_a3, supplies
FROM points ORDER BY bucket, recorded_at DESC
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

    Each point is the last good reading of its stretch of time; nothing is interpolated.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHART_SQL, {"printer": printer_id, "since": since, "until": until, "points": CHART_POINTS})
        rows = cursor.fetchall()
    names = ("total", "bw_a4", "color_a4", "bw_a3", "color_a3")
    counters = {name: [row[place] for row in rows] for place, name in enumerate(names, start=1)}
    return {
        "times": [int(row[0].timestamp()) for row in rows],
        "counters": {name: values for name, values in counters.items() if any(values)},
        "supplies": _supply_series([json.loads(row[6]) if row[6] else [] for row in rows]),
    }


def _supply_series(readings: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Turn one list of supplies per time into one list of percentages per supply."""
    series: dict[str, SupplySeries] = {}
    for place, supplies in enumerate(readings):
        for supply in supplies:
            if supply.get("is_receptacle"):
                continue
            key = f"{supply['index']} {supply['description']}"
            row = series.setdefault(
                key,
                SupplySeries(supply["description"] or supply["kind"], supply["color"] or "", [None] * len(readings)),
            )
            row.percents[place] = supply["percent"]
    known = [row for row in series.values() if any(value is not None for value in row.percents)]
    return [{"label": row.label, "color": row.color, "percents": row.percents} for row in known]


def recent_polls(printer: Printer) -> list[InventoryTask]:
    """Return the newest polls with their counters, open ones first."""
    return list(printer.tasks.select_related("counter", "requested_by").order_by("-due_at", "-id")[:RECENT_POLLS])
