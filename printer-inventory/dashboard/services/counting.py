"""Days of printers and of the fleet, counted from polls and daily readings: whole days once, today again and again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from dashboard.models import DashboardMark
from inventory.services import rollups
from inventory.services.rollups import ONE_DAY

# Where a day ends: its daily readings; of today, what is believed now.
ENDS: Final = {
    "past": """
        SELECT d.printer_id, d.epoch, d.total_pages, d.bw_a4, d.bw_a3, d.color_a4, d.color_a3
        FROM inventory_printer p JOIN inventory_dailyreading d ON d.printer_id = p.id AND d.day = %(day)s""",
    "today": """
        SELECT s.printer_id, s.epoch, s.total_pages, s.bw_a4, s.bw_a3, s.color_a4, s.color_a3
        FROM inventory_printerstate s WHERE s.last_success_at >= %(since)s""",
}

PRINTERS_SQL: Final = """
WITH hours AS (
    SELECT p.id AS printer_id, 1 << extract(hour FROM t.due_at AT TIME ZONE %(zone)s)::int AS bit,
           count(*) AS polls, count(*) FILTER (WHERE t.status = 'SUCCESS') AS good,
           count(*) FILTER (WHERE t.status = 'FAILED') AS failed
    FROM inventory_printer p
    CROSS JOIN LATERAL (
        SELECT status, due_at FROM inventory_inventorytask
        WHERE printer_id = p.id AND due_at >= %(since)s AND due_at < %(until)s AND status <> '' OFFSET 0
    ) t
    GROUP BY 1, 2
), asked AS (
    SELECT printer_id, sum(polls) AS polls, sum(good) AS good, sum(failed) AS failed, sum(polls - good - failed) AS doubted,
           count(*) AS hours_asked, count(*) FILTER (WHERE good = 0) AS hours_silent,
           bit_or(bit) AS asked_mask, coalesce(bit_or(bit) FILTER (WHERE good = 0), 0) AS silent_mask
    FROM hours GROUP BY printer_id
), ends AS (__ENDS__), printed AS (
    SELECT e.printer_id,
           sum(greatest(coalesce(e.total_pages - b.total_pages, 0), 0)) AS pages,
           sum(greatest(coalesce(e.bw_a4 - b.bw_a4, 0) + coalesce(e.bw_a3 - b.bw_a3, 0), 0)) AS pages_bw,
           sum(greatest(coalesce(e.color_a4 - b.color_a4, 0) + coalesce(e.color_a3 - b.color_a3, 0), 0)) AS pages_color
    FROM ends e CROSS JOIN LATERAL (
        SELECT * FROM inventory_dailyreading d
        WHERE d.printer_id = e.printer_id AND d.epoch = e.epoch AND d.day < %(day)s ORDER BY d.day DESC LIMIT 1
    ) b
    GROUP BY e.printer_id
)
INSERT INTO dashboard_printerday AS d
    (printer_id, day, polls, good, failed, doubted, hours_asked, hours_silent, asked_mask, silent_mask, pages, pages_bw,
     pages_color)
SELECT coalesce(a.printer_id, p.printer_id), %(day)s, coalesce(a.polls, 0), coalesce(a.good, 0), coalesce(a.failed, 0),
       coalesce(a.doubted, 0), coalesce(a.hours_asked, 0), coalesce(a.hours_silent, 0),
       coalesce(a.asked_mask, 0), coalesce(a.silent_mask, 0), coalesce(p.pages, 0),
       coalesce(p.pages_bw, 0), coalesce(p.pages_color, 0)
FROM asked a FULL JOIN printed p ON p.printer_id = a.printer_id
ON CONFLICT (printer_id, day) DO UPDATE
SET polls = greatest(d.polls, excluded.polls), good = greatest(d.good, excluded.good),
    failed = greatest(d.failed, excluded.failed), doubted = greatest(d.doubted, excluded.doubted),
    hours_asked = greatest(d.hours_asked, excluded.hours_asked),
    hours_silent = CASE WHEN excluded.hours_asked >= d.hours_asked THEN excluded.hours_silent ELSE d.hours_silent END,
    asked_mask = CASE WHEN excluded.hours_asked >= d.hours_asked THEN excluded.asked_mask ELSE d.asked_mask END,
    silent_mask = CASE WHEN excluded.hours_asked >= d.hours_asked THEN excluded.silent_mask ELSE d.silent_mask END,
    pages = excluded.pages, pages_bw = excluded.pages_bw, pages_color = excluded.pages_color
"""

FLEET_SQL: Final = """
INSERT INTO dashboard_fleetday (day, organization_id, city_id, printers, polls, good, failed, doubted, hours_asked,
    hours_silent, pages, pages_bw, pages_color)
SELECT d.day, p.organization_id, c.city_id, count(*), sum(d.polls), sum(d.good), sum(d.failed), sum(d.doubted),
       sum(d.hours_asked), sum(d.hours_silent), sum(d.pages), sum(d.pages_bw), sum(d.pages_color)
FROM dashboard_printerday d JOIN inventory_printer p ON p.id = d.printer_id
LEFT JOIN contracts_contractdevice c ON c.printer_id = p.id
WHERE d.day = %(day)s GROUP BY 1, 2, 3
"""


def count_day(day: date, today: date) -> None:
    """Count one local day; counted again, it is the same, unless its polls are thinned out: then what was counted stays."""
    facts: dict[str, Any] = {
        "day": day,
        "since": rollups.start_of(day),
        "until": rollups.start_of(day + ONE_DAY),
        "zone": timezone.get_default_timezone_name(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PRINTERS_SQL.replace("__ENDS__", ENDS["today" if day >= today else "past"]), facts)
        cursor.execute("DELETE FROM dashboard_fleetday WHERE day = %(day)s", facts)
        cursor.execute(FLEET_SQL, facts)


def count(now: datetime) -> int:
    """Count today, and every whole day that has daily readings and is not counted yet; return how many whole days."""
    rollups.roll_up(now)
    today, rolled = rollups.local_day(now), rollups.mark().rolled_through
    counted = 0
    with transaction.atomic():
        DashboardMark.objects.get_or_create(pk=1)
        mark = DashboardMark.objects.select_for_update().get(pk=1)
        first = rollups.first_day() if mark.counted_through is None else mark.counted_through + ONE_DAY
        if first is not None and rolled is not None:
            for day in rollups.days(first, rolled):
                count_day(day, today)
                counted += 1
            mark.counted_through = max(rolled, mark.counted_through or rolled)
            mark.save(update_fields=["counted_through"])
        count_day(today, today)
    return counted
