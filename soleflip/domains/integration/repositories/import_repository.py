"""Imports in the database: rows copied into staging, compared with what is known, applied a span at a time.

All of it is set-based; the statements stand in `import_sql`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import String, case, cast, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.integration.repositories import import_sql as sql
from shared.database.models import ImportBatch, ImportRecord, ImportSale, Order
from shared.database.words import RowVerdict
from shared.repositories.base_repository import BaseRepository
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.rows import AnyRow
from shared.rules.brands import Pattern
from shared.rules.import_values import order_ids

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
    def of(cls, row: ImportRecord, batch: ImportBatch) -> Self:
        """Return a stored row; verdict and order follow from how far the batch is."""
        applied = row.verdict in TAKEN and row.row_number <= batch.applied_until
        made = (
            uuid.UUID(f"{order_ids(batch.id, batch.started_at or batch.created_at)}{row.row_number:012x}")
            if applied
            else None
        )
        verdict = RowVerdict.APPLIED if applied else row.verdict
        return cls(row.row_number, verdict, row.validation_errors, row.named(batch.header), row.order_id or made)


class ImportRepository(BaseRepository[ImportBatch]):
    """Batches and their rows."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(ImportBatch, session)

    async def copy(self, statement: str, lines: Iterable[str]) -> None:
        """Write lines of COPY's text format into a table of staging."""
        raw = await (await self.session.connection()).get_raw_connection()
        connection: Any = raw.driver_connection
        async with connection.cursor() as cursor, cursor.copy(statement) as copying:
            await copying.write("".join(lines))

    async def set_based(self) -> None:
        """Tell the planner, for this unit of work, that whole tables are joined: no row by row, no compiling."""
        for name in ("jit", "enable_nestloop"):
            await self.session.execute(text(f"SET LOCAL {name} = off"))

    async def compare(self, batch_id: uuid.UUID, *, sales: bool) -> None:
        """Tell rows apart that are new, known, told twice or cannot be."""
        if sales:
            await self.set_based()
            for statement in sql.COMPARE:
                await self.session.execute(text(statement), {"batch": batch_id})

    async def verdicts(self, batch_id: uuid.UUID) -> dict[str, int]:
        """Count a batch's rows by verdict."""
        verdict = case(
            (ImportRecord.verdict.in_(TAKEN) & (ImportRecord.row_number <= ImportBatch.applied_until), "applied"),
            else_=cast(ImportRecord.verdict, String),
        )
        statement = (
            select(verdict, func.count())
            .join(ImportBatch, ImportBatch.id == ImportRecord.batch_id)
            .where(ImportRecord.batch_id == batch_id)
            .group_by(verdict)
        )
        return {str(row[0]): row[1] for row in (await self.session.execute(statement)).all()}

    async def span(self, batch_id: uuid.UUID, after: int, rows: int, *, sales: bool) -> tuple[int, int]:
        """Return the number of the last of the next rows to apply (`after` when none is left), and how many they are."""
        table = "integration.import_sales" if sales else "integration.import_records"
        found = await self.session.execute(
            text(sql.SPAN_END.format(table=table)), {"batch": batch_id, "after": after, "rows": rows}
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

    async def add_products(self, rows: Sequence[dict[str, Any]]) -> None:
        """Make products: code, name, style, brand."""
        if rows:
            await self.session.execute(
                text(
                    "INSERT INTO products.products (id, sku, name, style_code, brand_id, category_id)"
                    " SELECT gen_random_uuid(), :code, :name, :style, :brand, id FROM core.categories WHERE slug = 'sneakers'"
                    " ON CONFLICT DO NOTHING"
                ),
                rows,
            )

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
        """Make orders of a span's sales, with fees, history and payouts, and say that the batch is so far."""
        await self.session.execute(text(sql.PAYOUTS), place)
        told = {**place, "codes": list(codes), "products": list(codes.values())}
        await self.session.execute(text(sql.APPLY), told)
        await self.session.execute(text(sql.PAID), place)

    async def apply_feed(self, place: dict[str, Any]) -> None:
        """Store the products of a span of a feed."""
        await self.session.execute(text(sql.FEED), place)

    async def applied(self, batch_id: uuid.UUID, until: int, rows: int) -> None:
        """Say how far a batch is."""
        await self.finish(batch_id, applied_until=until, processed_records=ImportBatch.processed_records + rows)

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
        statement = select(ImportRecord).where(ImportRecord.batch_id == batch_id)
        so_far = ImportRecord.row_number <= batch.applied_until
        if verdict is RowVerdict.APPLIED:
            statement = statement.where(ImportRecord.verdict.in_(TAKEN) & so_far | (ImportRecord.verdict == verdict))
        elif verdict is not None:
            statement = statement.where(ImportRecord.verdict == verdict)
            if verdict in TAKEN:
                statement = statement.where(~so_far)
        found = await self.session.scalars(statement.order_by(ImportRecord.row_number).offset(skip).limit(limit))
        rows = [StagedRow.of(row, batch) for row in found]
        made = await self.session.scalars(select(Order.id).where(Order.id.in_([row.order_id for row in rows])))
        there = set(made)
        return [row if row.order_id in there else replace(row, order_id=None) for row in rows]

    async def record(self, batch_id: uuid.UUID, number: int) -> ImportRecord | None:
        """Return one row held for a change."""
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
