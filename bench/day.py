"""A day of the whole fleet, compressed: does memory stay flat, and do due times stay where they are?

One process sweeps as the daemon does, a tick every five minutes of simulated time; before each the printers' clock and ours go
on by five minutes. Everything else is real: sockets, PostgreSQL, Redis. Each printer has its own minute of the hour, so each
tick finds a twelfth of the fleet due. Afterwards the polls are counted by SQL.

    memory_growth    resident memory after the last six hours / after the first six, largest of each     flat is 1.0
    drifted          printers that were ever due at another minute than their own                         0
    missed, doubled  due times within the day without a reading, or with more than one                    0
    late_seconds     the longest a printer waited after it was due (a tick is 300)

`--printers 1000 --hours 24` is for a quick look.
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from standins.printers import PrinterFleet
from support import printer_inventory, report
from sweep import add

TICK: Final = timedelta(minutes=5)
QUARTER: Final = 4

DRIFTED_SQL: Final = """
SELECT count(*) FROM (
    SELECT 1 FROM inventory_inventorytask WHERE due_at > %(start)s
    GROUP BY printer_id HAVING count(DISTINCT extract(epoch FROM due_at)::numeric(20, 3) %% 3600) > 1) d
"""
STORED_SQL: Final = """
SELECT count(*) FILTER (WHERE polls < %(hours)s),
       count(*) FILTER (WHERE polls <> dues OR readings <> dues), max(late),
       sum(readings)
FROM (SELECT p.id, count(t.id) AS polls, count(DISTINCT t.due_at) AS dues, count(c.id) AS readings,
             max(extract(epoch FROM t.started_at - t.due_at)) AS late
      FROM inventory_printer p
      LEFT JOIN inventory_inventorytask t ON t.printer_id = p.id AND t.due_at > %(start)s AND t.due_at <= %(end)s
      LEFT JOIN inventory_pagecounter c ON c.task_id = t.id GROUP BY p.id) x
"""


class Clock:
    """The real clock, set forward."""

    def __init__(self) -> None:
        """Begin at the real time."""
        self.ahead = timedelta()

    def install(self) -> None:
        """Let the product read this clock."""
        from django.utils import timezone
        from inventory.services import sweeping

        real = timezone.now
        timezone.now = lambda: real() + self.ahead
        timed = partial(sweeping.Collector, clock=lambda: time.time() + self.ahead.total_seconds())  # type: ignore[attr-defined] # what it imports
        sweeping.Collector = timed  # type: ignore[attr-defined,assignment] # the same


def resident() -> int:
    """Return the kilobytes this process holds now (proc(5), VmRSS)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def ask(statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    """Return a statement's only row."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def live(fleet: PrinterFleet, clock: Clock, hours: int) -> tuple[list[int], datetime, datetime, float]:
    """Let the hours pass; return the memory after each tick, when the day began and ended, and the CPU seconds."""
    from django.utils import timezone
    from inventory.services.sweeping import Sweep

    Sweep().run()
    # What a printer is due at when it is added is no place of its grid; the day begins once everybody is on it.
    start, started = timezone.now(), time.process_time()
    memory = []
    for _ in range(hours * 3600 // int(TICK.total_seconds())):
        clock.ahead += TICK
        fleet.advance(TICK.total_seconds())
        Sweep().run()
        memory.append(resident())
    return memory, start, timezone.now(), time.process_time() - started


def measure(printers: int, hours: int) -> None:
    """Live through a day; print what became of it."""
    with printer_inventory("day"), PrinterFleet(count=printers, web=False, speed=0.0) as fleet:
        add(fleet.printers)
        clock = Clock()
        clock.install()
        memory, start, end, cpu = live(fleet, clock, hours)
        facts = {"start": start, "end": end, "hours": hours}
        (drifted,) = ask(DRIFTED_SQL, facts)
        missed, doubled, late, readings = ask(STORED_SQL, facts)
    part = max(len(memory) // QUARTER, 1)
    report(
        printers=printers,
        hours=hours,
        readings=int(readings),
        memory_growth=max(memory[-part:]) / max(memory[:part]),
        memory_mb=max(memory) / 1024,
        drifted=drifted,
        missed=missed,
        doubled=doubled,
        late_seconds=float(late),
        cpu_ms_per_poll=cpu * 1000 / int(readings),
    )


def main() -> None:
    """Read the options; measure."""
    parser = argparse.ArgumentParser(description="A simulated day of the whole fleet.")
    parser.add_argument("--printers", type=int, default=10_000)
    parser.add_argument("--hours", type=int, default=24)
    options = parser.parse_args()
    measure(options.printers, options.hours)


if __name__ == "__main__":
    main()
