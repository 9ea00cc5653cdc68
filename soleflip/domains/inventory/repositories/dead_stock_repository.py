"""Queries behind the judgement on unsold goods."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Date, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import InventoryItem, MarketPrice, Product, Size
from shared.repositories.rows import AnyRow
from shared.rules import stock

I = InventoryItem  # noqa: E741 -- the conditions below are read faster so


class DeadStockRepository:
    """Unsold goods with what they cost, and how fast others went."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def unsold(self) -> Sequence[AnyRow]:
        """Return unsold items of ours with their latest market price (own size first, else any), one query."""
        market = (
            select(func.coalesce(MarketPrice.last_sale, MarketPrice.average_price, MarketPrice.lowest_ask))
            .where(
                MarketPrice.product_id == I.product_id,
                or_(MarketPrice.size_value == Size.value, MarketPrice.size_value == ""),
            )
            .order_by(MarketPrice.size_value.desc(), MarketPrice.price_date.desc())
            .limit(1)
            .correlate(I, Size)
            .scalar_subquery()
        )
        since = func.coalesce(I.delivery_date, I.purchase_date, cast(I.created_at, Date))
        statement = (
            select(
                I.id,
                I.number,
                I.status,
                I.quantity,
                I.list_price,
                I.floor_price,
                Product.name,
                Product.sku,
                Product.brand_id,
                Product.category_id,
                Size.value.label("size"),
                (I.purchase_price + I.landed_costs).label("cost"),
                since.label("since"),
                func.coalesce(market, Product.avg_resale_price).label("market"),
            )
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .where(
                I.status.in_(stock.ON_HAND),
                I.archived_at.is_(None),
                I.consignor_id.is_(None),
                I.purchase_price.is_not(None),
                I.quantity > 0,
            )
        )
        return (await self.session.execute(statement)).all()

    async def days_to_sell(self) -> dict[tuple[uuid.UUID | None, uuid.UUID], float]:
        """Return the median days from arrival to sale by brand and category, over the last year."""
        since = func.coalesce(I.delivery_date, I.purchase_date, cast(I.created_at, Date))
        days = cast(I.sold_at, Date) - since
        statement = (
            select(Product.brand_id, Product.category_id, func.percentile_cont(0.5).within_group(days))
            .join(Product, Product.id == I.product_id)
            .where(and_(I.sold_at.is_not(None), I.sold_at > func.now() - func.make_interval(1)))
            .group_by(Product.brand_id, Product.category_id)
        )
        return {(brand, category): float(median) for brand, category, median in await self.session.execute(statement)}

    async def held(self, ids: list[uuid.UUID]) -> Sequence[InventoryItem]:
        """Return items held for a change, in a fixed order so that two callers do not wait for each other."""
        statement = select(I).where(I.id.in_(ids)).order_by(I.id).with_for_update(key_share=True)
        return (await self.session.scalars(statement)).all()
