"""What a sweep of the whole fleet costs, end to end: leased, asked, judged, stored in PostgreSQL, told to the pages.

The printers are played by a process of their own; every sweep runs in another one, so that its CPU and its peak memory are its
own. A sweep measured here polls printers that are known, as the daemon does hour after hour; the first one, which learns them, is
printed too. The peer is the cheapest by CPU of gufo-snmp's four loops (see poll_fleet.py), which fetches what a full reading
needs and stops there. Afterwards the rows are counted by SQL, the stored totals are held against the printers' truth, and the
messages that a page would have got are counted by a subscriber.

    ratio_to_bare          bare fetch / sweep, CPU of the sweeping process                gate 0.3, goal 0.6
    ratio_with_database    the same with the CPU of its PostgreSQL backend counted in
    sweep_10000_seconds    wall seconds for 10,000 printers                               gate 30, goal 10
    sql_per_printer        statements a printer, BEGIN and COMMIT counted in              gate 0.1
    peak_growth            peak memory of the sweeping process, 10,000 / 1,000 printers   gate 1.5

`python bench/sweep.py --profile FILE` also writes a cProfile of one sweep more; `--printers 2000` is for a quick look.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from poll_fleet import bare_aio, bare_sync, jobs_of, plans_of, poll, targets_of, timed
from standins.printers import PrinterAddress, PrinterFleet
from support import cpu_of_process, printer_inventory, report

SMALL: Final = 1_000
LARGE: Final = 10_000
SAMPLE: Final = 300
ROUNDS: Final = 3
BETWEEN_SWEEPS: Final = 3600.0

Figures = dict[str, Any]


def sweep_here(how: str, profile: str) -> Figures:
    """Sweep in this process, which does nothing else; return its figures. `how` is "measure" or "count" (statements)."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from inventory.services.sweeping import Sweep

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    before, database = time.process_time(), cpu_of_process(backend)
    if how == "count":
        with CaptureQueriesContext(connection) as captured:
            result = Sweep().run()
        return {"polled": result.polled, "statements": len(captured)}
    profiler = cProfile.Profile() if profile else None
    result = profiler.runcall(Sweep().run) if profiler else Sweep().run()
    cpu = time.process_time() - before
    if profiler:
        profiler.dump_stats(profile)
    return {
        "polled": result.polled,
        "verdicts": result.verdicts,
        "wall": result.seconds,
        "cpu": cpu,
        "database_cpu": cpu_of_process(backend) - database,
        "peak": peak_memory(),
    }


def peak_memory() -> int:
    """Return the most memory this program held.

    VmHWM (proc(5)) begins anew with exec; ru_maxrss, which is taken elsewhere, begins with what the parent held.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def sweep_elsewhere(how: str = "measure", profile: str = "") -> Figures:
    """Sweep in a new process; return its figures."""
    command = [sys.executable, __file__, "--sweep", how, *(["--profile", profile] if profile else [])]
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "PYTHONPATH": path}
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print(how, figures, flush=True)
    return figures


class Page:
    """What an open page hears: a subscriber in a thread, counting the printers it is told of."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self.messages = 0
        self.printers: set[int] = set()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Listen while the block runs, and until what is under way has come."""
        ready, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._listen(ready, stop)))
        thread.start()
        try:
            ready.wait(10)
            yield
        finally:
            stop.set()
            thread.join()

    async def _listen(self, ready: threading.Event, stop: threading.Event) -> None:
        from channels.layers import get_channel_layer
        from inventory.services.notifying import GROUP

        layer = get_channel_layer()
        name = await layer.new_channel()
        await layer.group_add(GROUP, name)
        ready.set()
        while True:
            try:
                message = await asyncio.wait_for(layer.receive(name), 1)
            except TimeoutError:
                if stop.is_set():
                    break
                continue
            self.messages += 1
            self.printers.update(message["printer_ids"])
        await layer.flush()


def make_due() -> None:
    """Make every printer due now, after the simulated hour that has passed."""
    from django.utils import timezone
    from inventory.models import PollSchedule

    PollSchedule.objects.update(due_at=timezone.now())


def put_back_an_hour() -> None:
    """Let the last readings be an hour old, as the printers' own time has it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_printerstate SET last_success_at = last_success_at - interval '1 hour'")


def add(printers: list[PrinterAddress]) -> None:
    """Add printers by their addresses alone, as a person would."""
    from inventory.services.demo import load_fleet

    rows = [
        {
            "organization": f"Client {one.number % 40}",
            "address": one.address,
            "snmp_port": one.snmp_port,
            "web_port": one.web_port,
            "community": one.community,
        }
        for one in printers
    ]
    load_fleet(rows)


