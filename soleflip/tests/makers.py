"""Makes rows for tests, with sensible defaults."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Brand, Category, InventoryItem, Order, Platform, Product
from shared.database.words import ItemStatus
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import sizes

# Far from what tests write by hand, and of one width: names sort as they were made, whatever ran before in this process.
_counter = itertools.count(100_001)


async def make_product(session: AsyncSession, brand: str = "Nike", **more: Any) -> Product:
    """Store a product."""
    number = next(_counter)
    category = (await session.scalars(select(Category).where(Category.slug == "sneakers"))).one()
    row = (await session.scalars(select(Brand).where(Brand.name == brand))).one()
    values = {"sku": f"SKU-{number}", "name": f"{brand} Model {number}", **more}
    product = Product(category_id=category.id, brand_id=row.id, **values)
    session.add(product)
    await session.commit()
    return product


async def make_item(
    session: AsyncSession, product: Product | None = None, size: str = "US 9", **more: Any
) -> InventoryItem:
    """Store an item in stock, bought for 100.00 net."""
    product = product or await make_product(session)
    size_id = await CatalogueLookup(session).size(sizes.parse(size))
    values = {
        "status": ItemStatus.IN_STOCK,
        "purchase_price": Decimal("100.00"),
        "gross_purchase_price": Decimal("119.00"),
        "purchase_date": date(2026, 1, 5),
        **more,
    }
    item = InventoryItem(product_id=product.id, size_id=size_id, **values)
    session.add(item)
    await session.commit()
    return item


async def make_order(session: AsyncSession, platform: str = "stockx", **more: Any) -> Order:
    """Store an order of 150.00 with a payout of 130.00."""
    number = next(_counter)
    row = (await session.scalars(select(Platform).where(Platform.slug == platform))).one()
    values = {
        "external_id": f"{70000000 + number}",
        "product_name": "Nike Dunk Low",
        "gross_sale": Decimal("150.00"),
        "net_proceeds": Decimal("130.00"),
        "sold_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        **more,
    }
    order = Order(platform_id=row.id, **values)
    session.add(order)
    await session.commit()
    return order
