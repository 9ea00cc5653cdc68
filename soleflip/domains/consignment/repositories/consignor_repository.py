"""Queries over owners: the list with what each has here and is owed, their pairs and sales."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    AuditEntry,
    ConsignedPair,
    ConsignmentAdjustment,
    ConsignmentStatement,
    Consignor,
    InventoryItem,
    Listing,
    Location,
    Order,
    Platform,
    Product,
    Size,
)
from shared.repositories.base_repository import HELD, BaseRepository
from shared.repositories.figures import ENDED
from shared.repositories.listing_desk import LIVE
from shared.repositories.rows import AnyRow, AnySelect
from shared.rules import stock
from shared.rules.money import cents

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
PAIR = (
    "item_id", "number", "product_name", "sku", "size_region", "size", "condition", "status", "quantity", "location",
    "list_price", "floor_price", "received_on", "return_by", "given_back_on", "bought_on", "share_percent",
    "fixed_fee", "minimum_payout", "fees_by", "shipping_by", "sold_at", "version",
)  # fmt: skip
SOLD = (
    "order_id", "external_id", "marketplace", "item_id", "number", "product_name", "size", "sold_at", "status", "gross_sale",
    "currency", "consignor_share",
)  # fmt: skip


class ConsignorRepository(BaseRepository[Consignor]):
    """Owners within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Consignor, session)

    async def page(self, q: str | None, skip: int, limit: int, *, archived: bool) -> tuple[Sequence[Consignor], int]:
        """Return owners by name, and how many fit."""
        put_away = Consignor.archived_at.is_not(None) if archived else Consignor.archived_at.is_(None)
        conditions: list[ColumnElement[bool]] = [put_away]
        if q:
            like = "%" + q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            columns = (Consignor.name, Consignor.contact, Consignor.email)
            conditions.append(or_(*(func.lower(column).like(like, escape="\\") for column in columns)))
        statement = select(Consignor).where(*conditions).order_by(func.lower(Consignor.name), Consignor.id)
        rows = (await self.session.scalars(statement.offset(skip).limit(limit))).all()
        return rows, await self.count(*conditions)

    async def figures(self, ids: Sequence[uuid.UUID], today: date) -> dict[uuid.UUID, dict[str, Any]]:
        """Return of each owner: pieces here, asking prices of them, overdue ones, pieces sold, what is owed; five queries."""
        zero = {
            "here": 0,
            "asked": 0,
            "overdue": 0,
            "sold": 0,
            "earned": 0,
            "adjusted": 0,
            "paid": 0,
            "last_statement": None,
        }
        found: dict[uuid.UUID, dict[str, Any]] = {each: dict(zero) for each in ids}
        lasting = and_(Order.status.not_in(ENDED), Order.consignor_share.is_not(None))
        unsold = and_(I.status.in_(stock.UNSOLD), I.archived_at.is_(None))
        queries: tuple[tuple[tuple[str, ...], AnySelect], ...] = (
            (
                ("here", "asked", "overdue"),
                select(
                    I.consignor_id,
                    func.coalesce(func.sum(I.quantity), 0),
                    func.coalesce(func.sum(func.coalesce(I.list_price, 0) * I.quantity), 0),
                    func.coalesce(func.sum(case((ConsignedPair.return_by < today, I.quantity), else_=0)), 0),
                )
                .join(ConsignedPair, ConsignedPair.item_id == I.id)
                .where(I.consignor_id.in_(ids), unsold)
                .group_by(I.consignor_id),
            ),
            (
                ("sold", "earned"),
                select(ConsignedPair.consignor_id, func.sum(Order.quantity), func.sum(Order.consignor_share))
                .join(Order, Order.inventory_item_id == ConsignedPair.item_id)
                .where(ConsignedPair.consignor_id.in_(ids), lasting)
                .group_by(ConsignedPair.consignor_id),
            ),
            (
                ("adjusted",),
                select(ConsignmentAdjustment.consignor_id, func.sum(ConsignmentAdjustment.amount))
                .where(ConsignmentAdjustment.consignor_id.in_(ids), ConsignmentAdjustment.removed_at.is_(None))
                .group_by(ConsignmentAdjustment.consignor_id),
            ),
            (
                ("paid", "last_statement"),
                select(
                    ConsignmentStatement.consignor_id,
                    func.coalesce(func.sum(ConsignmentStatement.paid_amount), 0),
                    func.max(ConsignmentStatement.period_until),
                )
                .where(ConsignmentStatement.consignor_id.in_(ids))
                .group_by(ConsignmentStatement.consignor_id),
            ),
        )
        for names, statement in queries:
            for key, *values in await self.session.execute(statement):
                found[key] |= dict(zip(names, values, strict=True))
        for each in found.values():
            each["owed"] = cents(Decimal(each["earned"] + each["adjusted"] - each["paid"]))
        return found

    async def pairs(
        self, consignor_id: uuid.UUID, where: str, skip: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Return an owner's pairs that are `here`, `sold`, `back`, `bought` by us or `all`, longest here first; and how many."""
        conditions = [ConsignedPair.consignor_id == consignor_id]
        if where == "here":
            conditions += [I.status.in_(stock.UNSOLD), I.archived_at.is_(None), I.consignor_id.is_not(None)]
        elif where == "sold":
            conditions += [I.status.in_(stock.SOLD), I.consignor_id.is_not(None)]
        elif where == "bought":
            conditions.append(ConsignedPair.bought_on.is_not(None))
        elif where == "back":
            conditions.append(ConsignedPair.given_back_on.is_not(None))
        statement: AnySelect = (
            select(
                I.id, I.number, Product.name, Product.sku, Size.region, Size.value, I.condition, I.status, I.quantity,
                Location.code, I.list_price, I.floor_price, ConsignedPair.received_on, ConsignedPair.return_by,
                ConsignedPair.given_back_on, ConsignedPair.bought_on, ConsignedPair.share_percent, ConsignedPair.fixed_fee,
                ConsignedPair.minimum_payout, ConsignedPair.fees_by, ConsignedPair.shipping_by, I.sold_at, I.version,
            )
            .join(I, I.id == ConsignedPair.item_id)
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .outerjoin(Location, Location.id == I.location_id)
            .where(*conditions)
            .order_by(ConsignedPair.received_on, I.number)
        )  # fmt: skip
        total = await self.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
        rows = (await self.session.execute(statement.offset(skip).limit(limit))).all()
        return [dict(zip(PAIR, row, strict=True)) for row in rows], total

    async def sales(self, consignor_id: uuid.UUID, limit: int) -> list[dict[str, Any]]:
        """Return the sales of an owner's pairs, latest first."""
        statement: AnySelect = (
            select(
                Order.id, Order.external_id, Platform.name, I.id, I.number, Order.product_name, Order.size_label, Order.sold_at,
                Order.status, Order.gross_sale, Order.currency, Order.consignor_share,
            )
            .join(I, I.id == Order.inventory_item_id)
            .join(ConsignedPair, ConsignedPair.item_id == I.id)
            .join(Platform, Platform.id == Order.platform_id)
            .where(ConsignedPair.consignor_id == consignor_id, Order.consignor_share.is_not(None))
            .order_by(Order.sold_at.desc(), Order.id)
            .limit(limit)
        )  # fmt: skip
        return [dict(zip(SOLD, row, strict=True)) for row in await self.session.execute(statement)]

    async def pair_held(self, item_id: uuid.UUID) -> tuple[ConsignedPair, InventoryItem] | None:
        """Return a consigned pair and its item, both held for a change (the item first, as everywhere)."""
        item = await self.session.get(InventoryItem, item_id, with_for_update=HELD, populate_existing=True)
        statement = select(ConsignedPair).where(ConsignedPair.item_id == item_id).with_for_update(key_share=True)
        pair = (await self.session.scalars(statement)).one_or_none()
        return (pair, item) if pair is not None and item is not None else None

    async def item_held(self, item_id: uuid.UUID) -> InventoryItem | None:
        """Return an item held for a change."""
        return await self.session.get(InventoryItem, item_id, with_for_update=HELD, populate_existing=True)

    async def pair_of(self, item_id: uuid.UUID) -> ConsignedPair | None:
        """Return what was agreed for an item, whoever owns it now."""
        wanted = select(ConsignedPair).where(ConsignedPair.item_id == item_id)
        return (await self.session.scalars(wanted.execution_options(populate_existing=True))).one_or_none()

    async def offered(self, item_id: uuid.UUID) -> bool:
        """Say whether a marketplace offers this item, or is about to."""
        live = select(Listing.id).where(Listing.item_id == item_id, Listing.status.in_(LIVE)).limit(1)
        return await self.session.scalar(live) is not None

    async def sold_for_owner(self, item_id: uuid.UUID) -> bool:
        """Say whether an order ever sold this item for its owner."""
        told = select(Order.id).where(Order.inventory_item_id == item_id, Order.consignor_share.is_not(None)).limit(1)
        return await self.session.scalar(told) is not None

    async def purchase_of(self, item_id: uuid.UUID) -> Sequence[ConsignmentAdjustment]:
        """Return the lines our purchase of an item made on its owner's account, held."""
        row = ConsignmentAdjustment
        wanted = select(row).where(row.item_id == item_id, row.removed_at.is_(None)).order_by(row.amount.desc())
        return (await self.session.scalars(wanted.with_for_update(key_share=True))).all()

    async def in_stock(self, item_id: uuid.UUID) -> dict[str, Any] | None:
        """Return what a form shows of a pair before it changes hands."""
        statement: AnySelect = (
            select(
                I.id, I.number, Product.name, Product.sku, Size.region.label("size_region"), Size.value.label("size"), I.status,
                I.quantity, I.list_price, I.purchase_price, I.gross_purchase_price, I.delivery_date, I.consignor_id,
            )
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .where(I.id == item_id)
        )  # fmt: skip
        row = (await self.session.execute(statement)).mappings().one_or_none()
        return dict(row) if row is not None else None

    async def names(self) -> Sequence[AnyRow]:
        """Return the owners who are not put away: id, name, kind, share in percent; by name."""
        statement: AnySelect = (
            select(Consignor.id, Consignor.name, Consignor.kind, Consignor.share_percent)
            .where(Consignor.archived_at.is_(None))
            .order_by(func.lower(Consignor.name), Consignor.id)
            .limit(1000)
        )
        return (await self.session.execute(statement)).all()

    async def location(self, code: str) -> uuid.UUID | None:
        """Return the place with a code."""
        return await self.session.scalar(select(Location.id).where(Location.code == code))

    async def sold_at_all(self, item_id: uuid.UUID) -> bool:
        """Say whether an order that lasts has sold this item (or pieces of it)."""
        statement = select(Order.id).where(Order.inventory_item_id == item_id, Order.status.not_in(ENDED)).limit(1)
        return await self.session.scalar(statement) is not None

    async def history(self, consignor_id: uuid.UUID, limit: int = 50) -> Sequence[AnyRow]:
        """Return what was done to an owner's account, newest first: at, by, action, after, reason."""
        statement: AnySelect = (
            select(AuditEntry.at, AuditEntry.actor_name, AuditEntry.action, AuditEntry.after, AuditEntry.reason)
            .where(AuditEntry.object_type == "consignor", AuditEntry.object_id == str(consignor_id))
            .order_by(AuditEntry.at.desc(), AuditEntry.id)
            .limit(limit)
        )
        return (await self.session.execute(statement)).all()
