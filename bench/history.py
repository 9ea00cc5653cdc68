"""How pages and charts stand up to years of polls: the same pages over 100,000 polls, over a million and over ten million.

Ten printers are watched; they have one history in every size, an hourly poll for two hundred days. What grows is the rest of
the table, the polls of two thousand others, so a figure above 1 is what the sheer size costs. Polls are made by SQL
(generate_series), with readings a fifth as long as real ones; pages are fetched through the web server's own code. Each figure
is the median of several rounds, processor time of the page and of its database session together.

    list_growth        the fleet's page, ten million polls / 100,000          gate 1.5
    page_growth        a printer's page                                       gate 1.5
    chart_growth       the slowest of its charts (week, month, all)           gate 1.5
    retention_growth   a night's thinning and rolling up, per poll of the day gate 1.5
    *_at_100_million   milliseconds there, continued from how the sizes before grew with each tenfold

`--polls 1000000` is for a quick look.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any, Final

from support import cpu_of_process, printer_inventory, report

SIZES: Final = (100_000, 1_000_000, 10_000_000)
FUTURE: Final = 100_000_000
DAYS: Final = 208
WATCHED: Final = 10
FLEET: Final = 2_000
ROUNDS: Final = 3
CALLS: Final = 8
NIGHTS: Final = 3
CHUNK: Final = 1_000_000

TASKS_SQL: Final = """
INSERT INTO inventory_inventorytask
    (id, printer_id, state, status, trigger, due_at, task_timestamp, started_at, finished_at, attempt, worker, error_message,
     match_rule, engine, packets)
SELECT g, p.id, 'done', 'SUCCESS', 'daemon', at.t, at.t, at.t, at.t, 1, 'bench:1', '', 'SN_MAC', 'snmp', 1
FROM generate_series(%(first)s::bigint, %(last)s::bigint) g
CROSS JOIN LATERAL (SELECT %(from)s + (g - %(offset)s) %% %(fleet)s AS id) p
CROSS JOIN LATERAL (
    SELECT %(start)s::timestamptz + make_interval(secs => 3600 * ((g - %(offset)s) / %(fleet)s) + p.id %% 3600) AS t) at
"""

COUNTERS_SQL: Final = """
INSERT INTO inventory_pagecounter
    (id, task_id, printer_id, recorded_at, bw_a4, color_a4, bw_a3, color_a3, total_pages, rule_version, epoch, reading)
SELECT t.id, t.id, t.printer_id, t.due_at, n.n, n.n / 4, n.n / 9, n.n / 20, n.n * 2, 1, 0, jsonb_build_object(
    'serial', 'SN' || t.printer_id, 'counters', jsonb_build_object('total', n.n * 2), 'supplies', jsonb_build_array(
        jsonb_build_object('index', '1.1', 'description', 'Black', 'color', 'black', 'percent', n.n %% 100),
        jsonb_build_object('index', '1.2', 'description', 'Cyan', 'color', 'cyan', 'percent', (n.n + 50) %% 100)))
FROM inventory_inventorytask t
CROSS JOIN LATERAL (SELECT (extract(epoch FROM t.due_at - %(start)s::timestamptz) / 600)::bigint AS n) n
WHERE t.id BETWEEN %(first)s AND %(last)s
"""

BARE: Final = (
    ("inventory_inventorytask", ("task_one_per_due_time", "task_one_open")),
    ("inventory_pagecounter", ("inventory_pagecounter_task_id_key", "counter_printer_time")),
)

Figures = dict[str, float]


def execute(statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run a statement; return its rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def make_fleet() -> list[int]:
    """Add printers that stand as if they had just been read; return their ids."""
    from inventory.models import Printer
    from inventory.services.demo import load_fleet

    rows = [
        {
            "organization": f"Client {place % 40}",
            "address": f"127.60.{place // 250}.{place % 250 + 1}",
            "snmp_port": 161,
            "web_port": 80,
        }
        for place in range(FLEET)
    ]
    load_fleet(rows)
    execute(
        "UPDATE inventory_printerstate SET last_success_at = now(), last_attempt_at = now(), last_verdict = 'SUCCESS'"
    )
    execute("UPDATE inventory_pollschedule SET due_at = now() + interval '1 hour'")
    return list(Printer.objects.order_by("pk").values_list("pk", flat=True))


class Table:
    """The polls: first those of the watched printers, then ever more of the others, hour by hour."""

    def __init__(self, printers: list[int]) -> None:
        """Begin without any poll."""
        self.printers = printers
        from inventory.services import rollups

        self.start = rollups.start_of(rollups.local_day(datetime.now(UTC)) - timedelta(days=DAYS))
        self.size = 0

    def grow(self, size: int) -> None:
        """Add polls until there are `size`, and put the table in the state that autovacuum would."""
        if not self.size:
            self._add(self.printers[0], WATCHED, DAYS * 24 * WATCHED)
        self._without_indexes(partial(self._fill, size))
        execute("SELECT setval(pg_get_serial_sequence('inventory_inventorytask', 'id'), %(size)s)", {"size": self.size})
        execute("SELECT setval(pg_get_serial_sequence('inventory_pagecounter', 'id'), %(size)s)", {"size": self.size})
        execute("VACUUM ANALYZE inventory_inventorytask, inventory_pagecounter")

    def _fill(self, size: int) -> None:
        if size - self.size > 0:
            self._add(self.printers[WATCHED], FLEET - WATCHED, size - self.size)

    def _add(self, printer: int, fleet: int, count: int) -> None:
        before = max(self.size - DAYS * 24 * WATCHED, 0)
        facts = {"from": printer, "fleet": fleet, "offset": self.size + 1 - before, "start": self.start}
        while count:
            part = min(count, CHUNK)
            facts |= {"first": self.size + 1, "last": self.size + part}
            execute(TASKS_SQL, facts)
            execute(COUNTERS_SQL, facts)
            self.size += part
            count -= part

    @staticmethod
    def _without_indexes(work: Callable[[], None]) -> None:
        """Work without the indexes, which are built afterwards, as a restored backup does."""
        definitions = execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, "
            "i.indrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_index i "
            "LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'u' "
            "WHERE i.indrelid IN ('inventory_inventorytask'::regclass, 'inventory_pagecounter'::regclass) "
            "AND NOT i.indisprimary"
        )
        for index, _, constraint, table, _ in definitions:
            execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {index}")
        execute("SET session_replication_role = replica")
        work()
        execute("SET session_replication_role = DEFAULT")
        for _, definition, constraint, table, made in definitions:
            execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {made}" if constraint else definition)


def cost(work: Callable[[], Any]) -> float:
    """Return the median milliseconds of processor time of one call, ours and the database's."""
    work()
    times = []
    backend = execute("SELECT pg_backend_pid()")[0][0]
    for _ in range(ROUNDS):
        before = time.process_time() + cpu_of_process(backend)
        for _ in range(CALLS):
            work()
        times.append((time.process_time() + cpu_of_process(backend) - before) * 1000 / CALLS)
    return median(times)


