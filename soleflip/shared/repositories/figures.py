"""Queries behind the dashboard and the key figures; constant in number, each over an index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Date, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Brand, InventoryItem, Order, Product, Size
from shared.database.words import MatchState, OrderStatus
from shared.repositories.rows import AnyRow, AnySelect
from shared.rules import stock
from shared.rules.orders import TO_SHIP

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
ENDED = (OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.FAILED_AUTHENTICATION)


class FiguresRepository:
    """Figures of stock and sales."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def stock(self) -> AnyRow:
        """Return items, on hand, sold, listed, value of unsold goods of ours, average purchase price, pieces of others unsold."""
        unsold = and_(I.status.in_(stock.UNSOLD), I.consignor_id.is_(None))
        statement: AnySelect = select(
            func.count(),
            func.coalesce(func.sum(case((I.status.in_(stock.ON_HAND), I.quantity), else_=0)), 0),
            func.coalesce(func.sum(case((I.status.in_(stock.SOLD), I.quantity), else_=0)), 0),
            func.coalesce(func.sum(case((I.status.in_(stock.LISTED), I.quantity), else_=0)), 0),
            func.coalesce(
                func.sum(case((unsold, (func.coalesce(I.purchase_price, 0) + I.landed_costs) * I.quantity), else_=0)), 0
            ),
            func.avg(I.purchase_price),
            func.coalesce(
                func.sum(case((and_(I.status.in_(stock.UNSOLD), I.consignor_id.is_not(None)), I.quantity), else_=0)), 0
            ),
        ).where(I.archived_at.is_(None))
        return (await self.session.execute(statement)).one()

    async def sales(self, since: datetime | None = None) -> AnyRow:
        """Return orders, revenue, profit, average sale in euros, and how many wait for money or for their pair."""
        lasting = Order.status.not_in(ENDED)
        statement: AnySelect = select(
            func.coalesce(func.sum(case((lasting, 1), else_=0)), 0),
            func.coalesce(func.sum(case((lasting, Order.gross_sale / Order.exchange_rate), else_=0)), 0),
            func.coalesce(func.sum(case((lasting, func.coalesce(Order.net_profit, 0)), else_=0)), 0),
            func.avg(case((lasting, Order.gross_sale / Order.exchange_rate))),
            func.coalesce(func.sum(case((and_(lasting, ~Order.payout_received), 1), else_=0)), 0),
            func.coalesce(func.sum(case((Order.match_state == MatchState.SUGGESTED, 1), else_=0)), 0),
            func.count(),
        )
        if since is not None:
            statement = statement.where(Order.sold_at >= since)
        return (await self.session.execute(statement)).one()

    async def to_ship(self, now: datetime) -> AnyRow:
        """Return how many orders are to be shipped, how many of them are late, and the nearest deadline to come."""
        late = Order.ship_by < now
        statement: AnySelect = select(
            func.count(), func.count(case((late, 1))), func.min(case((~late, Order.ship_by)))
        ).where(Order.status.in_(TO_SHIP))
        return (await self.session.execute(statement)).one()

    async def brands(self, limit: int) -> Sequence[AnyRow]:
        """Return the brands that earned most: name, orders, revenue, average price."""
        revenue = func.sum(Order.gross_sale / Order.exchange_rate)
        statement: AnySelect = (
            select(
                func.coalesce(Brand.name, "Unknown"),
                func.count(),
                revenue,
                func.avg(Order.gross_sale / Order.exchange_rate),
            )
            .select_from(Order)
            .outerjoin(Product, Product.id == Order.product_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .where(Order.status.not_in(ENDED))
            .group_by(Brand.name)
            .order_by(revenue.desc())
            .limit(limit)
        )
        return (await self.session.execute(statement)).all()

    async def recent(self, limit: int) -> Sequence[AnyRow]:
        """Return the latest sales: date, price, profit, product, brand."""
        statement: AnySelect = (
            select(Order.sold_at, Order.gross_sale, Order.net_profit, Order.product_name, Brand.name)
            .outerjoin(Product, Product.id == Order.product_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .order_by(Order.sold_at.desc(), Order.id.desc())
            .limit(limit)
        )
        return (await self.session.execute(statement)).all()

    async def weeks(self, since: datetime) -> Sequence[AnyRow]:
        """Return revenue and profit by week, for the plot."""
        week = func.date_trunc("week", Order.sold_at)
        statement: AnySelect = (
            select(
                week,
                func.count(),
                func.sum(Order.gross_sale / Order.exchange_rate),
                func.sum(func.coalesce(Order.net_profit, 0)),
            )
            .where(Order.sold_at >= since, Order.status.not_in(ENDED))
            .group_by(week)
            .order_by(week)
        )
        return (await self.session.execute(statement)).all()

    async def pace(self, since: datetime) -> dict[str, Any]:
        """Return how stock turns into money: median days to sell, payout lag, cancellations, sell-through."""
        arrived = func.coalesce(I.delivery_date, I.purchase_date, cast(I.created_at, Date))
        days = cast(Order.sold_at, Date) - arrived
        lag = func.extract("epoch", Order.payout_date - Order.sold_at) / 86_400
        statement: AnySelect = (
            select(
                func.percentile_cont(0.5).within_group(days),
                func.percentile_cont(0.5).within_group(lag),
                func.count(),
                func.coalesce(func.sum(case((Order.status.in_(ENDED), 1), else_=0)), 0),
                func.sum(Order.cost_of_goods),
                func.sum(Order.net_profit),
                func.sum(Order.cost_of_goods * func.greatest(days, 1)),
            )
            .select_from(Order)
            .outerjoin(I, I.id == Order.inventory_item_id)
            .where(Order.sold_at >= since)
        )
        row = (await self.session.execute(statement)).one()
        names = ("days_to_sell", "payout_lag_days", "orders", "failed", "cost_of_goods", "net_profit", "capital_days")
        return dict(zip(names, row, strict=True))

    async def ageing(self) -> Sequence[AnyRow]:
        """Return unsold goods by age: bucket, pieces, money."""
        arrived = func.coalesce(I.delivery_date, I.purchase_date, cast(I.created_at, Date))
        age = func.current_date() - arrived
        bucket = case(
            (age <= 30, "0-30"), (age <= 60, "31-60"), (age <= 120, "61-120"), (age <= 180, "121-180"), else_="181+"
        )
        statement: AnySelect = (
            select(bucket, func.sum(I.quantity), func.sum(func.coalesce(I.purchase_price, 0) * I.quantity))
            .where(I.status.in_(stock.ON_HAND), I.archived_at.is_(None), I.consignor_id.is_(None))
            .group_by(bucket)
        )
        return (await self.session.execute(statement)).all()

    async def sell_through(self, days: int) -> AnyRow:
        """Return how many pieces arrived more than `days` ago and how many of them were sold within `days`."""
        arrived = func.coalesce(I.delivery_date, I.purchase_date, cast(I.created_at, Date))
        within = and_(I.sold_at.is_not(None), cast(I.sold_at, Date) - arrived <= days)
        statement: AnySelect = select(
            func.coalesce(func.sum(I.quantity), 0), func.coalesce(func.sum(case((within, I.quantity), else_=0)), 0)
        ).where(arrived <= func.current_date() - days, I.archived_at.is_(None))
        return (await self.session.execute(statement)).one()

    async def size_curve(self, since: datetime) -> Sequence[AnyRow]:
        """Return sales by size on the EU scale: size, orders, average price, average profit."""
        statement: AnySelect = (
            select(
                Size.standardized_value,
                func.count(),
                func.avg(Order.gross_sale / Order.exchange_rate),
                func.avg(Order.net_profit),
            )
            .join(Size, Size.id == Order.size_id)
            .where(Order.sold_at >= since, Order.status.not_in(ENDED), Size.standardized_value.is_not(None))
            .group_by(Size.standardized_value)
            .order_by(Size.standardized_value)
        )
        return (await self.session.execute(statement)).all()
