"""/api/v1/integration: files in, how far they are, their rows."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from domains.integration.repositories.import_repository import ImportRepository
from domains.integration.services.import_service import ImportService
from shared.api.dependencies import DatabaseDep, PageDep, Reader, SessionDep, Writer
from shared.database.models import ImportBatch
from shared.database.words import ImportStatus, JobState, RowVerdict
from shared.error_handling.exceptions import ValidationException
from shared.streaming.tables import stream_rows
from shared.translation import phrase

PREFIX = "/api/v1/integration"
router = APIRouter(prefix=PREFIX, tags=["integration"])
INLINE = 5000
"""Files up to so many rows are applied before the upload is answered; larger ones by a worker."""
ENDINGS = (".csv", ".xlsx", ".xlsm", ".txt", ".tsv")


class UploadOut(BaseModel):
    """What an upload led to; the first errors, all of them at /import/{id}/rows."""

    filename: str
    batch_id: uuid.UUID
    profile: str
    total_records: int
    counts: dict[str, int]
    validation_errors: list[str]
    status: ImportStatus
    state: JobState
    imported: bool
    message: str


class BatchOut(BaseModel):
    """How an import stands."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    source_type: str
    source_file: str | None
    total_records: int
    processed_records: int
    error_records: int
    status: ImportStatus
    state: JobState
    counts: dict[str, Any]
    validate_only: bool
    job_id: uuid.UUID | None
    last_error: str | None
    created_at: datetime
    completed_at: datetime | None


class ProgressOut(BaseModel):
    """The short form of it."""

    id: uuid.UUID
    source_type: str
    status: ImportStatus
    state: JobState
    progress: float
    records_processed: int
    records_failed: int
    created_at: datetime
    completed_at: datetime | None


class RowOut(BaseModel):
    """A row of a file: as it came, and what we think of it."""

    model_config = ConfigDict(from_attributes=True)

    row_number: int
    verdict: RowVerdict
    validation_errors: list[str] | None
    source_data: dict[str, Any]
    order_id: uuid.UUID | None


class MendIn(BaseModel):
    """Cells of a row with better values."""

    model_config = ConfigDict(extra="forbid")

    values: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=1000)]] = Field(
        min_length=1, max_length=60
    )


@router.post("/webhooks/stockx/upload")
async def upload(
    writer: Writer,
    database: DatabaseDep,
    file: Annotated[UploadFile, File(description="CSV or Excel, up to 100 MB")],
    validate_only: bool = False,
    preview: Annotated[bool, Query(description="Judge the rows and wait for /import/{id}/apply")] = False,
    batch_size: Annotated[int, Query(ge=10, le=10_000)] = 10_000,
    profile: Annotated[Literal["stockx", "alias", "sales", "awin", "awin_sales"] | None, Query()] = None,
) -> UploadOut:
    """Import a report: its kind is told by its columns. What is good is applied, what is not is named row by row."""
    name = file.filename or ""
    if not name.lower().endswith(ENDINGS):
        raise ValidationException(
            phrase("%(name)s is no CSV or Excel file", name=name[:100] or "This file"),
            field_errors={"file": "CSV or Excel"},
        )
    service = ImportService(database)
    batch = await service.stage(
        writer, file.file, name, profile=profile, validate_only=validate_only, batch_size=batch_size
    )
    if not (validate_only or preview):
        if batch.total_records > INLINE:
            batch = await service.ask_apply(writer, batch.id)
        else:
            await service.apply(batch.id)
            batch = await service.get(batch.id)
    return await _uploaded(database, batch)


