"""Queries behind opportunities: retail offers, and what was done about them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Brand, OpportunityAction, PriceSource, Product, Size, Supplier
from shared.database.words import PriceType
from shared.repositories.rows import AnyRow, AnySelect


class OfferRepository:
    """Offers within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def retail(self, *conditions: Any, limit: int = 5000) -> Sequence[AnyRow]:
        """Return retail offers in stock with product, size (and its EU scale) and supplier, the cheapest first."""
        statement: AnySelect = (
            select(
                PriceSource.id, PriceSource.product_id, Product.name, Product.sku, Product.brand_id, Brand.name.label("brand"),
                PriceSource.price_cents, PriceSource.currency, PriceSource.source_type, PriceSource.source_name,
                Supplier.name.label("supplier"), PriceSource.source_url, PriceSource.stock_quantity, Size.value.label("size"),
                Size.region.label("region"), Size.standardized_value.label("eu"), PriceSource.last_updated,
            )
            .join(Product, Product.id == PriceSource.product_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .outerjoin(Size, Size.id == PriceSource.size_id)
            .outerjoin(Supplier, Supplier.id == PriceSource.supplier_id)
            .where(PriceSource.price_type == PriceType.RETAIL, PriceSource.in_stock, PriceSource.currency == "EUR", *conditions)
            .order_by(PriceSource.price_cents, PriceSource.id)
            .limit(limit)
        )  # fmt: skip
        return (await self.session.execute(statement)).all()

    async def us_sizes(self) -> dict[Decimal, str]:
        """Return the US size of each EU size."""
        statement = select(Size.standardized_value, func.min(Size.value)).where(
            Size.region == "US", Size.standardized_value.is_not(None)
        )
        rows = (await self.session.execute(statement.group_by(Size.standardized_value))).all()
        return {eu: value for eu, value in rows if eu is not None and value is not None}

    async def acted(self) -> dict[tuple[uuid.UUID, str], str]:
        """Return the last action by (product, source)."""
        statement = select(OpportunityAction).order_by(OpportunityAction.at)
        return {(each.product_id, each.source): each.action for each in (await self.session.scalars(statement)).all()}

    async def act(self, product_id: uuid.UUID, source: str, action: str, by: uuid.UUID) -> None:
        """Remember what was done about an opportunity."""
        self.session.add(OpportunityAction(product_id=product_id, source=source, action=action, by_id=by))
        await self.session.flush()

    async def keep(self, values: dict[str, Any]) -> None:
        """Store an offer, or bring the known one up to date."""
        changed = {
            name: values[name] for name in ("price_cents", "in_stock", "stock_quantity", "source_url", "source_name")
        }
        keys = ["product_id", "source_type", "source_product_id", "size_id"]
        await self.session.execute(
            insert(PriceSource)
            .values(id=uuid.uuid4(), **values)
            .on_conflict_do_update(index_elements=keys, set_={**changed, "last_updated": func.clock_timestamp()})
        )

    async def counts(self) -> Sequence[AnyRow]:
        """Return by kind of source: offers, in stock, last update."""
        statement: AnySelect = (
            select(
                PriceSource.source_type, func.count(), func.count().filter(PriceSource.in_stock),
                func.max(PriceSource.last_updated),
            )
            .group_by(PriceSource.source_type)
            .order_by(PriceSource.source_type)
        )  # fmt: skip
        return (await self.session.execute(statement)).all()
