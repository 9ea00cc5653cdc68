"""Health: the house's JSON (`status`, `system`, `version`, `checks`) and the documented summary beside it.

`/health` answers from what was found last, at most `FRESH` seconds ago, so that it blocks nothing; `/health/ready` looks
now; `/health/live` says only that this process answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.config.settings import VERSION, Settings
from shared.database.connection import Database

logger = structlog.get_logger(__name__)

FRESH = 10.0
LIMIT = 3.0
ORDER = ("ok", "degraded", "failed")
DOCUMENTED = {"ok": "healthy", "degraded": "degraded", "failed": "unhealthy"}

Check = Callable[[], Awaitable[tuple[str, str]]]


class Health:
    """This process's checks and what they found last."""

    def __init__(self, settings: Settings, database: Database, redis: Redis | None) -> None:
        """Take what is looked at."""
        self.settings, self.database, self.redis = settings, database, redis
        self.started = time.monotonic()
        self.checks: dict[str, Check] = {"database": self._database, "cache": self._cache}
        self.found: dict[str, dict[str, Any]] = {}
        self._looked = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def uptime(self) -> float:
        """Return seconds since the start."""
        return time.monotonic() - self.started

    async def _database(self) -> tuple[str, str]:
        async with self.database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return "ok", "answers"

    async def _cache(self) -> tuple[str, str]:
        if self.redis is None:
            return "ok", "switched off"
        try:
            await self.redis.ping()
        except (RedisError, OSError) as error:
            return "degraded", f"Redis does not answer ({type(error).__name__}); pages go on without it"
        return "ok", "answers"

    async def look(self) -> None:
        """Run every check now."""
        names = list(self.checks)
        results = await asyncio.gather(*(self._run(self.checks[name]) for name in names))
        self.found = dict(zip(names, results, strict=True))
        self._looked = time.monotonic()

    async def _run(self, check: Check) -> dict[str, Any]:
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(LIMIT):
                status, words = await check()
        except TimeoutError:
            status, words = "failed", f"no answer within {LIMIT:g} s"
        except (SQLAlchemyError, OSError) as error:
            status, words = "failed", f"does not answer ({type(error).__name__})"
        return {"status": status, "text": words, "seconds": round(time.perf_counter() - begun, 4)}

    async def summary(self) -> dict[str, Any]:
        """Return what was found last; a look that is due happens beside this answer, the first one before it."""
        if not self.found:
            await self.look()
        elif time.monotonic() - self._looked > FRESH and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self.look())
        statuses = [found["status"] for found in self.found.values()]
        worst = max(statuses, key=ORDER.index, default="ok")
        words = [DOCUMENTED[status] for status in statuses]
        return {
            "status": worst,
            "system": "soleflip",
            "version": VERSION,
            "checks": self.found,
            "timestamp": datetime.now(UTC).isoformat(),
            "environment": self.settings.environment,
            "uptime_seconds": round(self.uptime, 1),
            "checks_summary": {
                "total": len(words),
                **{word: words.count(word) for word in ("healthy", "degraded", "unhealthy")},
                "unknown": 0,
            },
        }

    async def close(self) -> None:
        """Let a look under way end."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
