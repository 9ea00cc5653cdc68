"""Queries over payouts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Order, Payout, PayoutLine
from shared.repositories.base_repository import BaseRepository
from shared.repositories.rows import AnyRow

LINES = table(
    "payout_lines", *map(column, ("payout_id", "external_order_id", "order_id", "amount", "expected", "text")),
    schema="transactions",
)  # fmt: skip
"""A view: lines as stored, and those imported orders tell themselves."""


class PayoutRepository(BaseRepository[Payout]):
    """Payouts and their lines."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Payout, session)

    async def latest(self, skip: int, limit: int) -> Sequence[Payout]:
        """Return payouts, latest first."""
        statement = select(Payout).order_by(Payout.paid_at.desc(), Payout.id.desc()).offset(skip).limit(limit)
        return (await self.session.scalars(statement)).all()

    async def lines(self, payout_id: uuid.UUID) -> Sequence[AnyRow]:
        """Return a payout's lines: external_order_id, order_id, amount, expected, text."""
        return (await self.session.execute(select(LINES).where(LINES.c.payout_id == payout_id))).all()

    def write_line_out(self, order: Order) -> None:
        """Give what an order tells of its payout a line of its own, before it is told of another."""
        if order.payout_id is not None and order.payout_amount is not None:
            self.session.add(
                PayoutLine(payout_id=order.payout_id, order_id=order.id, external_order_id=order.external_id,
                           amount=order.payout_amount, expected=order.payout_amount)
            )  # fmt: skip
        order.payout_amount = None

    async def orders_by_number(self, platform_id: uuid.UUID, numbers: list[str]) -> dict[str, Order]:
        """Return a marketplace's orders by their number, held for a change in a fixed order."""
        statement = (
            select(Order)
            .where(Order.platform_id == platform_id, Order.external_id.in_(numbers))
            .order_by(Order.id)
            .with_for_update(key_share=True)
        )
        return {row.external_id: row for row in await self.session.scalars(statement)}
