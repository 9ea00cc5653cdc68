"""Queries over suppliers: what was bought of each, how fast it came and what it earned."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import InventoryItem, Order, OrderReturn, Supplier, SupplierPerformance
from shared.repositories.figures import ENDED
from shared.repositories.rows import AnyRow, AnySelect
from shared.rules import stock

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
NAMES = (
    "name", "supplier_id", "category", "pieces", "spent", "sold", "profit", "cost_of_sold", "delivery_days",
    "days_to_sell", "last_bought", "unsold_value",
)  # fmt: skip


class SupplierRepository:
    """Suppliers within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def bought(self) -> Sequence[AnyRow]:
        """Return rows of `NAMES`: one per supplier goods were bought of, by name where it is no row of its own."""
        name = func.coalesce(Supplier.name, I.supplier)
        sold = I.status.in_(stock.SOLD)
        statement: AnySelect = (
            select(
                name, Supplier.id, Supplier.supplier_category, func.sum(I.quantity),
                func.sum(func.coalesce(I.gross_purchase_price, I.purchase_price) * I.quantity),
                func.sum(case((sold, I.quantity), else_=0)), func.sum(Order.net_profit), func.sum(Order.cost_of_goods),
                func.avg(I.delivery_date - I.purchase_date),
                func.avg(cast(Order.sold_at, Date) - func.coalesce(I.delivery_date, I.purchase_date)),
                func.max(I.purchase_date),
                func.sum(case((I.status.in_(stock.UNSOLD), func.coalesce(I.purchase_price, 0) * I.quantity), else_=0)),
            )
            .select_from(I)
            .outerjoin(Supplier, Supplier.id == I.supplier_id)
            .outerjoin(Order, (Order.inventory_item_id == I.id) & Order.status.not_in(ENDED))
            .where(name.is_not(None), I.archived_at.is_(None), I.is_placeholder.is_(False))
            .group_by(name, Supplier.id, Supplier.supplier_category)
            .order_by(func.sum(Order.net_profit).desc().nulls_last())
        )  # fmt: skip
        return (await self.session.execute(statement)).all()

    async def month(self, supplier_id: uuid.UUID, first: date, after: date) -> AnyRow:
        """Return a month's purchases of a supplier: pieces, mean delivery days, returns, mean ROI."""
        returned = select(OrderReturn.order_id)
        statement: AnySelect = (
            select(
                func.count(), func.avg(I.delivery_date - I.purchase_date),
                func.count().filter(Order.id.in_(returned)), func.avg(Order.roi),
            )
            .select_from(I)
            .outerjoin(Order, Order.inventory_item_id == I.id)
            .where(I.supplier_id == supplier_id, I.purchase_date >= first, I.purchase_date < after)
        )  # fmt: skip
        return (await self.session.execute(statement)).one()

    async def keep_month(self, values: dict[str, Any]) -> None:
        """Store a month's figures, once per supplier and month."""
        changed = {name: value for name, value in values.items() if name not in ("supplier_id", "month_year")}
        await self.session.execute(
            insert(SupplierPerformance)
            .values(id=uuid.uuid4(), **values)
            .on_conflict_do_update(index_elements=["supplier_id", "month_year"], set_=changed)
        )

    async def months(self, supplier_id: uuid.UUID) -> Sequence[SupplierPerformance]:
        """Return a supplier's months, newest first."""
        statement = select(SupplierPerformance).where(SupplierPerformance.supplier_id == supplier_id)
        return (await self.session.scalars(statement.order_by(SupplierPerformance.month_year.desc()))).all()

    async def every(self) -> Sequence[Supplier]:
        """Return every supplier by name."""
        return (await self.session.scalars(select(Supplier).order_by(Supplier.name))).all()

    async def by_slug(self, slug: str) -> Supplier | None:
        """Return a supplier."""
        return (await self.session.scalars(select(Supplier).where(Supplier.slug == slug))).one_or_none()