def check(fleet: PrinterFleet, known: list[PrinterAddress], since: int, sweeps: list[Figures]) -> None:
    """Count by SQL what the sweeps stored after poll `since`, and hold the last totals against the truth.

    A printer whose place on the hourly grid falls within a sweep is rightly polled twice by it, so polls may outnumber printers.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE t.status = 'SUCCESS'), count(c.id), count(DISTINCT t.printer_id) "
            "FROM inventory_inventorytask t LEFT JOIN inventory_pagecounter c ON c.task_id = t.id WHERE t.id > %s",
            [since],
        )
        counts = cursor.fetchone()
        polled = sum(one["polled"] for one in sweeps)
        assert counts == (polled, polled, polled, len(known)), (counts, polled)
        cursor.execute(
            "SELECT min(polls) FROM (SELECT count(*) AS polls FROM inventory_inventorytask WHERE id > %s GROUP BY printer_id) p",
            [since],
        )
        assert cursor.fetchone()[0] >= len(sweeps)
        cursor.execute(
            "SELECT host(p.ip_address), (st.counters->>'total')::bigint FROM inventory_printerstate st "
            "JOIN inventory_printer p ON p.id = st.printer_id"
        )
        stored = dict(cursor.fetchall())
    truth = fleet.truth()
    wrong = [one.address for one in known if stored[one.address] != truth[one.number]["counters"]["marker"]]
    assert not wrong, wrong[:5]


def last_poll() -> int:
    """Return the id of the newest poll."""
    from inventory.models import InventoryTask

    newest = InventoryTask.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def next_sweep(fleet: PrinterFleet, how: str = "measure", profile: str = "") -> Figures:
    """Let an hour pass, sweep everything, return the figures."""
    fleet.advance(BETWEEN_SWEEPS)
    put_back_an_hour()
    make_due()
    return sweep_elsewhere(how, profile)


def bare_cpu(printers: list[PrinterAddress]) -> tuple[str, float]:
    """Return the name of gufo-snmp's cheapest loop on these printers, and its CPU seconds for one printer."""
    from inventory.polling.snmp.collector import Collector

    with Collector(subnet_window=len(printers)) as collector:
        learned = plans_of(poll(collector, targets_of(printers)))
    found: dict[str, float] = {}
    for name, fetch in (("sync", bare_sync), ("asyncio", bare_aio)):
        for by_table in (True, False):
            jobs = jobs_of(printers, learned, by_table=by_table)
            times = [timed(partial(fetch, jobs))[0] for _ in range(ROUNDS)]
            found[f"{name}, {'by table' if by_table else 'by column'}"] = median(times) / len(printers)
    cheapest = min(found, key=lambda name: found[name])
    return cheapest, found[cheapest]


def measure(large: int, profile: str) -> None:
    """Sweep 1,000 printers, then `large`; print the figures."""
    with printer_inventory("sweep"), PrinterFleet(count=large, web=False, speed=0.0) as fleet:
        printers = fleet.printers
        add(printers[:SMALL])
        sweep_elsewhere()
        small = next_sweep(fleet)
        assert small["polled"] >= SMALL, small
        add(printers[SMALL:])
        make_due()
        first = sweep_elsewhere()
        since, page = last_poll(), Page()
        with page.open():
            sweeps = [next_sweep(fleet) for _ in range(ROUNDS)]
            counted = next_sweep(fleet, "count")
        check(fleet, printers, since, [*sweeps, counted])
        assert len(page.printers) == large, len(page.printers)
        if profile:
            next_sweep(fleet, profile=profile)
        peer, bare = bare_cpu(printers[:SAMPLE])
    cpu = median(one["cpu"] / one["polled"] for one in sweeps)
    database = median(one["database_cpu"] / one["polled"] for one in sweeps)
    report(
        printers=large,
        bare_peer=f"gufo-snmp {peer}",
        bare_ms=bare * 1000,
        sweep_ms=cpu * 1000,
        database_ms=database * 1000,
        ratio_to_bare=bare / cpu,
        ratio_with_database=bare / (cpu + database),
        sweep_10000_seconds=median(one["wall"] for one in sweeps),
        sql_per_printer=counted["statements"] / counted["polled"],
        peak_growth=max(one["peak"] for one in sweeps) / small["peak"],
        peak_mb=max(one["peak"] for one in sweeps) / 1024,
        messages=page.messages,
        first_sweep_seconds=first["wall"],
        first_ratio_to_bare=bare / (first["cpu"] / first["polled"]),
    )


def main() -> None:
    """Measure; or, as the process that is measured, sweep once."""
    parser = argparse.ArgumentParser(description="What a sweep of the whole fleet costs.")
    parser.add_argument("--profile", default="", help="write a cProfile of one sweep to this file")
    parser.add_argument("--printers", type=int, default=LARGE, help="how many instead of 10,000")
    parser.add_argument("--sweep", choices=("measure", "count"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sweep:
        print(json.dumps(sweep_here(options.sweep, options.profile)))
    else:
        measure(options.printers, options.profile)


if __name__ == "__main__":
    main()
