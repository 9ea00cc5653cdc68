"""Background actions: asked for, claimed under a lease, moved on, ended. The row is the truth, the queue only wakes somebody."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shared.database.models import Job
from shared.database.words import JobState

LEASE = timedelta(seconds=60)
ATTEMPTS = 5
OPEN = (JobState.QUEUED, JobState.RUNNING)
# Deferred in the unit of work that asks: a job nobody stored wakes nobody, and a stored one is never forgotten.
_WAKE = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'run_job', 0, NULL, NULL, CAST(:args AS jsonb),"
    " clock_timestamp() + CAST(:wait AS interval))::procrastinate_job_to_defer_v1])"
).bindparams(bindparam("wait", type_=Interval))


class JobRepository:
    """Jobs within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def ask(
        self, kind: str, arguments: dict[str, Any], by: uuid.UUID | None = None, key: str | None = None
    ) -> uuid.UUID:
        """Store a job and wake a worker; asking again with the same key returns the first one."""
        made: uuid.UUID | None = await self.session.scalar(
            insert(Job)
            .values(id=uuid.uuid4(), kind=kind, arguments=arguments, asked_by_id=by, idempotency_key=key)
            .on_conflict_do_nothing()
            .returning(Job.id)
        )
        if made is None:
            known = select(Job.id).where(Job.kind == kind, Job.idempotency_key == key)
            return (await self.session.scalars(known)).one()
        await self.wake(made)
        return made

    async def ask_once(self, kind: str, arguments: dict[str, Any], by: uuid.UUID | None = None) -> uuid.UUID:
        """Store a job, or return the one that waits to do the same; two who ask at once get one.

        One that runs already is not returned: it may have passed by what happened since. One that waits after a trouble is
        begun at once when a person asks.
        """
        await self._gate(kind)
        known = select(Job.id).where(Job.kind == kind, Job.state == JobState.QUEUED, Job.arguments == arguments)
        found = await self.session.scalar(known.order_by(Job.created_at).limit(1))
        if found is None:
            return await self.ask(kind, arguments, by)
        if by is not None:
            await self.session.execute(update(Job).where(Job.id == found).values(due_at=func.clock_timestamp()))
            await self.wake(found)
        return found

    async def _gate(self, kind: str) -> None:
        """Let one after the other look at the jobs of a kind."""
        await self.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"job:{kind}"))))

    async def wake(self, job_id: uuid.UUID, wait: timedelta = timedelta(0)) -> None:
        """Put a job into the queue, to be taken after a while."""
        await self.session.execute(_WAKE, {"args": json.dumps({"job_id": str(job_id)}), "wait": wait})

    async def wake_next(self, kind: str) -> None:
        """Wake the job of a kind that has waited longest and may begin."""
        waiting = select(Job.id).where(
            Job.kind == kind, Job.state == JobState.QUEUED, Job.due_at <= func.clock_timestamp()
        )
        found = await self.session.scalar(waiting.order_by(Job.created_at).limit(1))
        if found is not None:
            await self.wake(found)

    async def claim(self, job_id: uuid.UUID, token: uuid.UUID, alone: Collection[str] = ()) -> Job | None:
        """Take a job that waits, or whose worker's lease has run out; None when it is somebody's, over or not due.

        A job of a kind that works `alone` is not taken while another of its kind runs.
        """
        now = func.clock_timestamp()
        kind = await self.session.scalar(select(Job.kind).where(Job.id == job_id))
        before: list[ColumnElement[bool]] = []
        if kind is not None and kind in alone:
            await self._gate(kind)
            other = aliased(Job)
            running = select(other.id).where(other.kind == kind, other.state == JobState.RUNNING, other.id != job_id)
            before.append(~running.exists())
        waits = (Job.state == JobState.QUEUED) & (Job.due_at <= now)
        statement = (
            update(Job)
            .where(Job.id == job_id, or_(waits, (Job.state == JobState.RUNNING) & (Job.lease_until < now)), *before)
            .values(
                state=JobState.RUNNING,
                attempt=Job.attempt + 1,
                started_at=func.coalesce(Job.started_at, now),
                lease_token=token,
                lease_until=now + LEASE,
            )
            .returning(Job)
        )
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).one_or_none()

    async def beat(self, job_id: uuid.UUID, token: uuid.UUID, done: int | None, total: int | None, words: str) -> bool:
        """Tell progress and keep the lease; False when the job was stopped or is somebody else's now."""
        told = {"done": done, "total": total, "text": words[:255] or None}
        values = {name: value for name, value in told.items() if value is not None}
        found = await self.session.execute(
            update(Job)
            .where(Job.id == job_id, Job.lease_token == token, Job.state == JobState.RUNNING)
            .values(lease_until=func.clock_timestamp() + LEASE, **values)
            .returning(Job.id)
        )
        return found.scalar_one_or_none() is not None

    async def end(
        self, job_id: uuid.UUID, token: uuid.UUID, state: JobState, reason: str, result: dict[str, Any] | None
    ) -> None:
        """Write the final state, if the job is still ours."""
        await self.session.execute(
            update(Job)
            .where(Job.id == job_id, Job.lease_token == token, Job.state == JobState.RUNNING)
            .values(
                state=state, reason=reason[:2000], result=result, finished_at=func.clock_timestamp(), lease_until=None
            )
        )

    async def postpone(self, job_id: uuid.UUID, token: uuid.UUID, reason: str, wait: timedelta) -> None:
        """Let a job wait and run again, with what went wrong to be seen, if it is still ours."""
        found = await self.session.execute(
            update(Job)
            .where(Job.id == job_id, Job.lease_token == token, Job.state == JobState.RUNNING)
            .values(state=JobState.QUEUED, reason=reason[:2000], due_at=func.clock_timestamp() + wait, lease_until=None)
            .returning(Job.id)
        )
        if found.scalar_one_or_none() is not None:
            await self.wake(job_id, wait)

    async def stop(self, job_id: uuid.UUID) -> bool:
        """Stop a job; its worker notices at its next step. False when it is over already."""
        found = await self.session.execute(
            update(Job)
            .where(Job.id == job_id, Job.state.in_(OPEN))
            .values(state=JobState.STOPPED, reason="stopped by a person", finished_at=func.clock_timestamp())
            .returning(Job.id)
        )
        return found.scalar_one_or_none() is not None

    async def overdue(self) -> Sequence[uuid.UUID]:
        """Return the jobs whose worker is gone or that nobody was woken for."""
        now = func.clock_timestamp()
        statement = select(Job.id).where(
            or_(
                (Job.state == JobState.RUNNING) & (Job.lease_until < now),
                (Job.state == JobState.QUEUED) & (Job.due_at < now - timedelta(seconds=30)),
            )
        )
        return (await self.session.scalars(statement.limit(100))).all()

    async def give_up(self) -> int:
        """Mark as lost what died so often that trying again makes no sense; return how many."""
        found = await self.session.execute(
            update(Job)
            .where(Job.state == JobState.RUNNING, Job.lease_until < func.clock_timestamp(), Job.attempt >= ATTEMPTS)
            .values(state=JobState.LOST, reason=f"its worker died {ATTEMPTS} times", finished_at=func.clock_timestamp())
            .returning(Job.id)
        )
        return len(found.all())

    async def get(self, job_id: uuid.UUID) -> Job | None:
        """Return a job as it is now."""
        return await self.session.get(Job, job_id, populate_existing=True)

    async def under_way(self, limit: int, prefix: str = "") -> Sequence[Job]:
        """Return jobs of the last day that wait or run, of kinds that begin so, the oldest first."""
        now = func.clock_timestamp()
        statement = select(Job).where(Job.state.in_(OPEN), Job.created_at > now - timedelta(days=1))
        if prefix:
            statement = statement.where(Job.kind.startswith(prefix, autoescape=True))
        return (await self.session.scalars(statement.order_by(Job.created_at, Job.id).limit(limit))).all()

    async def latest(self, limit: int, kind: str | None = None) -> Sequence[Job]:
        """Return jobs, the newest first."""
        statement = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
        if kind:
            statement = statement.where(Job.kind == kind)
        return (await self.session.scalars(statement)).all()
