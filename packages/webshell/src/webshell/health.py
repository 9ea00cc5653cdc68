"""`/health/`: named checks with time limits, one JSON shape in all systems.

`{"status": "ok|degraded|failed", "system", "version", "checks": {name: {"status", "text", "seconds"}}}`, 200, or 503 when failed.
Texts are sentences for operators and hold no secret: of an unexpected exception only the class is told, the rest is in the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal, Self

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection, connections
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

Status = Literal["ok", "degraded", "failed"]
ORDER: Final = ("ok", "degraded", "failed")
SECONDS: Final = 3.0
"""A check's time limit unless it names another: load balancers usually give up after five."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found, in a sentence without secrets."""

    status: Status
    text: str = ""

    @classmethod
    def ok(cls, text: str = "") -> Self:
        """All is well."""
        return cls("ok", text)

    @classmethod
    def degraded(cls, text: str) -> Self:
        """It works, but worse than it should."""
        return cls("degraded", text)

    @classmethod
    def failed(cls, text: str) -> Self:
        """It does not work."""
        return cls("failed", text)


@dataclass(slots=True)
class Entry:
    """A registered check, its limit in seconds, and the run under way, which later callers join instead of starting another."""

    check: Callable[[], Check]
    limit: float
    running: Future[Check] | None = None


_entries: dict[str, Entry] = {}
_lock: Final = Lock()
_pool: Final = ThreadPoolExecutor(max_workers=16, thread_name_prefix="health")


def register(name: str, check: Callable[[], Check], limit: float = SECONDS) -> None:
    """Add a check, or put another in its place; it runs in a thread of its own and may take `limit` seconds."""
    with _lock:
        _entries[name] = Entry(check, limit)


def unregister(name: str) -> None:
    """Take a check off the list; one that is not there is fine."""
    with _lock:
        _entries.pop(name, None)


def database() -> Check:
    """Ask the default database for one row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check.ok("answers")


def cache() -> Check:
    """Write and read the default cache; pages go on without it."""
    store = caches["default"]
    store.set("webshell-health", "up", timeout=10)
    if store.get("webshell-health") != "up":
        return Check.degraded("the cache does not answer; pages go on without it")
    return Check.ok("answers")


register("database", database)
register("cache", cache)


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Run every check at the same time and say the worst."""
    with _lock:
        started = {name: (entry, _start(name, entry)) for name, entry in _entries.items()}
    begin = time.perf_counter()
    results = {name: _finish(entry, future, begin) for name, (entry, future) in started.items()}
    worst = max((str(result["status"]) for result in results.values()), key=ORDER.index, default="ok")
    shell = getattr(settings, "WEBSHELL", {})
    body = {"status": worst, "system": shell.get("system", ""), "version": shell.get("version", ""), "checks": results}
    return JsonResponse(body, status=503 if worst == "failed" else 200)


def _start(name: str, entry: Entry) -> Future[Check]:
    """Return the run under way, or begin one; so a check that hangs holds one thread, however often it is asked for."""
    if entry.running is None or entry.running.done():
        entry.running = _pool.submit(_guarded, name, entry.check)
    return entry.running


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    """Run one check in its thread; its failure is a finding. The thread's database connections are closed again."""
    try:
        return check()
    except DatabaseError as error:
        return Check.failed(f"the database does not answer ({type(error).__name__})")
    except Exception as error:
        logger.exception("Health check %s broke", name)
        return Check.failed(f"the check itself broke ({type(error).__name__}); see the log")
    finally:
        connections.close_all()


def _finish(entry: Entry, future: Future[Check], begin: float) -> dict[str, str | float]:
    """Return a check's result as JSON, waiting until its limit counted from `begin`."""
    left = max(0.0, entry.limit - (time.perf_counter() - begin))
    try:
        found = future.result(timeout=left)
    except FutureTimeout:
        found = Check.failed(f"no answer within {entry.limit:g} s")
    return {"status": found.status, "text": found.text, "seconds": round(time.perf_counter() - begin, 4)}
