"""How much of its days each printer was away: what the month's downtime (D) and with it K1 come from."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import connection

DAYS_SQL: Final = """
SELECT p.serial_number, sum(lost)
FROM (
    -- A silent printer is asked less and less often, so a day is judged by the share of its asked hours.
    SELECT p.serial_number, d.day, sum(d.hours_silent)::float / sum(d.hours_asked) AS lost
    FROM dashboard_printerday d JOIN inventory_printer p ON p.id = d.printer_id
    WHERE d.day >= %(since)s AND d.day < %(until)s AND d.hours_asked > 0 AND p.serial_number <> ''
    GROUP BY p.serial_number, d.day
) p
GROUP BY p.serial_number
"""


def days_lost(since: date, until: date) -> dict[str, float]:
    """Return the days lost of each serial number that was asked for since <= day < until, in one statement.

    A printer silent for a quarter of the hours it was asked in has lost a quarter of that day. A device that was read under two
    rows of the inventory on one day (moved, replaced and back) has one day.
    """
    with connection.cursor() as cursor:
        cursor.execute(DAYS_SQL, {"since": since, "until": until})
        return dict(cursor.fetchall())
