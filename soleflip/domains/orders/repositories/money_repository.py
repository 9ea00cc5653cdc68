"""Queries over payouts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Order, Payout, PayoutLine
from shared.repositories.base_repository import BaseRepository


class PayoutRepository(BaseRepository[Payout]):
    """Payouts and their lines."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Payout, session)

    async def latest(self, skip: int, limit: int) -> Sequence[Payout]:
        """Return payouts, latest first."""
        statement = select(Payout).order_by(Payout.paid_at.desc(), Payout.id.desc()).offset(skip).limit(limit)
        return (await self.session.scalars(statement)).all()

    async def lines(self, payout_id: uuid.UUID) -> Sequence[PayoutLine]:
        """Return a payout's lines."""
        return (await self.session.scalars(select(PayoutLine).where(PayoutLine.payout_id == payout_id))).all()

    async def orders_by_number(self, platform_id: uuid.UUID, numbers: list[str]) -> dict[str, Order]:
        """Return a marketplace's orders by their number, held for a change in a fixed order."""
        statement = (
            select(Order)
            .where(Order.platform_id == platform_id, Order.external_id.in_(numbers))
            .order_by(Order.id)
            .with_for_update(key_share=True)
        )
        return {row.external_id: row for row in await self.session.scalars(statement)}
