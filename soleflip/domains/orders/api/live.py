"""/api/v1/orders: StockX's own lists, asked live; and the sync that makes orders of them."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, model_validator

from domains.orders.services.order_sync import JOB
from shared.api.dependencies import DatabaseDep, Reader, SessionDep, SettingsDep, Writer
from shared.error_handling.exceptions import ValidationException
from shared.repositories.jobs import JobRepository
from shared.stockx.client import StockX
from shared.translation import phrase

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])
LONGEST = timedelta(days=1100)


class SyncIn(BaseModel):
    """Days to pull; without them, what is new."""

    model_config = ConfigDict(extra="forbid")

    from_date: date | None = None
    to_date: date | None = None

    @model_validator(mode="after")
    def _span(self) -> SyncIn:
        if (self.from_date is None) != (self.to_date is None):
            raise ValueError("say both days or none")
        if self.from_date and self.to_date and not timedelta(0) <= self.to_date - self.from_date <= LONGEST:
            raise ValueError("the second day lies before the first, or more than three years after it")
        return self


class SyncAsked(BaseModel):
    """A sync that was asked for; how far it is stands at /api/v1/jobs/{job_id}."""

    job_id: uuid.UUID
    batch_id: uuid.UUID
    status: str = "processing_started"
    message: str = "Import has been successfully queued."


@router.post("/sync-stockx", status_code=202)
async def sync(writer: Writer, session: SessionDep, body: SyncIn | None = None) -> SyncAsked:
    """Pull StockX's orders in a worker; one that waits to is given again, one that runs is followed by another."""
    told = body.model_dump(mode="json", exclude_none=True) if body else {}
    job_id = await JobRepository(session).ask_once(JOB, told, writer.user_id)
    return SyncAsked(job_id=job_id, batch_id=job_id)


@router.get("/active")
async def active(
    _reader: Reader, database: DatabaseDep, settings: SettingsDep,
    status: Annotated[str | None, Query(alias="orderStatus", max_length=50)] = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """A page of the orders StockX has under way, asked now."""
    rows, _ = await StockX(settings, database).order_page("active", page, {"orderStatus": status})
    return [row.model_dump(mode="json") for row in rows]


@router.get("/stockx-history")
async def history(
    _reader: Reader, database: DatabaseDep, settings: SettingsDep,
    start: Annotated[date, Query(alias="fromDate")], end: Annotated[date, Query(alias="toDate")],
    status: Annotated[str | None, Query(alias="orderStatus", max_length=50)] = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """A page of the orders that ended at StockX, asked now."""
    if end < start:
        raise ValidationException(phrase("toDate lies before fromDate"), field_errors={"toDate": "before fromDate"})
    asked = {"fromDate": start, "toDate": end, "orderStatus": status}
    rows, _ = await StockX(settings, database).order_page("history", page, asked)
    return [row.model_dump(mode="json") for row in rows]
