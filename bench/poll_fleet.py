"""What polling costs: CPU of the polling process alone, the printers played by another one.

The peer is gufo-snmp's own loop, synchronous and asynchronous, table by table and column by column; the cheapest of the four
counts. It fetches what our full plan asks for and stops there, while ours also builds the readings. A learned poll is set against
that same full fetch. Where FusionInventory's or GLPI's agent is installed, its processes poll printers of the same fleet.

    ratio_to_bare          bare fetch / our full plan with readings             gate 0.4, goal 0.8
    learned_ratio_to_bare  bare fetch / our learned poll with readings          gate 1, goal 2
    packets_per_poll       requests sent per learned poll, five minutes of printing between polls      gate 1.2
    agent_gain             agent's poll / our learned poll                      gate 50; null where no agent is installed
    agent_gain_full        agent's poll / our full plan
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "printer-inventory"))

from gufo.snmp import SnmpVersion
from gufo.snmp.aio import SnmpSession as AioSession
from gufo.snmp.sync import SnmpSession
from inventory.polling.snmp import objects
from inventory.polling.snmp.collector import Collector, PollOutcome, Target
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.oids import decode_oid
from inventory.profiles.catalog import catalog
from standins.printers import PrinterAddress, PrinterFleet
from support import report

PRINTERS = 200
ROUNDS = 5
BETWEEN_POLLS = 300.0
AGENT_PRINTERS = 10
AGENTS = ("glpi-netinventory", "fusioninventory-netinventory")
ABREAST = 50

T = TypeVar("T")
Plans = dict[int, dict[str, Any]]
Job = tuple[PrinterAddress, list[list[str]], list[str]]
"""A printer, the lists of scalars to GET, the columns or tables to walk."""


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of one call, and what it returned."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def poll(collector: Collector, targets: list[Target]) -> list[PollOutcome]:
    """Poll all and insist on a reading of each."""
    outcomes = [outcome for outcome in collector.poll(targets) if outcome is not None]
    failed = [outcome.error for outcome in outcomes if outcome.error is not None]
    assert not failed, failed[:3]
    return outcomes


def check(fleet: PrinterFleet, outcomes: list[PollOutcome]) -> None:
    """Insist that the last readings are what the printers, whose time stands still now, have printed."""
    for outcome in outcomes:
        truth = fleet.truth(int(str(outcome.key)))
        assert outcome.reading is not None
        assert outcome.reading.total == truth["counters"]["marker"], (truth, outcome.reading.counters)
        assert outcome.reading.serial == truth["serial"], (truth, outcome.reading.serial)


def targets_of(printers: Sequence[PrinterAddress], learned: Plans | None = None) -> list[Target]:
    """Return a target per printer, with what is kept of it as it comes from the database."""
    return [
        Target(
            printer.number, printer.address, printer.snmp_port, printer.community,
            learned=Learned.from_json(learned[printer.number]) if learned else None,
        )
        for printer in printers
    ]  # fmt: skip


def poll_learned(collector: Collector, fleet: PrinterFleet, learned: Plans) -> list[PollOutcome]:
    """Poll with what is kept; reading it back from its stored form is part of the cost."""
    return poll(collector, targets_of(fleet.printers, learned))


def plans_of(outcomes: list[PollOutcome]) -> Plans:
    """Return what is to be kept of each printer, as it is stored."""
    return {int(str(outcome.key)): outcome.learned.to_json() for outcome in outcomes if outcome.learned}


def jobs_of(printers: Sequence[PrinterAddress], learned: Plans, *, by_table: bool) -> list[Job]:
    """Return what the full plan asks each printer for, as gufo takes it."""
    identity = [decode_oid(name) for name in objects.IDENTITY]
    walks: list[str] = []
    for table in objects.STANDARD_TABLES:
        entry = decode_oid(table.entry)
        if by_table and table.last > table.first:
            walks.append(entry)
        else:
            walks += [f"{entry}.{column}" for column in range(table.first, table.last + 1)]
    jobs: list[Job] = []
    for printer in printers:
        profile = catalog().by_name[str(learned[printer.number]["profile"])]
        scalars = [decode_oid(name) for name in profile.scalars]
        columns = [decode_oid(name) for name in profile.columns]
        jobs.append((printer, [identity, scalars] if scalars else [identity], walks + columns))
    return jobs


def bare_sync(jobs: list[Job]) -> int:
    """Fetch with gufo's synchronous loop; return how many values came."""
    values = 0
    for printer, gets, walks in jobs:
        session = SnmpSession(printer.address, printer.snmp_port, printer.community, version=SnmpVersion.v2c, timeout=5)
        for oids in gets:
            values += len(session.get_many(oids))
        for oid in walks:
            values += sum(1 for _ in session.getbulk(oid, 20))
    return values


