"""/api/v1/jobs: background actions, how far they are and how they ended."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from shared.api.dependencies import Reader, SessionDep, Writer
from shared.api.envelopes import Success
from shared.database.words import JobState
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException
from shared.repositories import audit
from shared.repositories.jobs import JobRepository
from shared.translation import phrase

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


class JobOut(BaseModel):
    """A background action."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    kind: str
    state: JobState
    done: int
    total: int | None
    text: str
    reason: str
    attempt: int
    result: dict[str, Any] | None
    asked_by_id: uuid.UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@router.get("")
async def jobs(
    _reader: Reader,
    session: SessionDep,
    kind: Annotated[str | None, Query(max_length=50)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[JobOut]:
    """Background actions, the newest first."""
    return [JobOut.model_validate(each) for each in await JobRepository(session).latest(limit, kind)]


@router.get("/{job_id}")
async def one_job(job_id: uuid.UUID, _reader: Reader, session: SessionDep) -> JobOut:
    """One background action."""
    found = await JobRepository(session).get(job_id)
    if found is None:
        raise ResourceNotFoundException(phrase("Job %(job_id)s not found", job_id=job_id))
    return JobOut.model_validate(found)


@router.post("/{job_id}/stop")
async def stop_job(job_id: uuid.UUID, writer: Writer, session: SessionDep) -> Success[None]:
    """Stop a background action; its worker notices at its next step."""
    if await JobRepository(session).get(job_id) is None:
        raise ResourceNotFoundException(phrase("Job %(job_id)s not found", job_id=job_id))
    if not await JobRepository(session).stop(job_id):
        raise BusinessRuleViolation(phrase("This job is over already"))
    audit.record(session, writer, "job.stop", "job", job_id)
    return Success(message="Stopped")
