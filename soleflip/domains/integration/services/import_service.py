"""Imports in two phases: a file is read and judged row by row, then what is good is applied, once, however often it breaks."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

import anyio.to_thread
from pydantic_core import to_json
from sheets import SheetError

from domains.integration.repositories.import_repository import ImportRepository, named_cells
from domains.integration.repositories.import_sql import COPY_RECORDS, COPY_SALES, COPY_SOURCES
from domains.integration.services import staging
from domains.integration.services.files import Opened, open_file
from domains.integration.services.profiles import PROFILES, Profile, RowRefused
from shared.auth.principal import Principal
from shared.database.connection import Database
from shared.database.models import ImportBatch
from shared.database.words import ImportStatus, JobState, RowVerdict
from shared.error_handling.exceptions import BusinessRuleViolation, ImportProcessingException, ResourceNotFoundException
from shared.events.event_bus import publish
from shared.jobs.running import JobContext, job
from shared.repositories import audit, stock_locks
from shared.repositories.jobs import JobRepository
from shared.rules import brands
from shared.rules.import_values import order_ids
from shared.translation import gettext_noop, phrase

READ = 4
"""So many blocks of rows are read and copied at once."""
BLOCK = 10_000
"""So many rows are applied at once."""
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
        batch_size: int = BLOCK,
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
            raise ImportProcessingException(str(error)) from None
        batch_id, begun = uuid.uuid4(), datetime.now(UTC)
        async with self.database.unit() as session:
            await ImportRepository(session).create(
                id=batch_id, source_type=chosen.name, source_file=name[:255], digest=file_digest, profile=chosen.name,
                status=ImportStatus.PROCESSING, state=JobState.RUNNING, uploaded_by_id=actor.user_id,
                validate_only=validate_only, batch_size=batch_size, started_at=begun,
                header=opened.header,
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
                await self._copy(batch_id, begun, opened)
        except SheetError as error:
            await self._fail(batch_id, str(error))
            raise ImportProcessingException(str(error), details={"batch_id": str(batch_id), "row": error.row}) from None
        return await self._judged(batch_id, chosen, validate_only=validate_only)

    async def _copy(self, batch_id: uuid.UUID, begun: datetime, opened: Opened) -> None:
        blocks = staging.Staging(batch_id, begun, opened).blocks()
        async with self.database.unit() as session:
            repository, total = ImportRepository(session), 0
            while read := await anyio.to_thread.run_sync(lambda: list(islice(blocks, READ))):
                await repository.copy(COPY_SOURCES, (block.source for block in read))
                await repository.copy(COPY_RECORDS, (line for block in read for line in block.records))
                await repository.copy(COPY_SALES, (line for block in read for line in block.sales))
                total += sum(block.rows for block in read)
            await repository.staged()
            await repository.finish(batch_id, total_records=total)

    async def _judged(self, batch_id: uuid.UUID, chosen: Profile, *, validate_only: bool) -> ImportBatch:
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            await repository.compare(batch_id, sales=chosen.kind == "sales")
            counts = await repository.verdicts(batch_id)
            batch = await repository.get_by_id(batch_id)
            if batch is None:
                raise ResourceNotFoundException(gettext_noop("Import batch not found"))
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
                raise ResourceNotFoundException(gettext_noop("Import batch not found"))
            if batch.validate_only:
                raise BusinessRuleViolation(gettext_noop("This import is a check only; upload the file again"))
            if batch.status in (ImportStatus.FAILED, ImportStatus.CANCELLED):
                raise BusinessRuleViolation(
                    phrase("This import is %(status)s; upload the file again", status=batch.status)
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
                raise ResourceNotFoundException(gettext_noop("Import batch not found"))
            batch.status, batch.state = ImportStatus.PROCESSING, JobState.RUNNING
            applying = _Applying(
                batch_id,
                order_ids(batch.id, batch.started_at or batch.created_at),
                batch.batch_size,
                sales=PROFILES[batch.profile or ""].kind == "sales",
                patterns=await repository.patterns(),
            )
            after, total = batch.applied_until, batch.total_records
        done = 0
        while True:
            async with self.database.unit() as session:
                await stock_locks.several(session)
                until, rows = await applying.span(ImportRepository(session), after)
            if until == after:
                break
            after, done = until, done + rows
            if context is not None:
                await context.progress(done, total, f"{done} of {total} rows")
        return await self._done(batch_id)

    async def _done(self, batch_id: uuid.UUID) -> dict[str, Any]:
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            await repository.forget_sales(batch_id)
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
            raise ResourceNotFoundException(gettext_noop("Import batch not found"))
        return batch

    async def mend(self, actor: Principal, batch_id: uuid.UUID, number: int, values: dict[str, str]) -> dict[str, Any]:
        """Judge a row again with mended cells; return its verdict and what is still wrong."""
        async with self.database.unit() as session:
            repository = ImportRepository(session)
            batch = await repository.get_by_id(batch_id)
            row = await repository.record(batch_id, number)
            came = (await repository.cells(batch_id, [number])).get(number)
            if batch is None or came is None:
                raise ResourceNotFoundException(gettext_noop("This import has no such row"))
            if row is None or row.verdict not in (RowVerdict.ERROR, RowVerdict.CONFLICT) or batch.job_id is not None:
                raise BusinessRuleViolation(
                    gettext_noop("Only rows with errors can be mended, before the import is applied")
                )
            cells = {**named_cells(batch.header, came if row.source_data is None else row.source_data), **values}
            row.source_data = [cells.get(name) for name in batch.header] if batch.header else cells
            profile = PROFILES[batch.profile or ""]
            try:
                found = profile.judge(cells)
                row.verdict, row.validation_errors = RowVerdict.NEW, None
                if profile.kind == "sales":
                    head = order_ids(batch.id, batch.started_at or batch.created_at)
                    await repository.copy(COPY_SALES, [staging.sale_line(str(batch_id), head, number, found)])
                else:
                    row.processed_data = json.loads(_dump(found))
            except RowRefused as error:
                row.verdict, row.validation_errors = RowVerdict.ERROR, list(error.problems)
            await session.flush()
            await repository.compare(batch_id, sales=PROFILES[batch.profile or ""].kind == "sales")
            await session.refresh(row)
            batch.counts = await repository.verdicts(batch_id)
            batch.error_records = batch.counts.get("error", 0) + batch.counts.get("conflict", 0)
            audit.record(
                session, actor, "import.mend", "import_batch", batch_id, after={"row": number, "fields": sorted(values)}
            )
            return {"row": number, "verdict": row.verdict, "problems": row.validation_errors or []}


class _Applying:
    """Applies a batch span by span; what one span finds out about products and sizes serves the next."""

    def __init__(
        self, batch_id: uuid.UUID, head: str, rows: int, *, sales: bool, patterns: Sequence[brands.Pattern]
    ) -> None:
        self.batch_id, self.head, self.rows, self.sales, self.patterns = batch_id, head, rows, sales, patterns
        self.codes, self.sizes = dict[str, uuid.UUID](), set[tuple[str, str]]()

    async def span(self, repository: ImportRepository, after: int) -> tuple[int, int]:
        """Apply the next rows; return the number of the last one (`after` when none was left) and how many there were."""
        until, count = await repository.span(self.batch_id, after, self.rows, sales=self.sales)
        if not count:
            return after, 0
        ends = {"first": f"{self.head}{after + 1:012x}", "last": f"{self.head}{until:012x}"}
        place = {"batch": self.batch_id, "after": after, "until": until, **ends}
        await repository.set_based()
        if self.sales:
            await self._products(repository, place)
            await repository.add_sizes(place, self.sizes)
            await repository.apply_span(place, self.codes)
        else:
            await repository.apply_feed(place)
        await repository.applied(self.batch_id, until, count)
        return until, count

    async def _products(self, repository: ImportRepository, place: dict[str, Any]) -> None:
        """Learn which products a span sells; those nobody knows are made."""
        told = await repository.new_codes(place, self.codes)
        found = await repository.products([code for code, _, _ in told])
        fresh = {code.lower(): (code, name, sku) for code, name, sku in reversed(told) if found[code] is None}
        hits = [(code, name, sku, brands.find(name, self.patterns)) for code, name, sku in fresh.values()]
        await repository.add_products(
            [(code, name, sku, hit.brand_id if hit else None) for code, name, sku, hit in hits]
        )
        if hits:
            found |= await repository.products([code for code, product in found.items() if product is None])
        self.codes |= {code: product for code, product in found.items() if product is not None}


@job(APPLY)
async def apply_import(context: JobContext) -> dict[str, Any]:
    """Apply an import in a worker."""
    return await ImportService(context.database).apply(uuid.UUID(context.arguments["batch_id"]), context)