def look(client: Any, printers: list[int]) -> Figures:
    """Measure the pages as they stand."""
    watched = printers[:WATCHED]

    def get(path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    figures = {"list": cost(lambda: get("/inventory/")), "page": cost(lambda: get(f"/inventory/{watched[3]}/"))}
    for period in ("week", "month", "all"):
        figures[period] = cost(partial(get, f"/inventory/{watched[5]}/history/?period={period}"))
    return figures


def thin(now: datetime) -> float:
    """Return the milliseconds that a night costs per thousand polls of the day that it takes: the first, which is the same
    in every size. It is undone, so that the next size finds it again.
    """
    from django.db import transaction
    from inventory.models import HistoryMark
    from inventory.services import retention, rollups

    day = rollups.first_day()
    assert day is not None
    times = []
    backend = execute("SELECT pg_backend_pid()")[0][0]
    for _ in range(NIGHTS):
        with transaction.atomic():
            HistoryMark.objects.update(thinned_through=day - rollups.ONE_DAY)
            started = time.process_time() + cpu_of_process(backend)
            rollups.roll_day(day)
            deleted = retention.cleanup(now, (rollups.local_day(now) - day).days - 1)["deleted"]
            times.append((time.process_time() + cpu_of_process(backend) - started) * 1000)
            transaction.set_rollback(True)
        assert deleted == FLEET * 22, deleted
    return median(times) / (FLEET * 24) * 1000


def measure(largest: int) -> None:
    """Grow the table size by size; print what each page costs at each."""
    sizes = [size for size in SIZES if size <= largest]
    with printer_inventory("history", ALLOWED_HOSTS="testserver"):
        from django.contrib.auth.models import User
        from django.test import Client
        from django.utils import timezone
        from inventory.models import HistoryMark
        from inventory.services import rollups

        printers = make_fleet()
        client = Client()
        client.force_login(User.objects.create_superuser("bench"))
        table, found = Table(printers), []
        for size in sizes:
            started = time.perf_counter()
            table.grow(size)
            made = time.perf_counter()
            HistoryMark.objects.all().delete()
            rollups.roll_up(timezone.now())
            execute("VACUUM ANALYZE inventory_dailyreading")
            found.append({**look(client, printers), "rolling_seconds": time.perf_counter() - made})
            print(
                size,
                f"made in {made - started:.0f} s",
                {key: round(value, 2) for key, value in found[-1].items()},
                flush=True,
            )
            found[-1]["thin"] = thin(timezone.now())
            rooms = execute(
                "SELECT pg_total_relation_size('inventory_inventorytask') + pg_total_relation_size('inventory_pagecounter')"
            )
            print("thinning, ms per thousand polls:", round(found[-1]["thin"], 1), "bytes:", rooms[0][0], flush=True)
    show(sizes, found)


def show(sizes: list[int], found: list[Figures]) -> None:
    """Report growth, and what follows for a hundred million."""
    small, large = found[0], found[-1]
    growth = {name: large[name] / small[name] for name in small}
    steps = max(len(sizes) - 1, 1)
    ahead = len(str(FUTURE)) - len(str(sizes[-1]))
    future = {name: large[name] * max(growth[name], 1.0) ** (ahead / steps) for name in small}
    charts = ("week", "month", "all")
    report(
        polls=sizes[-1],
        list_growth=growth["list"],
        page_growth=growth["page"],
        chart_growth=max(growth[name] for name in charts),
        retention_growth=growth["thin"],
        **{f"{name}_ms": large[name] for name in ("list", "page", *charts)},
        thin_ms_per_1000=large["thin"],
        **{f"{name}_ms_at_100_million": future[name] for name in ("list", "page", *charts)},
    )


def main() -> None:
    """Read the options; measure."""
    parser = argparse.ArgumentParser(description="What years of polls cost pages, charts and retention.")
    parser.add_argument("--polls", type=int, default=SIZES[-1], help="the largest size, instead of ten million")
    measure(parser.parse_args().polls)


if __name__ == "__main__":
    main()
