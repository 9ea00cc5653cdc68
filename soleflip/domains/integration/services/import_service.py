"""Imports in two phases: a file is read and judged row by row, then what is good is applied, once, however often it breaks."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

import anyio.to_thread
from pydantic_core import to_json
from sheets import SheetError

from domains.integration.repositories.import_repository import ImportRepository
from domains.integration.services.files import Opened, open_file
from domains.integration.services.profiles import PROFILES, Profile, RowRefused
from shared.auth.principal import Principal
from shared.database.connection import Database
from shared.database.models import ImportBatch
from shared.database.words import ImportStatus, JobState, RowVerdict
from shared.error_handling.exceptions import BusinessRuleViolation, ImportProcessingException, ResourceNotFoundException
from shared.events.event_bus import publish
from shared.jobs.running import JobContext, job
from shared.repositories import audit
from shared.repositories.jobs import JobRepository
from shared.rules import brands

READ = 1000
APPLY = "integration.apply_import"


def _digest(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while piece := file.read(2**20):
        found.update(piece)
    return found.hexdigest()


def _dump(value: object) -> str:
    return to_json(value).decode()


class ImportService:
    """Files in."""

    def __init__(self, database: Database) -> None:
        """Take the database: an import is many units of work."""
        self.database = database

    async def stage(
        self, actor: Principal, file: BinaryIO, name: str, *, profile: str | None = None, validate_only: bool = False,
        batch_size: int = READ,
    ) -> ImportBatch:  # fmt: skip
        """Read a file into staging and judge every row; nothing of ours changes yet.

        Raises ImportProcessingException for a file that cannot be read or that no profile knows.
        """
        file_digest = await anyio.to_thread.run_sync(_digest, file)
        file.seek(0)
        try:
            opened = await anyio.to_thread.run_sync(open_file, file, profile)
            chosen = opened.profile
        except SheetError as error:
            raise ImportProcessingException(f"{error} {error.advice}".strip()) from None
        batch_id = uuid.uuid4()
        async with self.database.unit() as session:
            await ImportRepository(session).create(
                id=batch_id, source_type=chosen.name, source_file=name[:255], digest=file_digest, profile=chosen.name,
                status=ImportStatus.PROCESSING, state=JobState.RUNNING, uploaded_by_id=actor.user_id,
                validate_only=validate_only, batch_size=batch_size, started_at=datetime.now(UTC),
            )  # fmt: skip
            audit.record(
                session,
                actor,
                "import.upload",
                "import_batch",
                batch_id,
                after={"file": name[:200], "profile": chosen.name},
            )
        try:
            with opened:
                await self._copy(batch_id, opened)
        except SheetError as error:
            await self._fail(batch_id, f"{error} {error.advice}".strip())
            raise ImportProcessingException(str(error), details={"batch_id": str(batch_id), "row": error.row}) from None
        return await self._judged(batch_id, chosen, validate_only=validate_only)

    async def _copy(self, batch_id: uuid.UUID, opened: Opened) -> None:
        rows = self._judge(batch_id, opened)
        async with self.database.unit() as session:
            repository, total = ImportRepository(session), 0
            while block := await anyio.to_thread.run_sync(lambda: list(islice(rows, READ))):
                await repository.copy(block)
                total += len(block)
            await repository.finish(batch_id, total_records=total)

    @staticmethod
    def _judge(batch_id: uuid.UUID, opened: Opened) -> Iterator[tuple[Any, ...]]:
        header, judge = opened.header, opened.profile.judge
        for number, cells in opened.rows:
            values = dict(zip(header, cells, strict=False))
            understood, problems, verdict = None, None, RowVerdict.NEW
            try:
                understood = _dump(judge(values))
            except RowRefused as error:
                problems, verdict = _dump(error.problems), RowVerdict.ERROR
            yield uuid.uuid4(), batch_id, number, _dump(values), understood, problems, verdict.value

    async def _judged(self, batch_id: uuid.UUID, chosen: Profile, *, validate_only: bool) -> ImportBatch:
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            await repository.compare(batch_id, sales=chosen.kind == "sales")
            counts = await repository.verdicts(batch_id)
            batch = await repository.get_by_id(batch_id)
            if batch is None:
                raise ResourceNotFoundException("Import batch not found")
            batch.counts = counts
            batch.error_records = counts.get("error", 0) + counts.get("conflict", 0)
            if validate_only:
                batch.status, batch.state, batch.completed_at = ImportStatus.COMPLETED, JobState.DONE, datetime.now(UTC)
            else:
                batch.status, batch.state, batch.preview_token = ImportStatus.PENDING, JobState.QUEUED, uuid.uuid4()
            told = {"source_type": chosen.name, "filename": batch.source_file, "total_records": batch.total_records}
            publish(session, "integration.batch_created", batch_id, told)
            await session.flush()
            await session.refresh(batch)
        return batch

    async def _fail(self, batch_id: uuid.UUID, reason: str) -> None:
        async with self.database.unit() as session:
            await ImportRepository(session).finish(
                batch_id,
                status=ImportStatus.FAILED,
                state=JobState.FAILED,
                last_error=reason[:2000],
                completed_at=datetime.now(UTC),
            )
            publish(session, "integration.batch_failed", batch_id, {"message": reason[:500], "stage": "reading"})

    async def ask_apply(self, actor: Principal, batch_id: uuid.UUID) -> ImportBatch:
        """Ask for what is good of a judged file to be applied; asking twice is one job."""
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            batch = await repository.get_for_update(batch_id)
            if batch is None:
                raise ResourceNotFoundException("Import batch not found")
            if batch.validate_only or batch.status in (ImportStatus.FAILED, ImportStatus.CANCELLED):
                raise BusinessRuleViolation(
                    f"This import is {'a check only' if batch.validate_only else batch.status}; upload the file again"
                )
            if batch.job_id is None:
                batch.job_id = await JobRepository(session).ask(
                    APPLY, {"batch_id": str(batch_id)}, actor.user_id, str(batch_id)
                )
                audit.record(session, actor, "import.apply", "import_batch", batch_id)
                await session.flush()
            await session.refresh(batch)
        return batch

    async def apply(self, batch_id: uuid.UUID, context: JobContext | None = None) -> dict[str, Any]:
        """Apply a batch a block at a time; a block is all there or not at all, so a killed import goes on at the next one."""
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            batch = await repository.get_for_update(batch_id)
            if batch is None:
                raise ResourceNotFoundException("Import batch not found")
            batch.status, batch.state = ImportStatus.PROCESSING, JobState.RUNNING
            patterns, rows, total = await repository.patterns(), batch.batch_size, batch.total_records
            sales = PROFILES[batch.profile or ""].kind == "sales"
        while True:
            async with self.database.unit() as session:
                repository = ImportRepository(session)
                applied = await (
                    self._block(repository, batch_id, rows, patterns)
                    if sales
                    else repository.apply_feed(batch_id, rows)
                )
                done = (await repository.verdicts(batch_id)).get("applied", 0) if applied else 0
            if not applied:
                break
            if context is not None:
                await context.progress(done, total, f"{done} of {total} rows")
        return await self._done(batch_id)

    @staticmethod
    async def _block(
        repository: ImportRepository, batch_id: uuid.UUID, rows: int, patterns: Sequence[brands.Pattern]
    ) -> int:
        strangers = await repository.open_block(batch_id, rows)
        found = [(code, name, sku, brands.find(name, patterns)) for code, name, sku in strangers]
        await repository.add_products(
            [
                {"code": code, "name": name, "style": sku, "brand": hit.brand_id if hit else None}
                for code, name, sku, hit in found
            ]
        )
        return await repository.apply_block(batch_id)

    async def _done(self, batch_id: uuid.UUID) -> dict[str, Any]:
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            counts = await repository.verdicts(batch_id)
            await repository.finish(
                batch_id,
                status=ImportStatus.COMPLETED,
                state=JobState.DONE,
                counts=counts,
                completed_at=datetime.now(UTC),
            )
            failed = counts.get("error", 0) + counts.get("conflict", 0)
            publish(session, "integration.batch_completed", batch_id,
                    {"total_processed": counts.get("applied", 0), "total_failed": failed, "success": failed == 0})  # fmt: skip
        return counts

    async def get(self, batch_id: uuid.UUID) -> ImportBatch:
        """Return a batch; raises ResourceNotFoundException."""
        async with self.database.reading() as session:
            batch = await ImportRepository(session).get_by_id(batch_id)
        if batch is None:
            raise ResourceNotFoundException("Import batch not found")
        return batch

    async def mend(self, actor: Principal, batch_id: uuid.UUID, number: int, values: dict[str, str]) -> dict[str, Any]:
        """Judge a row again with mended cells; return its verdict and what is still wrong."""
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            batch = await repository.get_by_id(batch_id)
            row = await repository.record(batch_id, number)
            if batch is None or row is None:
                raise ResourceNotFoundException("This import has no such row")
            if row.verdict not in (RowVerdict.ERROR, RowVerdict.CONFLICT) or batch.job_id is not None:
                raise BusinessRuleViolation("Only rows with errors can be mended, before the import is applied")
            row.source_data = {**row.source_data, **values}
            try:
                row.processed_data = json.loads(_dump(PROFILES[batch.profile or ""].judge(row.source_data)))
                row.verdict, row.validation_errors = RowVerdict.NEW, None
            except RowRefused as error:
                row.validation_errors = list(error.problems)
            await session.flush()
            await repository.compare(batch_id, sales=PROFILES[batch.profile or ""].kind == "sales")
            await session.refresh(row)
            batch.counts = await repository.verdicts(batch_id)
            batch.error_records = batch.counts.get("error", 0) + batch.counts.get("conflict", 0)
            audit.record(
                session, actor, "import.mend", "import_batch", batch_id, after={"row": number, "fields": sorted(values)}
            )
            return {"row": number, "verdict": row.verdict, "problems": row.validation_errors or []}


@job(APPLY)
async def apply_import(context: JobContext) -> dict[str, Any]:
    """Apply an import in a worker."""
    return await ImportService(context.database).apply(uuid.UUID(context.arguments["batch_id"]), context)
