"""Why is nothing polled? The chain from beat to the stored reading, looked at link by link, each with what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max

from inventory.models import InventoryTask, Printer, PrinterState
from inventory.rules.networks import Networks
from inventory.services.leases import count_by_state
from inventory.services.operations import AwayError, caches, polls, queues, workers


@dataclass(frozen=True, slots=True)
class Finding:
    """One link of the chain: `level` is "ok", "warning" or "broken"; `advice` says what to do, empty where all is well."""

    link: str
    level: str
    text: str
    advice: str = ""

    def to_json(self) -> dict[str, str]:
        """Return a JSON-ready dict."""
        return asdict(self)


def diagnose(now: datetime, seconds: float = workers.SECONDS) -> list[Finding]:
    """Look at every link; one that is away hides none of the others. Waits up to a few times `seconds` for workers."""
    found: list[Finding] = []
    for link, look in _links(now, seconds):
        try:
            found += look()
        except AwayError as error:
            found.append(Finding(link, "broken", str(error)))
        except DatabaseError as error:
            words = str(error).strip().split("\n")[0]
            found.append(
                Finding(link, "broken", f"PostgreSQL is away: {words}", "Start it, or correct DB_HOST and DB_PORT.")
            )
    return found


def _links(now: datetime, seconds: float) -> Iterator[tuple[str, Callable[[], list[Finding]]]]:
    yield "database", _database
    yield "redis", _redis
    yield "workers", lambda: _workers(seconds)
    yield "messages", _messages
    yield "schedule", lambda: _schedule(now)
    yield "leases", lambda: _leases(now)
    yield "readings", lambda: _readings(now)
    yield "addresses", _addresses
    yield "logs", _logs


def _database() -> list[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return [Finding("database", "broken", f"{len(plan)} migrations are missing.", "Run: python manage.py migrate")]
    return [Finding("database", "ok", "PostgreSQL answers, all migrations are there.")]


def _redis() -> list[Finding]:
    return [Finding("redis", "ok", f"Redis answers in {caches.ping():.1f} ms.")]


def _workers(seconds: float) -> list[Finding]:
    found = workers.look(seconds=seconds)
    names = ", ".join(worker.name for worker in found)
    if missing := workers.unserved(found):
        text = f"No worker that answers serves {', '.join(missing)} (answered: {names or 'none'})."
        level = "broken" if "daemon" in missing else "warning"
        return [Finding("workers", level, text, "Start them: ./start_workers.sh (or the supervisor's service).")]
    return [Finding("workers", "ok", f"Every queue is served: {names}.")]


def _messages() -> list[Finding]:
    lengths = queues.lengths()
    text = ", ".join(f"{name} {count}" for name, count in lengths.items())
    if lengths.get("daemon", 0) > 10:
        advice = "Is a worker for the daemon queue running? Old ticks expire by themselves; nothing has to be purged."
        return [Finding("messages", "warning", f"Ticks pile up: {text}.", advice)]
    return [Finding("messages", "ok", f"Waiting messages: {text}.")]


def _schedule(now: datetime) -> list[Finding]:
    active = Printer.objects.filter(is_active=True).count()
    if not active:
        return [
            Finding("schedule", "warning", "There is no active printer.", "Add one, or run: python manage.py discover")
        ]
    waiting = polls.due(now).count()
    patience = max(timedelta(seconds=settings.POLL_TICK_SECONDS * 3), timedelta(minutes=1)) + settings.POLL_LEASE
    overdue = polls.due(now).filter(due_at__lt=now - patience).count()
    text = f"{active} active printers, {waiting} due, {overdue} of them for longer than any tick explains."
    if not overdue:
        return [Finding("schedule", "ok", text)]
    started = InventoryTask.objects.filter(due_at__gt=now - timedelta(days=1)).aggregate(at=Max("started_at"))["at"]
    last = f"The last poll began {_ago(started, now)}." if started else "No poll has begun within a day."
    return [
        Finding("schedule", "broken", f"{text} {last}", "Is `celery beat` running, and a worker for the daemon queue?")
    ]


def _leases(now: datetime) -> list[Finding]:
    counts = count_by_state()
    orphans = polls.stuck(now)
    text = f"{counts['queued']} polls queued, {counts['running']} running, {counts['expired']} leases run out."
    if orphans:
        text += f" {len(orphans)} open polls belong to no schedule row, such as {orphans[:3]}."
        return [Finding("leases", "broken", text, "Somebody has edited rows by hand: set these polls to state lost.")]
    if counts["expired"]:
        return [Finding("leases", "warning", text, "A worker has died; the next tick takes its printers over.")]
    return [Finding("leases", "ok", text)]


def _readings(now: datetime) -> list[Finding]:
    latest = PrinterState.objects.aggregate(latest=Max("last_success_at"))["latest"]
    if latest is None:
        return [
            Finding("readings", "warning", "No printer has ever been read.", "Try one: python manage.py poll ADDRESS")
        ]
    text = f"The last good reading came {_ago(latest, now)}."
    if now - latest > settings.POLL_INTERVAL * 2 + settings.POLL_LEASE:
        return [Finding("readings", "warning", text, "See: python manage.py check_inventory_tasks")]
    return [Finding("readings", "ok", text)]


def _addresses() -> list[Finding]:
    networks = Networks.parse(settings.PRINTER_NETWORKS)
    rows = Printer.objects.filter(is_active=True).exclude(ip_address=None).values_list("ip_address", flat=True)
    outside = [address for address in rows.iterator() if not networks.allow(str(address))]
    if outside:
        text = f"{len(outside)} printers lie outside PRINTER_NETWORKS and are never asked, such as {outside[0]}."
        return [
            Finding("addresses", "warning", text, "Add their network to PRINTER_NETWORKS, or correct the addresses.")
        ]
    return [Finding("addresses", "ok", "Every active printer lies inside PRINTER_NETWORKS.")]


def _logs() -> list[Finding]:
    folder = Path(settings.LOG_DIR)
    if not os.access(folder, os.W_OK):
        return [
            Finding(
                "logs", "warning", f"{folder} cannot be written to.", "Give this account the folder, or set LOG_DIR."
            )
        ]
    return [Finding("logs", "ok", f"Logs are written to {folder}.")]


def _ago(instant: datetime, now: datetime) -> str:
    seconds = max(int((now - instant).total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 7200 else f"{seconds // 3600} h ago"
