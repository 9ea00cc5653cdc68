"""`/health/`: named checks, one JSON shape in all systems.

`{"status": "ok|degraded|failed", "system", "version", "checks": {name: {"status", "text", "seconds"}}}`, 200 or 503 when failed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Self

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

Status = Literal["ok", "degraded", "failed"]
ORDER: Final = ("ok", "degraded", "failed")


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


_checks: dict[str, Callable[[], Check]] = {}


def register(name: str, check: Callable[[], Check]) -> None:
    """Add a check, or put another in its place."""
    _checks[name] = check


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
    """Run every check and say the worst."""
    results = {name: _run(name, check) for name, check in _checks.items()}
    worst = max((str(result["status"]) for result in results.values()), key=ORDER.index, default="ok")
    shell = getattr(settings, "WEBSHELL", {})
    body = {"status": worst, "system": shell.get("system", ""), "version": shell.get("version", ""), "checks": results}
    return JsonResponse(body, status=503 if worst == "failed" else 200)


def _run(name: str, check: Callable[[], Check]) -> dict[str, str | float]:
    started = time.perf_counter()
    try:
        found = check()
    except DatabaseError as error:
        found = Check.failed(f"the database does not answer ({type(error).__name__})")
    except Exception:  # a check that breaks is a finding, not an answer of 500
        logger.exception("Health check %s broke", name)
        found = Check.failed("the check itself broke; see the log")
    return {"status": found.status, "text": found.text, "seconds": round(time.perf_counter() - started, 4)}
