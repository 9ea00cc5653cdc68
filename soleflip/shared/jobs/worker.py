"""The worker: procrastinate wakes it for jobs and by the clock; between them it empties the outbox as events arrive."""

from __future__ import annotations

import asyncio
import uuid

import procrastinate
import psycopg
import structlog

from shared.api.routing import load_jobs, subscribe_handlers
from shared.config.settings import Settings
from shared.database import troubles
from shared.database.connection import Database
from shared.jobs.running import run_job
from shared.repositories.idempotent_answers import IdempotentAnswers
from shared.repositories.jobs import JobRepository
from shared.repositories.outbox import publish_next

logger = structlog.get_logger(__name__)
CHANNEL = "soleflip_events"
OUTBOX_REST = 1.0
"""Seconds the outbox rests after a trouble."""
TICKS: list[tuple[str, str]] = []
"""Jobs by the clock: a cron line and the kind of job; domains add theirs (`every`)."""


def every(cron: str, kind: str) -> None:
    """Ask for a job of a kind by the clock (UTC); the minute is its key, so that two workers ask once."""
    TICKS.append((cron, kind))


def make_app(settings: Settings, database: Database) -> procrastinate.App:
    """Return procrastinate's application with our tasks."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=settings.libpq_url))

    @app.task(name="run_job")
    async def run(job_id: str) -> None:
        await run_job(settings, database, uuid.UUID(job_id))

    @app.periodic(cron="* * * * *")
    @app.task(name="sweep", queueing_lock="sweep", pass_context=False)
    async def sweep(timestamp: int) -> None:  # noqa: ARG001 -- procrastinate's signature
        async with database.unit() as session:
            jobs = JobRepository(session)
            lost = await jobs.give_up()
            await IdempotentAnswers(session).sweep()
            for job_id in await jobs.overdue():
                await jobs.wake(job_id)
        if lost:
            logger.warning("jobs_lost", count=lost)

    for cron, kind in TICKS:
        _tick(app, database, cron, kind)
    return app


def _tick(app: procrastinate.App, database: Database, cron: str, kind: str) -> None:
    @app.periodic(cron=cron, periodic_id=kind)
    @app.task(name=f"ask:{kind}", queueing_lock=f"ask:{kind}")
    async def ask(timestamp: int) -> None:
        async with database.unit() as session:
            await JobRepository(session).ask(kind, {}, key=f"{kind}@{timestamp}")


async def empty_outbox(database: Database) -> int:
    """Publish every event that waits, in order; return how many there were."""
    count = 0
    while True:
        async with database.unit() as session:
            if not await publish_next(session):
                return count
        count += 1


async def watch_outbox(settings: Settings, database: Database) -> None:
    """Publish events as they arrive, for ever: after a trouble it begins anew, and once a minute it looks anyway."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(settings.libpq_url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while True:
                    await empty_outbox(database)
                    async for _ in connection.notifies(timeout=60, stop_after=1):
                        pass
        except Exception as error:
            if troubles.passes(error):
                logger.warning("outbox_troubled", reason=troubles.named(error), error=str(error)[:200])
            else:
                logger.exception("outbox_failed")
            await asyncio.sleep(OUTBOX_REST)


async def work(settings: Settings, database: Database, concurrency: int = 2) -> None:
    """Work until told to stop (SIGINT, SIGTERM)."""
    load_jobs()
    subscribe_handlers()
    app = make_app(settings, database)
    watching = asyncio.create_task(watch_outbox(settings, database))
    try:
        async with app.open_async():
            await app.run_worker_async(concurrency=concurrency, install_signal_handlers=True, delete_jobs="successful")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
