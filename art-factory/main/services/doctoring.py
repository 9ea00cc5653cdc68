"""What a fresh pair of eyes would look at: database, store, keys, workers, upkeep. It changes nothing and costs nothing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from eztaskmanager.models import Task

from main.models import Circuit, FactoryMachine, Provider, SpendEntry, SpendState
from main.providers.protocol import ProviderError
from main.services import reporting
from main.services.connections import can_ask, client_of
from main.services.maintenance import CHORES

LEAST_FREE: Final = 1_000_000_000
OLD_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: `verdict` is ok, warning or failed; `text` says what was found, and, when it is not ok, what to do."""

    name: str
    verdict: str
    text: str


def examine(*, call: bool = False) -> list[Finding]:
    """Return every finding; `call` also makes each provider's free test call."""
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("database", _database),
        ("migrations", _migrations),
        ("seed data", _seed),
        ("store", _store),
        ("key file", _key_file),
        ("workers", _workers),
        ("money", _money),
        ("upkeep", _upkeep),
    )
    found = [_safely(name, look) for name, look in looks]
    if all(one.verdict != "failed" for one in found[:2]):
        found += [_provider(provider, call=call) for provider in Provider.objects.filter(is_enabled=True)]
    return found


def _safely(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (DatabaseError, OSError) as error:
        return Finding(name, "failed", f"{type(error).__name__}: {str(error)[:200]}")


def _database() -> Finding:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("SHOW server_version")
            return Finding("database", "ok", f"PostgreSQL {cursor.fetchone()[0]}")
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
        cursor.execute("PRAGMA quick_check(1)")
        sound = cursor.fetchone()[0]
    if sound != "ok":
        return Finding("database", "failed", f"SQLite says: {sound[:200]}. Restore the last backup.")
    verdict = "ok" if mode == "wal" else "warning"
    return Finding(
        "database", verdict, f"SQLite, journal {mode}{'' if mode == 'wal' else ': readers wait for writers'}"
    )


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return Finding("migrations", "failed", f"{len(waiting)} are not applied: manage.py migrate")
    return Finding("migrations", "ok", "all applied")


def _seed() -> Finding:
    machines = FactoryMachine.objects.filter(is_active=True).count()
    if not machines:
        return Finding("seed data", "failed", "no machines: manage.py load_seed_data")
    return Finding("seed data", "ok", f"{machines} machines on offer")


def _store() -> Finding:
    root = Path(settings.MEDIA_ROOT)
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        return Finding("store", "failed", f"{there} cannot be written: give this account the right to")
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB free in {root}"
    return Finding(
        "store", "ok" if free > LEAST_FREE else "warning", text if free > LEAST_FREE else f"{text}: make room"
    )


def _key_file() -> Finding:
    path = Path(settings.KEY_FILE)
    if not path.exists():
        return Finding("key file", "ok", "none yet: it is made with the first key that is typed into the page")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("key file", "failed", f"others can read {path} ({mode:o}): chmod 600 it")
    return Finding("key file", "ok", "only its owner reads it")


def _workers() -> Finding:
    queue = reporting.queue()
    if reporting.workers():
        return Finding("workers", "ok", f"{len(reporting.workers())} leases are held")
    if queue["oldest_pending_seconds"] > OLD_SECONDS:
        return Finding("workers", "failed", "orders wait and nobody works: start runserver or run_worker")
    return Finding("workers", "warning", "nobody works now: start runserver or run_worker before ordering")


def _money() -> Finding:
    unknown = SpendEntry.objects.filter(state=SpendState.UNKNOWN).count()
    if unknown:
        return Finding("money", "warning", f"{unknown} calls may have been charged: look at the orders marked unknown")
    return Finding("money", "ok", "every paid call is accounted for")


def _upkeep() -> Finding:
    there = Task.objects.filter(name__in=[chore.name for chore in CHORES])
    if not there.exists():
        return Finding("upkeep", "warning", "no maintenance tasks: manage.py load_seed_data")
    late = there.filter(paused=False, next_due__lt=timezone.now() - timedelta(hours=2)).count()
    if late:
        return Finding("upkeep", "warning", f"{late} maintenance tasks are late: start runserver or ezworker")
    return Finding("upkeep", "ok", f"{there.count()} maintenance tasks")


def _provider(provider: Provider, *, call: bool) -> Finding:
    name = f"provider {provider.name}"
    if not can_ask(provider.name):
        return Finding(name, "warning", "no key or address yet: the settings page says how")
    if provider.circuit == Circuit.OPEN:
        return Finding(name, "warning", f"rests: {provider.circuit_reason}")
    if not call:
        return Finding(name, "ok", "has what it needs; --call tries it")
    try:
        return Finding(name, "ok", client_of(provider.name).test())
    except (ProviderError, KeyError) as error:
        return Finding(name, "failed", str(error)[:300])
