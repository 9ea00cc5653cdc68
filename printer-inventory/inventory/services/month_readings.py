"""The last believed reading of printers in a stretch of time, in one statement however many polls there were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

LAST_SQL: Final = """
SELECT p.id, p.serial_number, host(p.ip_address), p.is_active, c.id, c.recorded_at, c.bw_a4, c.color_a4, c.bw_a3, c.color_a3
FROM inventory_printer p
CROSS JOIN LATERAL (
    SELECT c.id, c.recorded_at, c.bw_a4, c.color_a4, c.bw_a3, c.color_a3
    FROM inventory_pagecounter c JOIN inventory_inventorytask t ON t.id = c.task_id
    WHERE c.printer_id = p.id AND t.status = 'SUCCESS' AND c.recorded_at >= %(since)s AND c.recorded_at < %(until)s
    ORDER BY c.recorded_at DESC LIMIT 1
) c
WHERE p.serial_number <> ''
ORDER BY c.recorded_at, p.id
"""


@dataclass(frozen=True, slots=True)
class LastReading:
    """What a printer told last: contract counters in pages, None where it does not tell them."""

    printer_id: int
    serial: str
    address: str
    is_active: bool
    counter_id: int
    recorded_at: datetime
    bw_a4: int | None
    color_a4: int | None
    bw_a3: int | None
    color_a3: int | None


def last_readings(since: datetime, until: datetime) -> list[LastReading]:
    """Return each printer's last believed reading with since <= time < until, the oldest first.

    Printers without a serial number are left out: nothing could be matched with them.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_SQL, {"since": since, "until": until})
        return [LastReading(*row) for row in cursor.fetchall()]
