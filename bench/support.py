"""What every benchmark of Printer Inventory needs: a database of its own on real services (the tests' servers, shared
and counted, so that no demo is disturbed), and figures printed last as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from localservices.testing import leave_seat, take_seat
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
SYSTEM = ROOT / "printer-inventory"
BENCH = str(ROOT / "bench")

# A file here may be named as the package that it measures; the package comes first.
sys.path[:] = [*(path for path in sys.path if path != BENCH), BENCH]


@contextmanager
def printer_inventory(name: str, **environment: str) -> Iterator[None]:
    """Set Django up on an empty, migrated database `bench_<name>`; drop it afterwards."""
    seat = take_seat(ROOT, {"postgres", "redis"}, os.environ)
    database = f"bench_{name}"
    os.environ.update(seat.environment)
    os.environ.update({"DB_NAME": database, "REDIS_DB": "8", "SECRET_KEY": "for-benchmarks-only-" * 3})
    os.environ.update(
        {"LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings", **environment}
    )
    sys.path.insert(0, str(SYSTEM))
    _recreate(database)
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("bootstrap_roles", stdout=sys.stderr)
        yield
    finally:
        from django.db import connections

        connections.close_all()
        _recreate(database, create=False)
        leave_seat(seat)


def _recreate(database: str, *, create: bool = True) -> None:
    with psycopg.connect(os.environ["DATABASE_SERVER_URL"] + "/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        if create:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def cpu_of(work: Callable[[], Any], repeats: int) -> float:
    """Return the median CPU seconds of this process for one call of `work`."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return median(times)


def cpu_of_process(pid: int) -> float:
    """Return the CPU seconds another process has used (proc(5), fields 14 and 15); NaN where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wall_of(work: Callable[[], Any], repeats: int) -> float:
    """Return the median wall seconds of one call of `work`: where the database works, its time counts too."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times)


def report(**figures: Any) -> None:
    """Print the figures as the last line of stdout."""
    print(json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}))
