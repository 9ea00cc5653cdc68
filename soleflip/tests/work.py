"""Does in a test what the worker does: every job that waits, in order."""

from __future__ import annotations

from sqlalchemy import func, select

from shared.api.routing import load_jobs
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import Job
from shared.database.words import JobState
from shared.jobs.running import run_job


async def work_off(settings: Settings, database: Database) -> dict[str, list[JobState | None]]:
    """Run what is due until nothing is; return how the jobs of each kind ended."""
    load_jobs()
    ended: dict[str, list[JobState | None]] = {}
    while True:
        async with database.reading() as session:
            waiting = select(Job.id, Job.kind).where(Job.state == JobState.QUEUED, Job.due_at <= func.clock_timestamp())
            statement = waiting.order_by(Job.created_at).limit(1)
            found = (await session.execute(statement)).one_or_none()
        if found is None:
            return ended
        ended.setdefault(found[1], []).append(await run_job(settings, database, found[0]))
