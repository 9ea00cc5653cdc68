"""Queries behind a pair's page and the queue of changes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    Brand,
    InventoryItem,
    ItemPhoto,
    Listing,
    ListingOperation,
    ListingPriceChange,
    Location,
    MarketPrice,
    Order,
    Platform,
    Product,
    Size,
    StatusChange,
)
from shared.repositories.rows import AnySelect

I = InventoryItem  # noqa: E741 -- the columns below are read faster so


class ItemRepository:
    """A pair's rows within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def _dicts(self, statement: AnySelect) -> list[dict[str, Any]]:
        return [dict(row) for row in (await self.session.execute(statement)).mappings()]

    async def head(self, item_id: uuid.UUID) -> dict[str, Any] | None:
        """Return a pair with the names of what it refers to."""
        statement: AnySelect = (
            select(
                I.id, I.number, I.product_id, Product.name, Product.sku, Brand.name.label("brand"), Size.value.label("size"),
                Size.region.label("size_region"), I.status, I.condition, I.box_condition, I.quantity, I.purchase_price,
                I.gross_purchase_price, I.tax_scheme, I.purchase_date, I.supplier, Location.code.label("location"),
                I.list_price, I.floor_price, I.ceiling_price, I.currency, I.notes, Product.retail_price, Product.release_date,
                I.consignor_id, I.reserved_quantity,
            )
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .outerjoin(Location, Location.id == I.location_id)
            .where(I.id == item_id)
        )  # fmt: skip
        return next(iter(await self._dicts(statement)), None)

    async def photos(self, item_id: uuid.UUID) -> list[uuid.UUID]:
        """Return a pair's photos, its cover first."""
        photo = ItemPhoto
        statement = select(photo.id).where(photo.item_id == item_id, photo.removed_at.is_(None))
        order = (photo.position, photo.created_at, photo.id)
        return list((await self.session.scalars(statement.order_by(*order))).all())

    async def market_days(self, product_id: uuid.UUID, size: str) -> list[dict[str, Any]]:
        """Return half a year of StockX's market, oldest first: of this size where it is known, else of the model."""
        of_size = select(MarketPrice.id).where(
            MarketPrice.product_id == product_id, MarketPrice.size_value == size, MarketPrice.platform_name == "stockx"
        )
        statement: AnySelect = (
            select(
                MarketPrice.price_date.label("day"), MarketPrice.lowest_ask, MarketPrice.highest_bid, MarketPrice.last_sale
            )
            .where(
                MarketPrice.product_id == product_id, MarketPrice.platform_name == "stockx",
                MarketPrice.price_date >= func.current_date() - 183,
                (MarketPrice.size_value == size) | ((MarketPrice.size_value == "") & ~of_size.exists()),
            )
            .order_by(MarketPrice.price_date)
        )  # fmt: skip
        return await self._dicts(statement)

    async def listings(self, item_id: uuid.UUID) -> list[dict[str, Any]]:
        """Return a pair's listings, newest first."""
        statement: AnySelect = (
            select(Listing.id, Platform.name.label("platform"), Listing.status, Listing.ask_price, Listing.currency,
                   Listing.listed_at, Listing.external_id)
            .join(Platform, Platform.id == Listing.platform_id)
            .where(Listing.item_id == item_id)
            .order_by(Listing.created_at.desc())
            .limit(10)
        )  # fmt: skip
        return await self._dicts(statement)

    async def operations(
        self, *, item_id: uuid.UUID | None = None, states: Sequence[str] = (), limit: int
    ) -> list[dict[str, Any]]:
        """Return changes asked of marketplaces, newest first; failures of the last week only."""
        statement: AnySelect = (
            select(
                ListingOperation.id, ListingOperation.kind, ListingOperation.state, ListingOperation.changes,
                ListingOperation.reason, ListingOperation.error, ListingOperation.attempt, ListingOperation.created_at,
                I.id.label("item_id"), I.number, Product.name, Platform.name.label("platform"),
            )
            .join(Listing, Listing.id == ListingOperation.listing_id)
            .join(Platform, Platform.id == Listing.platform_id)
            .join(I, I.id == Listing.item_id)
            .join(Product, Product.id == I.product_id)
            .order_by(ListingOperation.created_at.desc())
            .limit(limit)
        )  # fmt: skip
        if item_id is not None:
            statement = statement.where(Listing.item_id == item_id)
        if states:
            statement = statement.where(
                ListingOperation.state.in_(states), ListingOperation.created_at > func.now() - timedelta(days=7)
            )
        return await self._dicts(statement)

    async def price_changes(self, item_id: uuid.UUID) -> list[dict[str, Any]]:
        """Return the prices a pair's listings have had, newest first."""
        change = ListingPriceChange
        statement: AnySelect = (
            select(change.at, change.old_price, change.new_price, change.change_reason)
            .join(Listing, Listing.id == change.listing_id)
            .where(Listing.item_id == item_id)
            .order_by(change.at.desc())
            .limit(20)
        )
        return await self._dicts(statement)

    async def history(self, item_id: uuid.UUID) -> list[dict[str, Any]]:
        """Return a pair's life, newest first."""
        statement: AnySelect = (
            select(
                StatusChange.at,
                StatusChange.from_status,
                StatusChange.to_status,
                StatusChange.reason,
                StatusChange.source,
            )
            .where(StatusChange.item_id == item_id)
            .order_by(StatusChange.at.desc())
            .limit(30)
        )
        return await self._dicts(statement)

    async def orders(self, item_id: uuid.UUID) -> list[dict[str, Any]]:
        """Return the sales of a pair."""
        statement: AnySelect = (
            select(Order.external_id, Order.status, Order.sold_at, Order.gross_sale, Order.net_proceeds, Order.net_profit,
                   Order.currency, Platform.name.label("platform"))
            .join(Platform, Platform.id == Order.platform_id)
            .where(Order.inventory_item_id == item_id)
            .order_by(Order.sold_at.desc())
        )  # fmt: skip
        return await self._dicts(statement)
