"""How much of its working hours each printer was away: what the month's downtime (D) and with it K1 come from."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cache
from typing import Final

from django.conf import settings
from django.db import connection

from inventory.rules.working_hours import Week, parse

# A day of a printer in the working hours of its client, else of the company (`company` gives the parameter).
# One that was counted before its hours were told apart is judged by all of its asked hours.
WORKED: Final = """
SELECT d.*, bit_count(d.mask::bit(24))::float AS hours,
       CASE WHEN d.asked_mask IS NULL THEN d.hours_asked ELSE bit_count((d.asked_mask & d.mask)::bit(24)) END AS asked,
       CASE WHEN d.asked_mask IS NULL THEN d.hours_silent ELSE bit_count((d.silent_mask & d.mask)::bit(24)) END AS silent
FROM (
    SELECT d.printer_id, d.day, d.hours_asked, d.hours_silent, d.asked_mask, d.silent_mask, w.week,
           w.week[extract(isodow FROM d.day)::int] AS mask
    FROM dashboard_printerday d JOIN inventory_printer p ON p.id = d.printer_id
    LEFT JOIN inventory_organization o ON o.id = p.organization_id
    CROSS JOIN LATERAL (SELECT coalesce(o.working_week, %(company)s::int[]) AS week) w
    WHERE d.day >= %(since)s
) d
WHERE d.mask > 0"""

DAYS_SQL: Final = f"""
SELECT one.serial_number, max(one.week), sum(one.lost)
FROM (
    SELECT p.serial_number, max(d.week) AS week, d.day,
           max(d.hours) * sum(d.silent)::float / sum(d.asked) AS lost
    FROM ({WORKED} AND d.day < %(until)s) d JOIN inventory_printer p ON p.id = d.printer_id
    WHERE d.asked > 0 AND p.serial_number <> ''
    GROUP BY p.serial_number, d.day
) one
GROUP BY one.serial_number
"""  # noqa: S608 - made of constants


def company() -> list[int]:
    """Return the company's working week, as WORKED takes it; ValueError where the settings hold none."""
    return list(parse(settings.WORKING_HOURS))


def hours_between(week: Week, since: date, until: date) -> int:
    """Return the working hours of the days since <= day < until."""
    days = Counter((since + timedelta(days=number)).weekday() for number in range((until - since).days))
    return sum(week[day].bit_count() * count for day, count in days.items())


def shares_lost(since: date, until: date) -> dict[str, float]:
    """Return by serial number the part of the working hours since <= day < until that was lost (0 to 1), in one statement.

    `inventory.rules.working_hours.share_lost` has the rule. A device that was read under two rows of the inventory on one day
    (moved, replaced and back) has one day.
    """
    with connection.cursor() as cursor:
        cursor.execute(DAYS_SQL, {"since": since, "until": until, "company": company()})
        found = cursor.fetchall()
    total = cache(lambda week: hours_between(week, since, until))
    of = ((serial, lost, total(tuple(week))) for serial, week, lost in found)
    return {serial: min(1.0, lost / hours) for serial, lost, hours in of if hours}
