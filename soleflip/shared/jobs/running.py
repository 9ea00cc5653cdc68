"""Runs one job: claims it, lets its handler work step by step under a lease, writes how it ended.

A trouble that passes is no end. One of the database (`shared.database.troubles`) is tried again at once, a few times, each in
transactions of its own; after that, and where a job says that it `repeats` after troubles outside, it waits and runs again.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from shared.config.settings import Settings
from shared.database import troubles
from shared.database.connection import Database
from shared.database.words import JobState
from shared.error_handling.exceptions import ExternalServiceException, ServiceUnavailableException, SoleFlipException
from shared.repositories.jobs import ATTEMPTS, JobRepository

logger = structlog.get_logger(__name__)
TRIES = 4
"""So often a handler is called before its job waits for a while."""
PAUSE = 0.1
WAITS = (3, 10, 30, 120)
"""Seconds a job waits after its first, second, ... attempt."""


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
ALONE: set[str] = set()
REPEATING: set[str] = set()


def job(kind: str, *, alone: bool = False, repeats: bool = False) -> Callable[[Handler], Handler]:
    """Register what a kind of job does; a handler may be called again after its worker died and goes on from the rows.

    Of a kind that works `alone` one job runs at a time and the next begins when it has ended. One that `repeats` waits and
    runs again when the outside world does not answer, instead of having failed.
    """

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        if alone:
            ALONE.add(kind)
        if repeats:
            REPEATING.add(kind)
        return handler

    return register


async def run_job(settings: Settings, database: Database, job_id: uuid.UUID) -> JobState | None:
    """Run a job if it waits (or its worker died); return how it ended (queued: it waits), None when it was not ours to run."""
    token = uuid.uuid4()
    async with database.unit() as session:
        row = await JobRepository(session).claim(job_id, token, ALONE)
    if row is None:
        return None
    context = JobContext(settings, database, job_id, token, dict(row.arguments), row.asked_by_id)
    state, reason, result = JobState.DONE, "", None
    handler = HANDLERS.get(row.kind)
    wait = timedelta(0)
    try:
        if handler is None:
            state, reason = JobState.FAILED, f"nobody knows how to do {row.kind}"
        else:
            result = await _tried(handler, context, row.kind)
    except JobStopped:
        state = JobState.STOPPED  # written by whoever stopped it
    except Exception as error:  # noqa: BLE001 -- judged, and logged there
        state, reason, wait = _judged(error, row.kind, job_id, row.attempt)
    async with database.unit() as session:
        jobs = JobRepository(session)
        if state is JobState.QUEUED:
            await jobs.postpone(job_id, token, reason, wait)
        elif state is not JobState.STOPPED:
            await jobs.end(job_id, token, state, reason, result)
        if row.kind in ALONE:
            await jobs.wake_next(row.kind)
    return state


async def _tried(handler: Handler, context: JobContext, kind: str) -> dict[str, Any] | None:
    """Call a handler, again where the database lost a race or the connection; raises what does not pass."""
    tried = 1
    while True:
        try:
            if tried > 1:
                await context.progress()  # still ours?
            return await handler(context)
        except Exception as error:
            if not troubles.passes(error) or tried == TRIES:
                raise
            logger.warning(
                "job_repeated", kind=kind, job_id=str(context.job_id), tried=tried, reason=troubles.named(error)
            )
            await asyncio.sleep(PAUSE * 4 ** (tried - 1) * random.uniform(0.5, 1))  # noqa: S311 -- jitter
            tried += 1


def _judged(error: Exception, kind: str, job_id: uuid.UUID, attempt: int) -> tuple[JobState, str, timedelta]:
    """Return what an exception means for its job: failed, or queued with the time it waits."""
    passing = troubles.passes(error)
    outside = kind in REPEATING and isinstance(error, ExternalServiceException | ServiceUnavailableException)
    if isinstance(error, SoleFlipException):
        words = error.message
    elif passing:
        words = troubles.named(error)
        logger.error("job_troubled", kind=kind, job_id=str(job_id), attempt=attempt, exc_info=error)
    else:
        logger.error("job_failed", kind=kind, job_id=str(job_id), exc_info=error)
        words = f"something went wrong here ({type(error).__name__}); it stands in the log"
    if not (passing or outside):
        return JobState.FAILED, words, timedelta(0)
    if attempt >= ATTEMPTS:
        return JobState.FAILED, f"{words} ({attempt} attempts)", timedelta(0)
    told = error.headers.get("Retry-After", "") if isinstance(error, SoleFlipException) else ""
    wait = timedelta(seconds=int(told) if told.isdigit() else WAITS[min(attempt, len(WAITS)) - 1])
    return JobState.QUEUED, f"{words}; tried again by itself (attempt {attempt} of {ATTEMPTS})", wait
