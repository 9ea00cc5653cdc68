"""Imports in the database: rows copied into staging, compared with what is known, applied a span at a time.

All of it is set-based; the statements stand in `import_sql`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from pydantic_core import from_json
from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domains.integration.repositories import import_sql as sql
from shared.database.models import ImportBatch, ImportRecord, ImportSale, ImportSource, Order
from shared.database.words import RowVerdict
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.repositories.base_repository import BaseRepository
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.rows import AnyRow
from shared.rules.brands import Pattern
from shared.rules.import_values import order_ids
from shared.translation import gettext_noop

TAKEN = (RowVerdict.NEW, RowVerdict.CHANGED)


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row of a file as people see it: its cells by column, its verdict as of now, the order it became."""

    row_number: int
    verdict: RowVerdict
    validation_errors: list[Any] | None
    source_data: dict[str, Any]
    order_id: uuid.UUID | None

    @classmethod
    def of(cls, batch: ImportBatch, number: int, said: ImportRecord | None, cells: Any) -> Self:
        """Return a row; its verdict and order follow from how far the batch is."""
        verdict = said.verdict if said else RowVerdict.NEW
        order_id = said.order_id if said else None
        if verdict in TAKEN and number <= batch.applied_until:
            verdict = RowVerdict.APPLIED
            head = order_ids(batch.id, batch.started_at or batch.created_at)
            order_id = order_id or uuid.UUID(f"{head}{number:012x}")
        mended = said.source_data if said else None
        named = named_cells(batch.header, cells if mended is None else mended)
        return cls(number, verdict, said.validation_errors if said else None, named, order_id)


def named_cells(header: list[Any], cells: Any) -> dict[str, Any]:
    """Return a row's cells by their columns' names."""
    if isinstance(cells, dict):  # written before headers were kept
        return dict(cells)
    return dict(zip(header, cells or (), strict=False))


def block_rows(block: Any, rows: int) -> list[Any]:
    """Return the rows of a block of kept cells: a list of rows, or columns, where a text alone stands in every row."""
    if isinstance(block, dict):
        columns = [[told] * rows if isinstance(told, str) else told for told in block["columns"]]
        return list(zip(*columns, strict=True))
    return list(block)


def _numbers(batch: ImportBatch, verdict: RowVerdict | None) -> Any:
    """Return a query for the numbers of a batch's rows of a verdict, all of them without one."""
    number = func.unnest(ImportSource.numbers).label("number")
    every = select(number).where(ImportSource.batch_id == batch.id)
    if verdict is None:
        return every
    said = select(ImportRecord.row_number.label("number")).where(ImportRecord.batch_id == batch.id)
    if verdict not in (*TAKEN, RowVerdict.APPLIED):
        return said.where(ImportRecord.verdict == verdict)
    rows = every.subquery()
    kinds = TAKEN if verdict is RowVerdict.APPLIED else (verdict,)
    of_kind = exists().where(
        ImportRecord.batch_id == batch.id, ImportRecord.row_number == rows.c.number, ImportRecord.verdict.in_(kinds)
    )
    other = exists().where(
        ImportRecord.batch_id == batch.id, ImportRecord.row_number == rows.c.number, ImportRecord.verdict.not_in(kinds)
    )
    so_far = rows.c.number <= batch.applied_until
    fits = of_kind if verdict is RowVerdict.CHANGED else ~other
    return select(rows.c.number).where(fits, so_far if verdict is RowVerdict.APPLIED else ~so_far)


