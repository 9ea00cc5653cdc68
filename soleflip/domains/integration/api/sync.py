"""/api/v1/integration/stockx: syncs asked for by their documented names, and how far each one is."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, model_validator

from shared.api.dependencies import Reader, SessionDep, Writer
from shared.repositories.jobs import JobRepository
from shared.repositories.sync_state import SyncStates

router = APIRouter(prefix="/api/v1/integration/stockx", tags=["integration"])
ORDERS = "orders.sync_stockx"
LONGEST = timedelta(days=1100)


class ImportIn(BaseModel):
    """Which days of StockX's orders to pull."""

    model_config = ConfigDict(extra="forbid")

    from_date: date
    to_date: date

    @model_validator(mode="after")
    def _span(self) -> ImportIn:
        if not timedelta(0) <= self.to_date - self.from_date <= LONGEST:
            raise ValueError("the second day lies before the first, or more than three years after it")
        return self


class ImportAsked(BaseModel):
    """The documented answer; `batch_id` is the job's id, see /api/v1/jobs/{job_id}."""

    status: str = "processing_started"
    message: str = "Import has been successfully queued."
    batch_id: uuid.UUID


class SyncOut(BaseModel):
    """How a sync stands."""

    name: str
    last_success_at: datetime | None
    last_error: str | None
    under_way: bool
    waiting: int


@router.post("/import-orders", status_code=202)
async def import_orders(body: ImportIn, writer: Writer, session: SessionDep) -> ImportAsked:
    """Pull StockX's orders of some days, in a worker; one that waits to is given again, one that runs is followed by another."""
    told = body.model_dump(mode="json")
    return ImportAsked(batch_id=await JobRepository(session).ask_once(ORDERS, told, writer.user_id))


@router.get("/syncs")
async def syncs(_reader: Reader, session: SessionDep) -> list[SyncOut]:
    """When each sync last went through, what went wrong, and how many orders wait for something to be entered."""
    return [
        SyncOut(
            name=name,
            last_success_at=row.last_success_at,
            last_error=row.last_error,
            under_way=bool(row.cursor.get("page")),
            waiting=len(row.cursor.get("refused") or {}),
        )
        for name, row in sorted((await SyncStates(session).all()).items())
    ]