async def _bare_one(room: asyncio.Semaphore, job: Job) -> int:
    printer, gets, walks = job
    values = 0
    async with (
        room,
        AioSession(
            printer.address, printer.snmp_port, printer.community, version=SnmpVersion.v2c, timeout=5
        ) as session,
    ):
        for oids in gets:
            values += len(await session.get_many(oids))
        for oid in walks:
            async for _ in session.getbulk(oid, 20):
                values += 1
    return values


def bare_aio(jobs: list[Job]) -> int:
    """Fetch with gufo's asyncio loop, as many abreast as suits it; return how many values came."""

    async def everything() -> int:
        room = asyncio.Semaphore(ABREAST)
        return sum(await asyncio.gather(*(_bare_one(room, job) for job in jobs)))

    return asyncio.run(everything())


def agent_cpu(fleet: PrinterFleet) -> float | None:
    """Return the CPU seconds per printer of an installed inventory agent, None without one."""
    program = next((path for name in AGENTS if (path := shutil.which(name))), None)
    if program is None:
        return None
    used = 0.0
    for printer in fleet.printers[:AGENT_PRINTERS]:
        command = [
            program,
            "--host",
            printer.address,
            "--port",
            str(printer.snmp_port),
            "--credentials",
            "version:2c,community:public",
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert "PAGECOUNTERS" in done.stdout, done.stderr[-500:] or done.stdout[-500:]
        used += after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used / AGENT_PRINTERS


def main() -> None:
    """Measure the ways in turn, round by round, and print the figures of the median round."""
    with PrinterFleet(count=PRINTERS, web=False, speed=0.0) as fleet, Collector(subnet_window=PRINTERS) as collector:
        outcomes = poll(collector, targets_of(fleet.printers))
        learned = plans_of(outcomes)
        bare = {
            f"{name}, {'by table' if by_table else 'by column'}": (
                fetch,
                jobs_of(fleet.printers, learned, by_table=by_table),
            )
            for name, fetch in (("sync", bare_sync), ("asyncio", bare_aio))
            for by_table in (True, False)
        }
        times: dict[str, list[float]] = {name: [] for name in (*bare, "full", "learned")}
        packets: list[float] = []
        for _ in range(ROUNDS):
            for name, (fetch, jobs) in bare.items():
                times[name].append(timed(partial(fetch, jobs))[0])
            times["full"].append(timed(partial(poll, collector, targets_of(fleet.printers)))[0])
            fleet.advance(BETWEEN_POLLS)
            seconds, outcomes = timed(partial(poll_learned, collector, fleet, learned))
            times["learned"].append(seconds)
            packets.append(sum(outcome.packets for outcome in outcomes) / PRINTERS)
            learned = plans_of(outcomes)
        check(fleet, outcomes)
        per_printer = {name: median(found) / PRINTERS for name, found in times.items()}
        agent = agent_cpu(fleet)
    cheapest = min(bare, key=lambda name: per_printer[name])
    for name, seconds in per_printer.items():
        print(f"{name}: {seconds * 1000:.3f} ms CPU per printer")
    report(
        printers=PRINTERS,
        bare_peer=f"gufo-snmp {cheapest}",
        bare_ms=per_printer[cheapest] * 1000,
        full_ms=per_printer["full"] * 1000,
        learned_ms=per_printer["learned"] * 1000,
        ratio_to_bare=per_printer[cheapest] / per_printer["full"],
        learned_ratio_to_bare=per_printer[cheapest] / per_printer["learned"],
        packets_per_poll=sum(packets) / len(packets),
        agent_ms=None if agent is None else agent * 1000,
        agent_gain=None if agent is None else agent / per_printer["learned"],
        agent_gain_full=None if agent is None else agent / per_printer["full"],
    )


if __name__ == "__main__":
    main()