class ImportRepository(BaseRepository[ImportBatch]):
    """Batches and their rows."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(ImportBatch, session)

    async def copy(self, statement: str, lines: Iterable[str]) -> None:
        """Write lines of COPY's text format into a table of staging."""
        told = "".join(lines)
        if not told:
            return
        raw = await (await self.session.connection()).get_raw_connection()
        connection: Any = raw.driver_connection
        async with connection.cursor() as cursor, cursor.copy(statement) as copying:
            await copying.write(told)

    async def set_based(self) -> None:
        """Tell the planner, for this unit of work, that whole tables are joined: no row by row, no sorting, no compiling."""
        for name in ("jit", "enable_nestloop", "enable_sort"):
            await self.session.execute(text(f"SET LOCAL {name} = off"))

    async def staged(self) -> None:
        """Count what waits, once it is copied: the planner takes a table it knows nothing of for a row or two."""
        await self.session.execute(text(sql.COUNTED))

    async def compare(self, batch_id: uuid.UUID, *, sales: bool) -> None:
        """Tell rows apart that are new, known, told twice or cannot be."""
        if not sales:
            return
        await self.set_based()
        for statement, following in sql.COMPARE:
            found: Any = await self.session.execute(text(statement), {"batch": batch_id})
            if found.rowcount:
                for each in following:
                    await self.session.execute(text(each), {"batch": batch_id})

    async def verdicts(self, batch_id: uuid.UUID) -> dict[str, int]:
        """Count a batch's rows by verdict: what nothing was said of is new, or applied already."""
        batch = (
            await self.session.execute(
                select(ImportBatch.total_records, ImportBatch.processed_records, ImportBatch.applied_until).where(
                    ImportBatch.id == batch_id
                )
            )
        ).one()
        waits = (ImportRecord.verdict == RowVerdict.CHANGED) & (ImportRecord.row_number > batch.applied_until)
        said = await self.session.execute(
            select(ImportRecord.verdict, func.count())
            .where(ImportRecord.batch_id == batch_id, ImportRecord.verdict.not_in(TAKEN) | waits)
            .group_by(ImportRecord.verdict)
        )
        counts = {str(verdict): count for verdict, count in said.all()}
        counts["applied"] = batch.processed_records
        counts["new"] = batch.total_records - sum(counts.values())
        return {verdict: count for verdict, count in counts.items() if count}

    async def span(self, batch_id: uuid.UUID, after: int, rows: int, *, sales: bool) -> tuple[int, int]:
        """Return the number of the last of the next rows to apply (`after` when none is left), and how many they are."""
        table = "integration.import_sales" if sales else "integration.import_records"
        found = await self.session.execute(
            text(sql.SPAN_END.format(table=table, taken="" if sales else "AND verdict = 'new'")),
            {"batch": batch_id, "after": after, "rows": rows},
        )
        until, count = found.one()
        return until, count

    async def new_codes(self, place: dict[str, Any], known: Mapping[str, uuid.UUID]) -> list[AnyRow]:
        """Return the products of a span that are not in `known`: code, name, SKU."""
        rows = (await self.session.execute(text(sql.CODES), place)).all()
        return [row for row in rows if row[0] not in known]

    async def products(self, codes: Sequence[str]) -> dict[str, uuid.UUID | None]:
        """Return the product of each code by SKU, style code or earlier SKU; None for a code nobody knows."""
        found = await self.session.execute(text(sql.KNOWN_CODES), {"codes": list(codes)})
        return {row[0]: row[1] for row in found.all()}

    async def add_products(self, rows: Sequence[tuple[str, str, str | None, uuid.UUID | None]]) -> None:
        """Make products: code, name, style, brand."""
        if rows:
            told = dict(zip(("codes", "names", "styles", "brands"), map(list, zip(*rows, strict=True)), strict=True))
            await self.session.execute(text(sql.NEW_PRODUCTS), told)

    async def add_sizes(self, place: dict[str, Any], known: set[tuple[str, str]]) -> None:
        """Make the sizes of a span that are not in `known`; they are in it afterwards."""
        rows = [
            row for row in (await self.session.execute(text(sql.SIZES), place)).all() if (row[0], row[1]) not in known
        ]
        if rows:
            told = {
                "sizes": [row[0] for row in rows],
                "regions": [row[1] for row in rows],
                "eu": [row[2] for row in rows],
            }
            await self.session.execute(text(sql.NEW_SIZES), told)
            known.update((row[0], row[1]) for row in rows)

    async def apply_span(self, place: dict[str, Any], codes: Mapping[str, uuid.UUID]) -> None:
        """Make orders of a span's sales, with fees, history and payouts; `first` and `last` of the place are their ids."""
        await self.session.execute(text(sql.PAYOUTS), place)
        told = {**place, "codes": list(codes), "products": list(codes.values())}
        try:
            async with self.session.begin_nested():
                await self.session.execute(text(sql.APPLY), told)
        except IntegrityError:
            await self.session.execute(text(sql.APPLY_REST), told)
        await self.session.execute(text(sql.PAID_OUT), place)
        await self.session.execute(text(sql.PAID), place)

    async def apply_feed(self, place: dict[str, Any]) -> None:
        """Store the products of a span of a feed."""
        await self.session.execute(text(sql.FEED), place)

    async def applied(self, batch_id: uuid.UUID, until: int, rows: int) -> None:
        """Say how far a batch is; raises ResourceNotFoundException when it is gone, which takes its orders back."""
        values = {"applied_until": until, "processed_records": ImportBatch.processed_records + rows}
        found: Any = await self.session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(**values))
        if found.rowcount != 1:
            raise ResourceNotFoundException(gettext_noop("Import batch not found"))

    async def forget_sales(self, batch_id: uuid.UUID) -> None:
        """Empty staging of what is applied."""
        await self.session.execute(delete(ImportSale).where(ImportSale.batch_id == batch_id))

    async def patterns(self) -> list[Pattern]:
        """Return how brands are recognised, for the rules."""
        return await CatalogueLookup(self.session).brand_patterns()

    async def rows(self, batch_id: uuid.UUID, verdict: RowVerdict | None, skip: int, limit: int) -> list[StagedRow]:
        """Return rows of a batch by their number."""
        batch = await self.get_by_id(batch_id)
        if batch is None:
            return []
        statement = _numbers(batch, verdict).order_by("number").offset(skip).limit(limit)
        numbers = list(await self.session.scalars(statement))
        said = {
            row.row_number: row
            for row in await self.session.scalars(
                select(ImportRecord).where(ImportRecord.batch_id == batch_id, ImportRecord.row_number.in_(numbers))
            )
        }
        cells = await self.cells(batch_id, numbers)
        rows = [StagedRow.of(batch, number, said.get(number), cells.get(number)) for number in numbers]
        made = await self.session.scalars(select(Order.id).where(Order.id.in_([row.order_id for row in rows])))
        there = set(made)
        return [row if row.order_id in there else replace(row, order_id=None) for row in rows]

    async def cells(self, batch_id: uuid.UUID, numbers: Sequence[int]) -> dict[int, Any]:
        """Return the cells of some rows as they came, by number."""
        wanted, found = set(numbers), dict[int, Any]()
        statement = select(ImportSource.numbers, ImportSource.cells).where(
            ImportSource.batch_id == batch_id, ImportSource.numbers.overlap(list(numbers))
        )
        for kept, told in (await self.session.execute(statement)).all() if numbers else ():
            rows = block_rows(from_json(told), len(kept))
            found |= {number: row for number, row in zip(kept, rows, strict=True) if number in wanted}
        return found

    async def record(self, batch_id: uuid.UUID, number: int) -> ImportRecord | None:
        """Return what is said of a row, held for a change."""
        statement = select(ImportRecord).where(ImportRecord.batch_id == batch_id, ImportRecord.row_number == number)
        return (await self.session.scalars(statement.with_for_update())).one_or_none()

    async def latest(self, limit: int) -> Sequence[ImportBatch]:
        """Return batches, the newest first."""
        return (
            await self.session.scalars(
                select(ImportBatch).order_by(ImportBatch.created_at.desc(), ImportBatch.id.desc()).limit(limit)
            )
        ).all()

    async def finish(self, batch_id: uuid.UUID, **values: Any) -> None:
        """Write a batch's outcome."""
        await self.session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(**values))
