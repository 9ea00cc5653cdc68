"""Queries over statements: what an owner's next one has to say, those issued, their numbers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    ConsignedPair,
    ConsignmentAdjustment,
    ConsignmentLine,
    ConsignmentStatement,
    Consignor,
    InventoryItem,
    NumberRange,
    Order,
    OrderStatusChange,
    Platform,
)
from shared.repositories.base_repository import HELD, BaseRepository
from shared.repositories.figures import ENDED
from shared.repositories.rows import AnyRow, AnySelect

Statement = ConsignmentStatement


class StatementRepository(BaseRepository[Statement]):
    """Statements within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Statement, session)

    async def sales(self, consignor_id: uuid.UUID, until: date) -> Sequence[AnyRow]:
        """Return orders of an owner's pairs up to a day, oldest first, with what was stated about each.

        Rows are (order, its pair's terms, marketplace, stated or None, when it ended or None).
        """
        stated = (
            select(ConsignmentLine.order_id, func.sum(ConsignmentLine.amount).label("amount"))
            .join(Statement, Statement.id == ConsignmentLine.statement_id)
            .where(Statement.consignor_id == consignor_id, ConsignmentLine.order_id.is_not(None))
            .group_by(ConsignmentLine.order_id)
            .subquery()
        )
        ended = (
            select(func.max(OrderStatusChange.at))
            .where(OrderStatusChange.order_id == Order.id, OrderStatusChange.to_status.in_(ENDED))
            .correlate(Order)
            .scalar_subquery()
        )
        statement: AnySelect = (
            select(Order, ConsignedPair, Platform.name, stated.c.amount, ended)
            .join(InventoryItem, InventoryItem.id == Order.inventory_item_id)
            .join(ConsignedPair, ConsignedPair.item_id == InventoryItem.id)
            .join(Platform, Platform.id == Order.platform_id)
            .outerjoin(stated, stated.c.order_id == Order.id)
            .where(
                ConsignedPair.consignor_id == consignor_id,
                Order.consignor_share.is_not(None),
                func.date(func.timezone("UTC", Order.sold_at)) <= until,
            )
            .order_by(Order.sold_at, Order.id)
        )
        return (await self.session.execute(statement)).all()

    async def adjustments(
        self, consignor_id: uuid.UUID, until: date | None = None, *, open_only: bool = True
    ) -> Sequence[ConsignmentAdjustment]:
        """Return adjustments of an owner, oldest first; of those no statement has yet, or all that were not removed."""
        row = ConsignmentAdjustment
        conditions = [row.consignor_id == consignor_id, row.removed_at.is_(None)]
        if open_only:
            conditions.append(row.statement_id.is_(None))
        if until is not None:
            conditions.append(row.happened_on <= until)
        statement = select(row).where(*conditions).order_by(row.happened_on, row.created_at, row.amount.desc(), row.id)
        return (await self.session.scalars(statement)).all()

    async def adjustment_held(self, adjustment_id: uuid.UUID) -> ConsignmentAdjustment | None:
        """Return an adjustment held for a change."""
        return await self.session.get(
            ConsignmentAdjustment, adjustment_id, with_for_update=HELD, populate_existing=True
        )

    async def latest(self, consignor_id: uuid.UUID) -> Statement | None:
        """Return an owner's latest statement."""
        statement = select(Statement).where(Statement.consignor_id == consignor_id)
        return (await self.session.scalars(statement.order_by(Statement.period_until.desc()).limit(1))).one_or_none()

    async def of_day(self, consignor_id: uuid.UUID, until: date) -> Statement | None:
        """Return the statement that ends on a day."""
        return await self.find_one(Statement.consignor_id == consignor_id, Statement.period_until == until)

    async def first_day(self, consignor_id: uuid.UUID) -> date | None:
        """Return the day an owner's first pair came in."""
        statement = select(func.min(ConsignedPair.received_on)).where(ConsignedPair.consignor_id == consignor_id)
        return await self.session.scalar(statement)

    async def page(
        self, consignor_id: uuid.UUID | None, skip: int, limit: int, *, open_only: bool = False
    ) -> tuple[list[dict[str, Any]], int]:
        """Return statements with their owners' names, latest first, and how many fit. `later` says that a newer one exists."""
        newer = func.lead(Statement.id).over(partition_by=Statement.consignor_id, order_by=Statement.period_until)
        every = select(Statement.id, newer.label("newer")).subquery()
        statement: AnySelect = (
            select(Statement, Consignor.name, every.c.newer)
            .join(Consignor, Consignor.id == Statement.consignor_id)
            .join(every, every.c.id == Statement.id)
            .order_by(Statement.issued_at.desc(), Statement.number.desc())
        )
        if consignor_id is not None:
            statement = statement.where(Statement.consignor_id == consignor_id)
        if open_only:
            statement = statement.where(Statement.paid_on.is_(None), Statement.closing > 0, every.c.newer.is_(None))
        total = await self.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
        rows = await self.session.execute(statement.offset(skip).limit(limit))
        return [{"row": row, "consignor": name, "later": newer is not None} for row, name, newer in rows], total

    async def lines(self, statement_id: uuid.UUID) -> Sequence[ConsignmentLine]:
        """Return a statement's lines in their order."""
        statement = select(ConsignmentLine).where(ConsignmentLine.statement_id == statement_id)
        return (await self.session.scalars(statement.order_by(ConsignmentLine.position))).all()

    async def take_number(self, series: str) -> int:
        """Return the next number of a series, held until the unit ends: a unit that fails gives it back, so there is no gap."""
        await self.session.execute(
            insert(NumberRange)
            .values(id=uuid.uuid4(), name=series, last=0)
            .on_conflict_do_nothing(index_elements=["name"])
        )
        counted = update(NumberRange).where(NumberRange.name == series).values(last=NumberRange.last + 1)
        return (await self.session.scalars(counted.returning(NumberRange.last))).one()
