"""Queries over orders of every marketplace."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, column, delete, func, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    Brand,
    InventoryItem,
    Listing,
    MatchCandidate,
    Order,
    OrderFee,
    OrderReturn,
    Platform,
    Product,
    Size,
    StatusChange,
)
from shared.database.words import FeeKind, FeeSource, ItemStatus, MatchState, OrderStatus
from shared.repositories.base_repository import HELD, BaseRepository
from shared.repositories.paging import Found
from shared.repositories.paging import Listing as PagedList
from shared.repositories.rows import AnyRow, AnySelect
from shared.rules import stock
from shared.rules.orders import TO_SHIP, Pair

COLUMNS = (
    Order.id, Platform.slug, Order.external_id, Order.status, Order.platform_status, Order.match_state,
    Order.product_name, Order.sku, Order.size_label, Order.quantity, Order.currency, Order.gross_sale,
    Order.platform_fee, Order.payment_fee, Order.shipping_cost, Order.other_fees, Order.net_proceeds,
    Order.expected_payout, Order.tax_scheme, Order.vat_due, Order.cost_of_goods, Order.gross_profit,
    Order.net_profit, Order.roi, Order.buyer_destination_country, Order.buyer_destination_city,
    Order.invoice_number, Order.tracking_number, Order.inventory_item_id, Order.product_id, Order.ship_by,
    Order.shipped_at, Order.completed_at, Order.payout_received, Order.payout_date, Order.notes, Order.version,
    Order.sold_at,
)  # fmt: skip
NAMES = (
    "id", "platform", "external_id", "status", "platform_status", "match_state", "product_name", "sku", "size",
    "quantity", "currency", "gross_sale", "platform_fee", "payment_fee", "shipping_cost", "other_fees",
    "net_proceeds", "expected_payout", "tax_scheme", "vat_due", "cost_of_goods", "gross_profit", "net_profit",
    "roi", "buyer_country", "buyer_city", "invoice_number", "tracking_number", "inventory_item_id", "product_id",
    "ship_by", "shipped_at", "completed_at", "payout_received", "payout_date", "notes", "version", "sold_at",
)  # fmt: skip
ROWS: AnySelect = select(*COLUMNS).join(Platform, Platform.id == Order.platform_id)
FEES = table(
    "order_fees", *map(column, ("order_id", "kind", "source", "label", "amount", "currency")), schema="transactions"
)
STEPS = table(
    "order_status_history", *map(column, ("id", "order_id", "from_status", "to_status", "at", "source", "reason")),
    schema="transactions",
)  # fmt: skip
"""Views: lines and steps as stored, and those an imported order tells itself."""
LIST = PagedList(Order.sold_at, Order.id, ROWS)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list is narrowed to; empty means all."""

    q: str | None = None
    platform: str | None = None
    status: str | None = None
    match_state: MatchState | None = None
    country: str | None = None
    brand: str | None = None
    paid: bool | None = None
    sold_from: date | None = None
    sold_until: date | None = None
    to_ship: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions."""
        found: list[ColumnElement[bool]] = []
        if self.q:
            like = "%" + self.q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            columns = (Order.product_name, Order.sku, Order.external_id)
            found.append(or_(*(func.lower(column).like(like, escape="\\") for column in columns)))
        if self.platform:
            found.append(Platform.slug == self.platform.lower())
        if self.status:
            told = {word.strip() for word in self.status.split(",")}
            found.append(Order.status.in_([word for word in OrderStatus if word.value in told]))
        if self.match_state:
            found.append(Order.match_state == self.match_state)
        if self.country:
            found.append(func.lower(Order.buyer_destination_country) == self.country.lower())
        if self.brand:
            found.append(func.lower(Brand.name) == self.brand.lower())
        if self.paid is not None:
            found.append(Order.payout_received.is_(self.paid))
        if self.sold_from:
            found.append(Order.sold_at >= self.sold_from)
        if self.sold_until:
            found.append(cast(Order.sold_at, Date) <= self.sold_until)
        if self.to_ship is not None:
            waits = Order.status.in_(TO_SHIP)
            found.append(waits if self.to_ship else ~waits)
        return found

    def joined(self, statement: AnySelect) -> AnySelect:
        """Add the joins that these filters need and `ROWS` has not."""
        if self.brand:
            statement = statement.join(Product, Product.id == Order.product_id).join(
                Brand, Brand.id == Product.brand_id
            )
        return statement


class OrderRepository(BaseRepository[Order]):
    """Orders."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Order, session)

    async def page(self, chosen: OrderFilter, skip: int, limit: int, cursor: str | None) -> Found:
        """Return a page of orders, latest sale first, as rows of `NAMES`."""
        keys: AnySelect = select(Order.id)
        if chosen.platform:
            keys = keys.join(Platform, Platform.id == Order.platform_id)
        return await LIST.page(self.session, chosen.joined(keys), chosen.conditions(), skip, limit, cursor)

    async def to_ship(self, chosen: OrderFilter, skip: int, limit: int) -> tuple[Sequence[AnyRow], int]:
        """Return what is to be shipped as rows of `NAMES`, the nearest deadline first (none told: by sale), and how many."""
        conditions = chosen.conditions()
        counted = chosen.joined(
            select(func.count()).select_from(Order).join(Platform, Platform.id == Order.platform_id)
        )
        total = await self.session.scalar(counted.where(*conditions)) or 0
        order = (Order.ship_by.asc().nulls_last(), Order.sold_at, Order.id)
        statement = chosen.joined(ROWS).where(*conditions).order_by(*order).offset(skip).limit(limit)
        return (await self.session.execute(statement)).all(), total

    async def count_to_ship(self) -> int:
        """Return how many orders are to be shipped."""
        return await self.session.scalar(select(func.count()).where(Order.status.in_(TO_SHIP))) or 0

    async def row(self, order_id: uuid.UUID) -> AnyRow | None:
        """Return one order as a row of `NAMES`."""
        return (await self.session.execute(ROWS.where(Order.id == order_id))).one_or_none()

    async def stream(self, chosen: OrderFilter) -> AsyncIterator[Sequence[AnyRow]]:
        """Yield all orders that fit in blocks, over a cursor on the server."""
        statement = chosen.joined(ROWS).where(*chosen.conditions()).order_by(Order.sold_at.desc(), Order.id.desc())
        result = await self.session.stream(statement.execution_options(yield_per=500))
        async for block in result.partitions():
            yield block

    async def fees(self, order_id: uuid.UUID) -> Sequence[AnyRow]:
        """Return an order's fee lines: kind, source, label, amount, currency."""
        return (await self.session.execute(select(FEES).where(FEES.c.order_id == order_id))).all()

    async def write_fees_out(self, order: Order) -> None:
        """Give the fees an order tells itself lines of their own, before its amounts are told anew."""
        if order.fee_source is None:
            return
        for row in await self.fees(order.id):
            if row.source == order.fee_source:
                self.session.add(
                    OrderFee(order_id=order.id, kind=FeeKind(row.kind), source=order.fee_source, amount=row.amount,
                             currency=row.currency)
                )  # fmt: skip
        order.fee_source = None
        await self.session.flush()

    async def drop_fees(self, order_id: uuid.UUID, source: FeeSource) -> None:
        """Remove the stored fee lines of one source, to be written anew."""
        await self.session.execute(delete(OrderFee).where(OrderFee.order_id == order_id, OrderFee.source == source))

    async def history(self, order_id: uuid.UUID) -> Sequence[AnyRow]:
        """Return an order's steps, oldest first: from_status, to_status, at, source, reason."""
        statement = select(STEPS).where(STEPS.c.order_id == order_id).order_by(STEPS.c.at, STEPS.c.id)
        return (await self.session.execute(statement)).all()

    async def returns(self, order_id: uuid.UUID) -> Sequence[OrderReturn]:
        """Return what came back of an order."""
        return (await self.session.scalars(select(OrderReturn).where(OrderReturn.order_id == order_id))).all()

    async def known(self, platform_id: uuid.UUID, external_id: str) -> Order | None:
        """Return the order of a number at a marketplace."""
        return await self.find_one(Order.platform_id == platform_id, Order.external_id == external_id)

    async def unmatched(self, limit: int) -> Sequence[Order]:
        """Return orders that know no pair yet, oldest first, held for a change."""
        statement = (
            select(Order)
            .where(Order.match_state.in_((MatchState.UNMATCHED, MatchState.SUGGESTED)))
            .order_by(Order.sold_at, Order.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
        return (await self.session.scalars(statement)).all()

    async def listed_item(self, listing_id: uuid.UUID | None) -> uuid.UUID | None:
        """Return the pair a listing was for."""
        return (
            await self.session.scalar(select(Listing.item_id).where(Listing.id == listing_id)) if listing_id else None
        )

    async def hold_known(self, platform_id: uuid.UUID, external_ids: Sequence[str]) -> None:
        """Hold a marketplace's orders with some numbers, in the order everybody holds several."""
        statement = select(Order.id).where(Order.platform_id == platform_id, Order.external_id.in_(external_ids))
        await self.session.execute(statement.order_by(Order.id).with_for_update(key_share=True))

    async def listing_sold(self, platform_id: uuid.UUID, external_id: str) -> Listing | None:
        """Return the listing with a marketplace's number, held, its pair before it, now that it has led to an order."""
        statement = select(Listing).where(Listing.platform_id == platform_id, Listing.external_id == external_id)
        found = (await self.session.scalars(statement)).one_or_none()
        if found is not None:
            await self.item_for_update(found.item_id)
            await self.session.refresh(found, with_for_update=HELD)
        return found

    async def pairs(self, order: Order) -> list[Pair]:
        """Return unsold pairs of an order's product; none when neither product nor SKU is known."""
        conditions = []
        if order.product_id:
            conditions.append(Product.id == order.product_id)
        if order.sku:
            lowered = order.sku.lower()
            conditions += [func.lower(Product.sku) == lowered, func.lower(Product.style_code) == lowered]
        if not conditions:
            return []
        listed = (
            select(Listing.id)
            .where(Listing.item_id == InventoryItem.id, Listing.platform_id == order.platform_id)
            .exists()
        )
        statement = (
            select(
                InventoryItem.id,
                Product.id,
                Product.sku,
                Product.style_code,
                Size.value,
                InventoryItem.purchase_date,
                listed,
            )
            .join(Product, Product.id == InventoryItem.product_id)
            .join(Size, Size.id == InventoryItem.size_id)
            .where(
                or_(*conditions),
                InventoryItem.status.in_(stock.UNSOLD),
                InventoryItem.archived_at.is_(None),
                InventoryItem.quantity > 0,
            )
        )
        return [
            Pair(item, product, frozenset(code.lower() for code in (sku, style) if code), size, bought, here)
            for item, product, sku, style, size, bought, here in await self.session.execute(statement)
        ]

    async def candidates(self, order_id: uuid.UUID) -> Sequence[MatchCandidate]:
        """Return the pairs suggested for an order."""
        statement = select(MatchCandidate).where(MatchCandidate.order_id == order_id)
        return (await self.session.scalars(statement.order_by(MatchCandidate.score.desc()))).all()

    async def queue(self, skip: int, limit: int) -> Sequence[AnyRow]:
        """Return the review queue: an order with each pair suggested for it."""
        waiting = (
            select(Order.id)
            .where(Order.match_state == MatchState.SUGGESTED)
            .order_by(Order.sold_at.desc(), Order.id.desc())
            .offset(skip)
            .limit(limit)
            .cte("waiting")
        )
        statement: AnySelect = (
            select(
                Order.id, Order.external_id, Order.product_name, Order.size_label, Order.sold_at, Order.gross_sale,
                InventoryItem.id, InventoryItem.number, Product.name, Size.value, InventoryItem.purchase_price,
                MatchCandidate.score, MatchCandidate.reasons,
            )
            .join(waiting, waiting.c.id == Order.id)
            .join(MatchCandidate, MatchCandidate.order_id == Order.id)
            .join(InventoryItem, InventoryItem.id == MatchCandidate.item_id)
            .join(Product, Product.id == InventoryItem.product_id)
            .join(Size, Size.id == InventoryItem.size_id)
            .where(~MatchCandidate.refused)
            .order_by(Order.sold_at.desc(), Order.id.desc(), MatchCandidate.score.desc())
        )  # fmt: skip
        return (await self.session.execute(statement)).all()

    async def sold_out_by(self, item_id: uuid.UUID, reason: str) -> bool:
        """Say whether it was this order (by the reason it left) that took an item's last piece."""
        statement = select(StatusChange.id).where(
            StatusChange.item_id == item_id, StatusChange.to_status == ItemStatus.SOLD, StatusChange.reason == reason
        )
        return await self.session.scalar(statement.limit(1)) is not None

    async def item_for_update(self, item_id: uuid.UUID) -> InventoryItem | None:
        """Return a pair held for a change."""
        return await self.session.get(InventoryItem, item_id, with_for_update=HELD, populate_existing=True)

    async def sold_item(self, item_id: uuid.UUID | None) -> InventoryItem | None:
        """Return the pair an order sold."""
        return await self.session.get(InventoryItem, item_id) if item_id else None

    async def profit_by(self, unit: str, sold_from: datetime, sold_until: datetime) -> Sequence[AnyRow]:
        """Return sales by month (or day, week) and marketplace: counts and sums in euros, ended orders left out."""
        period = func.date_trunc(unit, Order.sold_at)
        rate = Order.exchange_rate
        sums = [
            func.sum(func.coalesce(column, 0) / rate)
            for column in (Order.gross_sale, Order.platform_fee + Order.payment_fee + Order.other_fees, Order.shipping_cost,
                           Order.net_proceeds, Order.cost_of_goods, Order.vat_due, Order.net_profit)
        ]  # fmt: skip
        statement: AnySelect = (
            select(period, Platform.slug, func.count(), func.count(Order.net_profit), *sums)
            .join(Platform, Platform.id == Order.platform_id)
            .where(
                Order.sold_at >= sold_from,
                Order.sold_at < sold_until,
                Order.status.not_in((OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.FAILED_AUTHENTICATION)),
            )
            .group_by(period, Platform.slug)
            .order_by(period, Platform.slug)
        )
        return (await self.session.execute(statement)).all()

    async def vat_by(self, sold_from: datetime, sold_until: datetime) -> Sequence[AnyRow]:
        """Return sales by month, scheme and country: count, sales, cost, VAT, in euros."""
        period = func.date_trunc("month", Order.sold_at)
        statement: AnySelect = (
            select(
                period,
                Order.tax_scheme,
                Order.buyer_destination_country,
                func.count(),
                func.sum(Order.gross_sale / Order.exchange_rate),
                func.sum(func.coalesce(Order.cost_of_goods, Decimal(0))),
                func.sum(Order.vat_due / Order.exchange_rate),
            )
            .where(
                Order.sold_at >= sold_from,
                Order.sold_at < sold_until,
                Order.status.not_in((OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.FAILED_AUTHENTICATION)),
            )
            .group_by(period, Order.tax_scheme, Order.buyer_destination_country)
            .order_by(period)
        )
        return (await self.session.execute(statement)).all()

    async def platform_year(self, year: int) -> Sequence[AnyRow]:
        """Return each marketplace's number of sales and turnover in a year: what DAC7 asks platforms to report."""
        statement: AnySelect = (
            select(Platform.name, func.count(), func.sum(Order.gross_sale / Order.exchange_rate))
            .join(Platform, Platform.id == Order.platform_id)
            .where(func.extract("year", Order.sold_at) == year, Order.status != OrderStatus.CANCELLED)
            .group_by(Platform.name)
            .order_by(Platform.name)
        )
        return (await self.session.execute(statement)).all()


def as_dict(row: AnyRow) -> dict[str, Any]:
    """Return a row of `NAMES` by name."""
    return dict(zip(NAMES, row, strict=True))
