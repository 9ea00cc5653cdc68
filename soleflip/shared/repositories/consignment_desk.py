"""What every domain has to know of consigned pairs: the terms agreed for one, and what its owner gets of a sale."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import ConsignedPair, Consignor, InventoryItem, Order
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import consignment, fees


def as_terms(row: ConsignedPair | Consignor) -> consignment.Terms:
    """Return agreed terms for the rules."""
    return consignment.Terms(
        row.share_percent, row.fixed_fee, row.minimum_payout, row.fees_by, row.shipping_by, row.storage_free_days,
        row.storage_fee_per_day,
    )  # fmt: skip


def sale_of(order: Order, pair: ConsignedPair) -> consignment.Sale:
    """Return an order as the rules look at it, in euros."""
    rate = order.exchange_rate
    return consignment.Sale(
        order.gross_sale / rate, (order.platform_fee + order.payment_fee + order.other_fees) / rate,
        order.shipping_cost / rate, order.quantity, max((order.sold_at.date() - pair.received_on).days, 0),
    )  # fmt: skip


async def pair_of(session: AsyncSession, item_id: uuid.UUID) -> ConsignedPair | None:
    """Return the terms agreed for an item."""
    return (await session.scalars(select(ConsignedPair).where(ConsignedPair.item_id == item_id))).one_or_none()


async def share_of(session: AsyncSession, order: Order, item: InventoryItem) -> consignment.Share | None:
    """Return what the owner of an item gets of an order that sold it."""
    pair = await pair_of(session, item.id)
    return consignment.share(sale_of(order, pair), as_terms(pair)) if pair else None


async def shown(session: AsyncSession, item_id: uuid.UUID) -> tuple[Consignor, ConsignedPair] | None:
    """Return whose an item is, with its terms; None for one of ours."""
    statement = (
        select(Consignor, ConsignedPair)
        .join(ConsignedPair, ConsignedPair.consignor_id == Consignor.id)
        .where(
            ConsignedPair.item_id == item_id, ConsignedPair.given_back_on.is_(None), ConsignedPair.bought_on.is_(None)
        )
    )
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def bought_of(session: AsyncSession, item_id: uuid.UUID) -> Consignor | None:
    """Return the owner an item of ours was bought of; None for one that was never consigned."""
    statement = (
        select(Consignor)
        .join(ConsignedPair, ConsignedPair.consignor_id == Consignor.id)
        .where(ConsignedPair.item_id == item_id, ConsignedPair.bought_on.is_not(None))
    )
    return (await session.scalars(statement)).one_or_none()


async def quote(
    session: AsyncSession, pair: ConsignedPair, price: Decimal, slug: str, today: date
) -> tuple[consignment.Sale, consignment.Share]:
    """Return what a sale of one piece at a price on a marketplace would be today, and how it would be split."""
    catalogue = CatalogueLookup(session)
    market = await catalogue.platform(slug)
    schedule = fees.choose(await catalogue.schedules(market.id, "EUR"), today, market.seller_level)
    quoted = fees.quote(price, schedule or fees.Schedule())
    days = max((today - pair.received_on).days, 0)
    sale = consignment.Sale(price, quoted.fees - quoted.shipping, quoted.shipping, 1, days)
    return sale, consignment.share(sale, as_terms(pair))
