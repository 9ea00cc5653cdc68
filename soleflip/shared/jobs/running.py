"""Runs one job: claims it, lets its handler work step by step under a lease, writes how it ended."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.words import JobState
from shared.error_handling.exceptions import SoleFlipException
from shared.repositories.jobs import JobRepository

logger = structlog.get_logger(__name__)


class JobStopped(Exception):  # noqa: N818 -- a message, not a failure
    """Somebody stopped the job, or it is another worker's now: leave it as it is."""


@dataclass(frozen=True)
class JobContext:
    """What a handler works with."""

    settings: Settings
    database: Database
    job_id: uuid.UUID
    token: uuid.UUID
    arguments: dict[str, Any]
    asked_by: uuid.UUID | None

    async def progress(self, done: int | None = None, total: int | None = None, words: str = "") -> None:
        """Tell how far it is and keep the lease; raises JobStopped. To be called at least every half minute."""
        async with self.database.unit() as session:
            if not await JobRepository(session).beat(self.job_id, self.token, done, total, words):
                raise JobStopped


Handler = Callable[[JobContext], Awaitable[dict[str, Any] | None]]
HANDLERS: dict[str, Handler] = {}


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register what a kind of job does; a handler may be called again after its worker died and goes on from the rows."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


async def run_job(settings: Settings, database: Database, job_id: uuid.UUID) -> JobState | None:
    """Run a job if it waits (or its worker died); return how it ended, None when it was not ours to run."""
    token = uuid.uuid4()
    async with database.unit() as session:
        row = await JobRepository(session).claim(job_id, token)
    if row is None:
        return None
    context = JobContext(settings, database, job_id, token, dict(row.arguments), row.asked_by_id)
    state, reason, result = JobState.DONE, "", None
    handler = HANDLERS.get(row.kind)
    try:
        if handler is None:
            state, reason = JobState.FAILED, f"nobody knows how to do {row.kind}"
        else:
            result = await handler(context)
    except JobStopped:
        return JobState.STOPPED
    except SoleFlipException as error:
        state, reason = JobState.FAILED, error.message
    except Exception as error:
        logger.exception("job_failed", kind=row.kind, job_id=str(job_id))
        state, reason = JobState.FAILED, f"something went wrong here ({type(error).__name__}); it stands in the log"
    async with database.unit() as session:
        await JobRepository(session).end(job_id, token, state, reason, result)
    return state
