"""A past for the demo's fleet, made backwards from what each printer has just told, so that nothing jumps today."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.db import connection, transaction

from dashboard.models import AlertRule, DashboardMark, DeviceIncident, RuleKind, SuppliesMail
from dashboard.services import counting, forecasting
from inventory.models import DailyReading, HistoryMark, PrinterState
from inventory.services import rollups

DAYS: Final = 75

READINGS_SQL: Final = """
INSERT INTO inventory_dailyreading
    (printer_id, day, epoch, read_at, bw_a4, color_a4, bw_a3, color_a3, total_pages, levels, readings)
SELECT s.printer_id, %(today)s::date - n, s.epoch, (%(today)s::date - n + time '18:00') AT TIME ZONE %(zone)s,
       s.bw_a4 - floor(s.bw_a4 * share), s.color_a4 - floor(s.color_a4 * share), s.bw_a3 - floor(s.bw_a3 * share),
       s.color_a3 - floor(s.color_a3 * share), s.total_pages - floor(s.total_pages * share), levels.found, 24
FROM inventory_printerstate s
CROSS JOIN (
    SELECT n, (SELECT count(*) FROM generate_series(%(today)s::date - n + 1, %(today)s::date, interval '1 day') AS day
               WHERE extract(isodow FROM day) < 6) AS workdays
    FROM generate_series(1, %(days)s) AS n) AS past_days
-- Pages printed since that day, as a share of all: on working days only.
CROSS JOIN LATERAL (
    SELECT least(0.6, workdays * (0.0008 + (s.printer_id * 37 %% 100) / 90000.0)) AS share) past
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_array(x -> 'index', coalesce(nullif(x ->> 'description', ''), x ->> 'kind', ''),
        x -> 'color',
        -- Backwards a level rises to 100, and before that another cartridge was nearly empty.
        (4 + mod((x ->> 'percent')::numeric + floor(n * (0.4 + ((s.printer_id * 7 + place * 31) %% 25) / 10.0)) + 92, 96))::int)
        ORDER BY place), '[]') AS found
    FROM jsonb_array_elements(s.supplies) WITH ORDINALITY AS e(x, place)
    WHERE x ->> 'percent' IS NOT NULL AND coalesce(x ->> 'is_receptacle', 'false') <> 'true'
) levels
WHERE s.last_success_at IS NOT NULL
ON CONFLICT DO NOTHING
"""

DAYS_SQL: Final = """
INSERT INTO dashboard_printerday
    (printer_id, day, polls, good, failed, doubted, hours_asked, hours_silent, pages, pages_bw, pages_color)
SELECT printer_id, day, 24, 24 - lost - odd, lost, odd, 24, lost, pages, bw, greatest(pages - bw, 0)
FROM (
    SELECT printer_id, day, CASE WHEN (printer_id * 13 + day_number) %% 17 = 0 THEN 3 + printer_id %% 9 ELSE 0 END AS lost,
           CASE WHEN (printer_id + day_number) %% 61 = 0 THEN 1 ELSE 0 END AS odd,
           coalesce(total_pages - lag(total_pages) OVER days, 0) AS pages,
           coalesce(coalesce(bw_a4, 0) + coalesce(bw_a3, 0) - lag(coalesce(bw_a4, 0) + coalesce(bw_a3, 0)) OVER days, 0) AS bw
    FROM (SELECT *, day - date '2020-01-01' AS day_number FROM inventory_dailyreading WHERE day < %(today)s) d
    WINDOW days AS (PARTITION BY printer_id, epoch ORDER BY day)
) made
ON CONFLICT DO NOTHING
"""


def has_past(now: datetime) -> bool:
    """Whether the fleet already has days that lie back."""
    return DailyReading.objects.filter(day__lt=rollups.local_day(now) - timedelta(days=2)).exists()


def share_read() -> float:
    """Return which part of the active printers was read at least once; 1 without any."""
    rows = PrinterState.objects.filter(printer__is_active=True)
    count = rows.count()
    return rows.exclude(last_success_at=None).count() / count if count else 1.0


def load_past(now: datetime) -> int:
    """Make 75 days of readings and counted days, some incidents, rules and a mail; return how many readings."""
    today = rollups.local_day(now)
    facts: dict[str, Any] = {"today": today, "days": DAYS, "zone": str(rollups.zone())}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(READINGS_SQL, facts)
        made = int(cursor.rowcount)
        cursor.execute(DAYS_SQL, facts)
        for day in rollups.days(today - timedelta(days=DAYS), today - timedelta(days=1)):
            cursor.execute("DELETE FROM dashboard_fleetday WHERE day = %(day)s", {"day": day})
            cursor.execute(counting.FLEET_SQL, {"day": day})
        yesterday = today - timedelta(days=1)
        HistoryMark.objects.update_or_create(pk=1, defaults={"rolled_through": yesterday})
        DashboardMark.objects.update_or_create(pk=1, defaults={"counted_through": yesterday, "forecast_on": None})
        _incidents(now)
        _rules()
    counting.count(now)
    forecasting.forecast_all(now)
    return made


def _incidents(now: datetime) -> None:
    words = (
        ("jam", "Paper jam in tray 2", "critical"),
        ("coverOpen", "Front cover is open", "warning"),
        ("trayEmpty", "Tray 1 is empty", "warning"),
    )
    ids = list(PrinterState.objects.exclude(last_success_at=None).order_by("pk").values_list("pk", flat=True)[::7])
    DeviceIncident.objects.bulk_create(
        DeviceIncident(
            printer_id=pk,
            key=f"demo:{place}",
            kind="mediaPath",
            code_name=words[place % 3][0],
            description=words[place % 3][1],
            severity=words[place % 3][2],
            opened_at=now - timedelta(hours=20 + 13 * place),
            closed_at=now - timedelta(hours=19 + 12 * place),
        )
        for place, pk in enumerate(ids)
    )


def _rules() -> None:
    for name, kind, threshold in (
        ("Silent for a day", RuleKind.SILENT, 24), ("Toner at 10 %", RuleKind.LOW, 10), ("Paper jam", RuleKind.JAM, 1),
        ("Nothing is read", RuleKind.STANDSTILL, 1),
    ):  # fmt: skip
        AlertRule.objects.get_or_create(
            name=name, defaults={"kind": kind, "threshold": threshold, "recipients": "operator@example.org"}
        )
    SuppliesMail.objects.get_or_create(
        name="What to order", defaults={"recipients": "operator@example.org", "weekdays": "024", "at": time(8)}
    )
