"""Queries over items: lists, one item, history, reservations, figures."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    Brand,
    Category,
    InventoryItem,
    Location,
    Product,
    Reservation,
    Size,
    StatusChange,
    User,
)
from shared.database.words import ItemStatus
from shared.repositories.base_repository import BaseRepository
from shared.repositories.paging import Found, Listing
from shared.repositories.rows import AnyRow, AnySelect
from shared.rules import stock

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
COLUMNS = (
    I.id, I.number, I.product_id, Product.name, Product.sku, Brand.name, Category.name, Size.value, Size.region,
    I.quantity, I.reserved_quantity, I.purchase_price, I.gross_purchase_price, I.landed_costs, I.currency,
    I.purchase_date, I.supplier, I.supplier_id, I.status, I.detailed_status, I.condition, I.box_condition,
    I.tax_scheme, I.list_price, I.floor_price, I.ceiling_price, Location.code, I.consignor_id, I.barcode, I.notes, I.version,
    I.listed_at, I.sold_at, I.updated_at, I.created_at,
)  # fmt: skip
NAMES = (
    "id", "number", "product_id", "product_name", "sku", "brand_name", "category_name", "size", "size_region",
    "quantity", "reserved_quantity", "purchase_price", "gross_purchase_price", "landed_costs", "currency",
    "purchase_date", "supplier", "supplier_id", "status", "detailed_status", "condition", "box_condition",
    "tax_scheme", "list_price", "floor_price", "ceiling_price", "location", "consignor_id", "barcode", "notes", "version",
    "listed_at", "sold_at", "updated_at", "created_at",
)  # fmt: skip
ROWS = (
    select(*COLUMNS)
    .join(Product, Product.id == I.product_id)
    .join(Category, Category.id == Product.category_id)
    .join(Size, Size.id == I.size_id)
    .outerjoin(Brand, Brand.id == Product.brand_id)
    .outerjoin(Location, Location.id == I.location_id)
)
LIST = Listing(I.created_at, I.id, ROWS)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list is narrowed to; empty means all. `status` may hold several words with commas."""

    q: str | None = None
    brand: str | None = None
    category: str | None = None
    status: str | None = None
    size: str | None = None
    location: str | None = None
    supplier_id: uuid.UUID | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    archived: bool = False
    consigned: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions; which joins they need says `joins`."""
        found: list[ColumnElement[bool]] = [I.archived_at.is_not(None) if self.archived else I.archived_at.is_(None)]
        if self.q:
            words = f"%{_escaped(self.q.lower())}%"
            exact = self.q.strip().lstrip("#")
            found.append(
                or_(
                    func.lower(Product.name).like(words, escape="\\"),
                    func.lower(Product.sku).like(words, escape="\\"),
                    I.barcode == exact,
                    *([I.number == int(exact)] if exact.isascii() and exact.isdigit() and len(exact) < 18 else []),
                )
            )
        if self.brand:
            found.append(or_(func.lower(Brand.name) == self.brand.lower(), Brand.slug == self.brand.lower()))
        if self.category:
            found.append(
                or_(func.lower(Category.name) == self.category.lower(), Category.slug == self.category.lower())
            )
        if self.status:
            words_told = [word.strip() for word in self.status.split(",")]
            found.append(I.status.in_([word for word in ItemStatus if word.value in words_told]))
        if self.size:
            found.append(func.lower(Size.value) == self.size.lower().removeprefix("us ").strip())
        if self.location:
            found.append(func.lower(Location.code) == self.location.lower())
        if self.supplier_id:
            found.append(I.supplier_id == self.supplier_id)
        if self.consigned is not None:
            found.append(I.consignor_id.is_not(None) if self.consigned else I.consignor_id.is_(None))
        if self.min_price is not None:
            found.append(I.purchase_price >= self.min_price)
        if self.max_price is not None:
            found.append(I.purchase_price <= self.max_price)
        return found

    def keys(self) -> AnySelect:
        """Return the query for keys with the joins these filters need, and no more."""
        found: AnySelect = select(I.id)
        if self.q or self.brand or self.category:
            found = found.join(Product, Product.id == I.product_id)
        if self.brand:
            found = found.outerjoin(Brand, Brand.id == Product.brand_id)
        if self.category:
            found = found.join(Category, Category.id == Product.category_id)
        if self.size:
            found = found.join(Size, Size.id == I.size_id)
        if self.location:
            found = found.join(Location, Location.id == I.location_id)
        return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class InventoryRepository(BaseRepository[InventoryItem]):
    """Items."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(InventoryItem, session)

    async def page(self, chosen: ItemFilter, skip: int, limit: int, cursor: str | None) -> Found:
        """Return a page of items, newest first, as rows of `NAMES`."""
        return await LIST.page(self.session, chosen.keys(), chosen.conditions(), skip, limit, cursor)

    async def row(self, item_id: uuid.UUID) -> AnyRow | None:
        """Return one item as a row of `NAMES`."""
        return (await self.session.execute(ROWS.where(I.id == item_id))).one_or_none()

    async def stream(self, chosen: ItemFilter) -> AsyncIterator[Sequence[AnyRow]]:
        """Yield all items that fit in blocks, over a cursor on the server: memory does not grow with them."""
        statement = ROWS.where(*chosen.conditions()).order_by(I.created_at.desc(), I.id.desc())
        result = await self.session.stream(statement.execution_options(yield_per=500))
        async for block in result.partitions():
            yield block

    async def history(self, item_id: uuid.UUID) -> Sequence[AnyRow]:
        """Return an item's steps, newest first: from, to, at, by, reason, source."""
        statement = (
            select(
                StatusChange.from_status,
                StatusChange.to_status,
                StatusChange.at,
                User.username,
                StatusChange.reason,
                StatusChange.source,
            )
            .outerjoin(User, User.id == StatusChange.by_id)
            .where(StatusChange.item_id == item_id)
            .order_by(StatusChange.at.desc(), StatusChange.id)
        )
        return (await self.session.execute(statement)).all()

    async def open_reservations(self, item_id: uuid.UUID) -> Sequence[Reservation]:
        """Return what is held back of an item, oldest first; the rows are held."""
        statement = (
            select(Reservation)
            .where(Reservation.item_id == item_id, Reservation.released_at.is_(None))
            .order_by(Reservation.created_at, Reservation.id)
            .with_for_update()
        )
        return (await self.session.scalars(statement)).all()

    async def figures(self) -> dict[str, Any]:
        """Return counts by status, the value of unsold stock of ours and the average purchase price, in one query.

        `consigned_pieces` are others' and in no value; `consigned_asked` is what is asked for them.
        """
        unsold, hand = I.status.in_(stock.UNSOLD), I.status.in_(stock.ON_HAND)
        cost = (func.coalesce(I.purchase_price, 0) + I.landed_costs) * I.quantity
        own, others = and_(unsold, I.consignor_id.is_(None)), and_(unsold, I.consignor_id.is_not(None))
        row = (
            await self.session.execute(
                select(
                    func.count(),
                    func.coalesce(func.sum(case((hand, I.quantity), else_=0)), 0),
                    func.coalesce(func.sum(case((I.status.in_(stock.SOLD), I.quantity), else_=0)), 0),
                    func.coalesce(func.sum(case((I.status.in_(stock.LISTED), I.quantity), else_=0)), 0),
                    func.coalesce(func.sum(case((own, cost), else_=0)), 0),
                    func.avg(I.purchase_price),
                    func.count(func.distinct(I.product_id)),
                    func.coalesce(func.sum(case((others, I.quantity), else_=0)), 0),
                    func.coalesce(func.sum(case((others, func.coalesce(I.list_price, 0) * I.quantity), else_=0)), 0),
                ).where(I.archived_at.is_(None))
            )
        ).one()
        statuses = await self.session.execute(
            select(I.status, func.count()).where(I.archived_at.is_(None)).group_by(I.status)
        )
        names = (
            "total_items", "items_in_stock", "items_sold", "items_listed", "total_inventory_value",
            "average_purchase_price", "total_products", "consigned_pieces", "consigned_asked",
        )  # fmt: skip
        return {**dict(zip(names, row, strict=True)), "status_breakdown": {word.value: n for word, n in statuses}}

    async def top_brands(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the brands with most money in unsold stock."""
        value = func.sum(func.coalesce(I.purchase_price, 0) * I.quantity).label("value")
        statement = (
            select(func.coalesce(Brand.name, "Unknown"), func.sum(I.quantity), value)
            .select_from(I)
            .join(Product, Product.id == I.product_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .where(I.status.in_(stock.UNSOLD), I.archived_at.is_(None), I.consignor_id.is_(None))
            .group_by(Brand.name)
            .order_by(value.desc())
            .limit(limit)
        )
        return [{"name": name, "items": n, "value": v} for name, n, v in await self.session.execute(statement)]

    async def recent(self, limit: int = 10) -> Sequence[AnyRow]:
        """Return the latest steps of any item."""
        statement = (
            select(StatusChange.at, I.number, Product.name, StatusChange.from_status, StatusChange.to_status)
            .join(I, I.id == StatusChange.item_id)
            .join(Product, Product.id == I.product_id)
            .order_by(StatusChange.at.desc())
            .limit(limit)
        )
        return (await self.session.execute(statement)).all()

    async def low(self, threshold: int, skip: int, limit: int) -> tuple[Sequence[AnyRow], int]:
        """Return products and sizes that sold within 90 days and of which fewer than `threshold` are left."""
        left = func.coalesce(
            func.sum(case((I.status.in_(stock.ON_HAND), I.quantity - I.reserved_quantity), else_=0)), 0
        ).label("left")
        sold = func.coalesce(
            func.sum(
                case(
                    (
                        and_(I.status.in_(stock.SOLD), I.sold_at > func.now() - func.make_interval(0, 0, 0, 90)),
                        I.quantity,
                    ),
                    else_=0,
                )
            ),
            0,
        ).label("sold")
        statement = (
            select(I.product_id, Product.name, Product.sku, Size.value, left, sold)
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .where(I.archived_at.is_(None))
            .group_by(I.product_id, Product.name, Product.sku, Size.value)
            .having(left < threshold, sold > 0)
        )
        total = await self.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        rows = await self.session.execute(
            statement.order_by(sold.desc(), Product.name, Size.value).offset(skip).limit(limit)
        )
        return rows.all(), total

    async def size_run(self, product_id: uuid.UUID) -> Sequence[AnyRow]:
        """Return a product's sizes: size, EU, on hand, listed, sold, average cost, average list price."""
        quantity = {
            "hand": case((I.status.in_(stock.ON_HAND), I.quantity), else_=0),
            "listed": case((I.status.in_(stock.LISTED), I.quantity), else_=0),
            "sold": case((I.status.in_(stock.SOLD), I.quantity), else_=0),
        }
        statement = (
            select(
                Size.value,
                Size.region,
                Size.standardized_value,
                *(func.sum(each) for each in quantity.values()),
                func.avg(I.purchase_price),
                func.avg(I.list_price),
            )
            .join(Size, Size.id == I.size_id)
            .where(I.product_id == product_id, I.archived_at.is_(None))
            .group_by(Size.value, Size.region, Size.standardized_value)
            .order_by(Size.standardized_value.nulls_last(), Size.value)
        )
        found: Sequence[AnyRow] = (await self.session.execute(statement)).all()
        return found


class LocationRepository(BaseRepository[Location]):
    """Places."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Location, session)

    async def counted(self) -> Sequence[AnyRow]:
        """Return every place with how much lies there."""
        statement = (
            select(
                Location.id,
                Location.code,
                Location.name,
                Location.kind,
                Location.parent_id,
                func.coalesce(func.sum(I.quantity), 0),
            )
            .outerjoin(I, and_(I.location_id == Location.id, I.status.in_(stock.ON_HAND)))
            .group_by(Location.id)
            .order_by(Location.code)
        )
        return (await self.session.execute(statement)).all()
