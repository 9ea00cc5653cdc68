"""Reads how long pairs took (or have been here) so that `shared/rules/survival.py` can tell how long others will take."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import Date, Integer, case, cast, func, literal, select, type_coerce, union_all
from sqlalchemy import false as sa_false
from sqlalchemy import true as sa_true
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import InventoryItem, Order, Product, Size
from shared.repositories.figures import ENDED
from shared.repositories.markets import SINCE
from shared.repositories.rows import AnySelect
from shared.rules import stock
from shared.rules.survival import Paces, Spell

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
WINDOW = timedelta(days=730)
"""Pairs that came within this time count, sold or not; the older unsold ones have no sold companions left to weigh them."""


async def selling_pace(session: AsyncSession, product_ids: Iterable[uuid.UUID], today: date) -> Paces:
    """Return the curves of a shop on a day, by size for some products; one query, whose rows do not grow with the others'."""
    came = today - WINDOW <= SINCE
    took = type_coerce(cast(Order.sold_at, Date) - SINCE, Integer)
    sold = (
        select(I.product_id, I.size_id, took.label("days"), sa_true().label("sold"), Order.quantity.label("pairs"))
        .join(Order, Order.inventory_item_id == I.id)
        .where(came, took >= 0, Order.status.not_in(ENDED), cast(Order.sold_at, Date) <= today)
    )
    waits = type_coerce(literal(today, Date) - SINCE, Integer)
    unsold = select(I.product_id, I.size_id, waits, sa_false(), I.quantity).where(
        came, waits >= 0, I.status.in_(stock.UNSOLD), I.archived_at.is_(None), I.quantity > 0
    )
    spells = union_all(sold, unsold).subquery()
    asked = Product.id == func.any(literal(list(set(product_ids)), ARRAY(UUID(as_uuid=True))))
    keys = (case((asked, Product.id)), Product.brand_id, case((asked, Size.value)), spells.c.days, spells.c.sold)
    statement: AnySelect = (
        select(*keys, func.sum(spells.c.pairs))
        .join(Product, Product.id == spells.c.product_id)
        .join(Size, Size.id == spells.c.size_id)
        .group_by(*keys)
    )
    rows = (await session.execute(statement)).all()
    return Paces(
        [Spell(product, brand, size, days, was, int(pairs)) for product, brand, size, days, was, pairs in rows]
    )