async def _uploaded(database: DatabaseDep, batch: ImportBatch) -> UploadOut:
    async with database.reading() as session:
        rows = ImportRepository(session)
        wrong = [
            *await rows.rows(batch.id, RowVerdict.ERROR, 0, 20),
            *await rows.rows(batch.id, RowVerdict.CONFLICT, 0, 20),
        ]
    errors = [f"Row {row.row_number}: {'; '.join(row.validation_errors or [])}" for row in wrong]
    done = batch.status is ImportStatus.COMPLETED and not batch.validate_only
    counted = batch.counts.get("applied", 0)
    message = (
        f"{counted} rows applied" if done else "Checked, nothing was changed" if batch.validate_only
        else "A worker goes on with it" if batch.job_id else "Look through the rows, then apply"
    )  # fmt: skip
    return UploadOut(
        filename=batch.source_file or "", batch_id=batch.id, profile=batch.profile or "", total_records=batch.total_records,
        counts=batch.counts, validation_errors=errors, status=batch.status, state=batch.state, imported=done, message=message,
    )  # fmt: skip


@router.post("/import/{batch_id}/apply", status_code=202)
async def apply(batch_id: uuid.UUID, writer: Writer, database: DatabaseDep) -> BatchOut:
    """Apply what is good of a judged file, in a worker; asking twice applies once."""
    return BatchOut.model_validate(await ImportService(database).ask_apply(writer, batch_id))


@router.get("/imports")
async def imports(
    _reader: Reader, session: SessionDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[BatchOut]:
    """Imports, the newest first."""
    return [BatchOut.model_validate(each) for each in await ImportRepository(session).latest(limit)]


@router.get("/import-status/{batch_id}")
async def import_status(batch_id: uuid.UUID, _reader: Reader, database: DatabaseDep) -> BatchOut:
    """How an import stands."""
    return BatchOut.model_validate(await ImportService(database).get(batch_id))


@router.get("/import/{batch_id}/status")
async def import_progress(batch_id: uuid.UUID, _reader: Reader, database: DatabaseDep) -> ProgressOut:
    """How far an import is, in percent."""
    batch = await ImportService(database).get(batch_id)
    handled = batch.processed_records + batch.error_records
    done = batch.state is JobState.DONE
    return ProgressOut(
        id=batch.id, source_type=batch.source_type, status=batch.status, state=batch.state,
        progress=100.0 if done else round(100 * handled / batch.total_records, 1) if batch.total_records else 0.0,
        records_processed=batch.processed_records, records_failed=batch.error_records, created_at=batch.created_at,
        completed_at=batch.completed_at,
    )  # fmt: skip


@router.get("/import/{batch_id}/rows")
async def import_rows(
    batch_id: uuid.UUID, _reader: Reader, session: SessionDep, page: PageDep, verdict: RowVerdict | None = None
) -> list[RowOut]:
    """Rows of an import with their verdicts."""
    rows = await ImportRepository(session).rows(batch_id, verdict, page.skip, page.limit)
    return [RowOut.model_validate(row) for row in rows]


@router.get("/import/{batch_id}/errors")
async def import_errors(batch_id: uuid.UUID, _reader: Reader, database: DatabaseDep) -> StreamingResponse:
    """Every row that was not taken, as CSV: its number, what is wrong, and its cells."""
    await ImportService(database).get(batch_id)

    async def blocks() -> AsyncIterator[list[tuple[Any, ...]]]:
        for verdict in (RowVerdict.ERROR, RowVerdict.CONFLICT):
            skip = 0
            while True:
                async with database.reading() as session:
                    rows = await ImportRepository(session).rows(batch_id, verdict, skip, 500)
                if not rows:
                    break
                skip += len(rows)
                yield [
                    (row.row_number, row.verdict, "; ".join(row.validation_errors or []), str(row.source_data))
                    for row in rows
                ]

    return stream_rows("import-errors", ("row", "verdict", "problems", "cells"), blocks(), "csv", "en")


@router.patch("/import/{batch_id}/rows/{row_number}")
async def mend_row(
    batch_id: uuid.UUID, row_number: int, body: MendIn, writer: Writer, database: DatabaseDep
) -> dict[str, Any]:
    """Mend cells of a row with errors; it is judged again."""
    return await ImportService(database).mend(writer, batch_id, row_number, body.values)
