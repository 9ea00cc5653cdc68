"""Forecasts of all supplies, once a day, a few hundred printers at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction

from dashboard.models import DashboardMark, SupplyForecast
from dashboard.rules.forecast import Point, days_left
from inventory.models import Printer
from inventory.services import rollups

SEEN: Final = timedelta(days=90)
BATCH: Final = 500

LEVELS_SQL: Final = """
SELECT d.printer_id, d.day, d.levels FROM unnest(%(printers)s::bigint[]) AS p(id)
CROSS JOIN LATERAL (
    SELECT printer_id, day, levels, read_at FROM inventory_dailyreading WHERE printer_id = p.id AND day >= %(since)s OFFSET 0
) d
UNION ALL
SELECT s.printer_id, (s.last_success_at AT TIME ZONE %(zone)s)::date,
       jsonb_agg(jsonb_build_array(x -> 'index', '', '', x -> 'percent'))
FROM unnest(%(printers)s::bigint[]) AS p(id) JOIN inventory_printerstate s ON s.printer_id = p.id,
     jsonb_array_elements(CASE WHEN jsonb_typeof(s.supplies) = 'array' THEN s.supplies ELSE '[]' END) AS x
WHERE x ->> 'percent' IS NOT NULL AND s.last_success_at IS NOT NULL GROUP BY 1, 2
ORDER BY 1, 2
"""


def forecast_all(now: datetime) -> int:
    """Make today's forecasts if they are not made yet; return for how many supplies."""
    today = rollups.local_day(now)
    DashboardMark.objects.get_or_create(pk=1)
    if not DashboardMark.objects.filter(pk=1).exclude(forecast_on=today).exists():
        return 0
    made = 0
    ids = list(Printer.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    for place in range(0, len(ids), BATCH):
        made += _forecast(ids[place : place + BATCH], today)
    DashboardMark.objects.filter(pk=1).update(forecast_on=today)
    return made


def _forecast(printers: list[int], today: date) -> int:
    rows = []
    for printer_id, index, points in _levels(printers, today - SEEN):
        found = days_left(points)
        if found is None:
            continue
        level = points[-1][1]
        rows.append(
            SupplyForecast(
                printer_id=printer_id,
                index=index[:40],
                rate=found.rate,
                fastest=max(found.rate, level / found.shortest) if found.shortest > 0 else found.rate,
                slowest=min(found.rate, level / found.longest) if found.longest else 0.0,
                swaps=found.swaps,
                swapped_on=date.fromordinal(int(found.swapped_at)) if found.swapped_at else None,
                made_on=today,
            )
        )
    with transaction.atomic():
        SupplyForecast.objects.filter(printer__in=printers).delete()
        SupplyForecast.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _levels(printers: list[int], since: date) -> Iterator[tuple[int, str, list[Point]]]:
    """Yield (printer, supply's index, its levels by day)."""
    found: dict[tuple[int, str], dict[int, float]] = {}
    with connection.cursor() as cursor:
        cursor.execute(LEVELS_SQL, {"printers": printers, "since": since, "zone": str(rollups.zone())})
        for printer_id, day, levels in cursor.fetchall():
            for index, _name, _color, percent in json.loads(levels) if isinstance(levels, str) else levels:
                if index is not None and percent is not None:
                    found.setdefault((printer_id, str(index)), {})[day.toordinal()] = float(percent)
    for (printer_id, index), days in found.items():
        yield printer_id, index, [(float(day), days[day]) for day in sorted(days)]
