"""Queries over listings and the changes asked of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shared.database.models import (
    InventoryItem,
    Listing,
    ListingOperation,
    MarketplaceData,
    Platform,
    PresaleMarking,
    Product,
    ProductVariant,
    Size,
)
from shared.database.words import ItemStatus, JobState, ListingStatus
from shared.repositories.base_repository import HELD, BaseRepository
from shared.repositories.listing_desk import AUTOMATED, LIVE, OPEN
from shared.repositories.rows import AnyRow, AnySelect

LEASE = timedelta(seconds=90)
NAMES = (
    "id", "item_id", "item_number", "product_name", "sku", "size", "platform", "external_id", "status",
    "platform_status", "inventory_type", "ask_price", "currency", "listed_at", "expires_at", "at_end",
    "rule", "delisted_at", "last_seen_at", "version",
)  # fmt: skip
OPERATION_NAMES = (
    "id", "listing_id", "item_id", "item_number", "product_name", "platform", "kind", "state", "changes", "reason",
    "error", "attempt", "next_at", "created_at", "finished_at",
)  # fmt: skip


class ListingRepository(BaseRepository[Listing]):
    """Listings and their changes."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Listing, session)

    async def rows(self, conditions: Sequence[Any], skip: int, limit: int) -> Sequence[AnyRow]:
        """Return listings as rows of `NAMES`, newest first."""
        statement: AnySelect = (
            select(
                Listing.id, Listing.item_id, InventoryItem.number, Product.name, Product.sku, Size.value, Platform.slug,
                Listing.external_id, Listing.status, Listing.platform_status, Listing.inventory_type, Listing.ask_price,
                Listing.currency, Listing.listed_at, Listing.expires_at, Listing.at_end, Listing.rule,
                Listing.delisted_at, Listing.last_seen_at, Listing.version,
            )
            .join(InventoryItem, InventoryItem.id == Listing.item_id)
            .join(Product, Product.id == InventoryItem.product_id)
            .join(Size, Size.id == InventoryItem.size_id)
            .join(Platform, Platform.id == Listing.platform_id)
            .where(*conditions)
            .order_by(Listing.created_at.desc(), Listing.id.desc())
            .offset(skip)
            .limit(limit)
        )  # fmt: skip
        return (await self.session.execute(statement)).all()

    async def live(self, item_id: uuid.UUID, platform_id: uuid.UUID) -> Listing | None:
        """Return the live listing of an item on a marketplace."""
        return await self.find_one(
            Listing.item_id == item_id, Listing.platform_id == platform_id, Listing.status.in_(LIVE)
        )

    async def live_anywhere(self, item_id: uuid.UUID, but: uuid.UUID) -> bool:
        """Say whether an item has another live listing."""
        return await self.find_one(Listing.item_id == item_id, Listing.id != but, Listing.status.in_(LIVE)) is not None

    async def by_external(self, platform_id: uuid.UUID, external_id: str) -> Listing | None:
        """Return the listing with a marketplace's number."""
        return await self.find_one(Listing.platform_id == platform_id, Listing.external_id == external_id)

    async def held(self, listing_id: uuid.UUID) -> tuple[InventoryItem, Listing]:
        """Return a listing and its item, both held, the item first (as everywhere); the rows must exist."""
        item_id = (await self.session.scalars(select(Listing.item_id).where(Listing.id == listing_id))).one()
        item = await self.session.get(InventoryItem, item_id, with_for_update=HELD, populate_existing=True)
        wanted = select(Listing).where(Listing.id == listing_id).with_for_update(key_share=True)
        listing = (await self.session.scalars(wanted.execution_options(populate_existing=True))).one()
        if item is None:
            raise LookupError(listing_id)
        return item, listing

    async def claim(self, listing_id: uuid.UUID) -> ListingOperation | None:
        """Take the oldest change of a listing that is due, nobody's, and on a marketplace we can ask; None without one."""
        now, older = func.clock_timestamp(), aliased(ListingOperation)
        first = (
            select(older.id)
            .where(older.listing_id == listing_id, older.state.in_(OPEN))
            .order_by(older.created_at, older.id)
            .limit(1)
            .scalar_subquery()
        )
        automated = (
            select(Platform.id)
            .join(Listing, Listing.platform_id == Platform.id)
            .where(Listing.id == listing_id, Platform.slug.in_(AUTOMATED))
            .exists()
        )
        statement = (
            update(ListingOperation)
            .where(
                ListingOperation.id == first,
                ListingOperation.next_at <= now,
                or_(ListingOperation.lease_until.is_(None), ListingOperation.lease_until < now),
                automated,
            )
            .values(state=JobState.RUNNING, attempt=ListingOperation.attempt + 1, lease_until=now + LEASE)
            .returning(ListingOperation)
        )
        found = await self.session.scalars(statement.execution_options(populate_existing=True))
        return found.one_or_none()

    async def operation(self, operation_id: uuid.UUID) -> ListingOperation | None:
        """Return a change held for a change of its own."""
        return await self.session.get(ListingOperation, operation_id, with_for_update=HELD, populate_existing=True)

    async def due(self) -> Sequence[uuid.UUID]:
        """Return the listings with changes that are due and nobody's."""
        now = func.clock_timestamp()
        statement = (
            select(ListingOperation.listing_id)
            .join(Listing, Listing.id == ListingOperation.listing_id)
            .join(Platform, Platform.id == Listing.platform_id)
            .where(
                ListingOperation.state.in_(OPEN),
                ListingOperation.next_at <= now,
                or_(ListingOperation.lease_until.is_(None), ListingOperation.lease_until < now),
                Platform.slug.in_(AUTOMATED),
            )
            .distinct()
            .limit(200)
        )
        return (await self.session.scalars(statement)).all()

    async def ended(self, now: datetime, limit: int) -> Sequence[uuid.UUID]:
        """Return live listings whose days are over and for which nothing is under way (or has failed) because of it."""
        asked = select(ListingOperation.id).where(
            ListingOperation.listing_id == Listing.id,
            or_(
                ListingOperation.state.in_(OPEN),
                and_(ListingOperation.state == JobState.FAILED, ListingOperation.created_at >= Listing.expires_at),
            ),
        )
        statement = (
            select(Listing.id)
            .where(
                Listing.expires_at <= now,
                Listing.status.in_((ListingStatus.ACTIVE, ListingStatus.INACTIVE)),
                ~asked.exists(),
            )
            .order_by(Listing.expires_at, Listing.id)
            .limit(limit)
        )
        return (await self.session.scalars(statement)).all()

    async def operations(self, *, open_only: bool, skip: int, limit: int) -> Sequence[AnyRow]:
        """Return changes as rows of `OPERATION_NAMES`, newest first."""
        statement: AnySelect = (
            select(
                ListingOperation.id, ListingOperation.listing_id, InventoryItem.id, InventoryItem.number, Product.name,
                Platform.slug, ListingOperation.kind, ListingOperation.state, ListingOperation.changes,
                ListingOperation.reason, ListingOperation.error, ListingOperation.attempt, ListingOperation.next_at,
                ListingOperation.created_at, ListingOperation.finished_at,
            )
            .join(Listing, Listing.id == ListingOperation.listing_id)
            .join(InventoryItem, InventoryItem.id == Listing.item_id)
            .join(Product, Product.id == InventoryItem.product_id)
            .join(Platform, Platform.id == Listing.platform_id)
            .order_by(ListingOperation.created_at.desc(), ListingOperation.id.desc())
            .offset(skip)
            .limit(limit)
        )  # fmt: skip
        if open_only:
            statement = statement.where(ListingOperation.state.in_(OPEN))
        return (await self.session.execute(statement)).all()

    async def known_external(self, platform_id: uuid.UUID, external_ids: Sequence[str]) -> set[str]:
        """Return which of a marketplace's numbers are listings of ours."""
        found = select(Listing.external_id).where(
            Listing.platform_id == platform_id, Listing.external_id.in_(external_ids)
        )
        return {each for each in await self.session.scalars(found) if each}

    async def goods(self, item_id: uuid.UUID) -> tuple[Product, Size, ProductVariant | None]:
        """Return an item's product and size, and what marketplaces call the two together."""
        statement = (
            select(Product, Size, ProductVariant)
            .join(InventoryItem, InventoryItem.product_id == Product.id)
            .join(Size, Size.id == InventoryItem.size_id)
            .outerjoin(ProductVariant, (ProductVariant.product_id == Product.id) & (ProductVariant.size_id == Size.id))
            .where(InventoryItem.id == item_id)
        )
        product, size, variant = (await self.session.execute(statement)).one()
        return product, size, variant

    async def keep_variant(
        self, product_id: uuid.UUID, size_id: uuid.UUID, variant_id: str, gtin: str | None = None
    ) -> None:
        """Remember what StockX calls a product in a size."""
        values = {"product_id": product_id, "size_id": size_id, "stockx_variant_id": variant_id, "gtin": gtin}
        statement = insert(ProductVariant).values(id=uuid.uuid4(), **values)
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["product_id", "size_id"],
                set_={
                    "stockx_variant_id": variant_id,
                    "gtin": func.coalesce(statement.excluded.gtin, ProductVariant.gtin),
                },
            )
        )

    async def unlisted_item(
        self, product_id: uuid.UUID, size_id: uuid.UUID, platform_id: uuid.UUID
    ) -> InventoryItem | None:
        """Return the oldest unsold item of a product in a size that has no live listing on a marketplace."""
        live = select(Listing.id).where(
            Listing.item_id == InventoryItem.id, Listing.platform_id == platform_id, Listing.status.in_(LIVE)
        )
        statement = (
            select(InventoryItem)
            .where(
                InventoryItem.product_id == product_id,
                InventoryItem.size_id == size_id,
                InventoryItem.status.in_((ItemStatus.IN_STOCK, ItemStatus.LISTED_STOCKX, ItemStatus.LISTED)),
                InventoryItem.archived_at.is_(None),
                InventoryItem.quantity > InventoryItem.reserved_quantity,
                ~live.exists(),
            )
            .order_by(InventoryItem.purchase_date, InventoryItem.created_at)
            .limit(1)
            .with_for_update(skip_locked=True, key_share=True)
        )
        return (await self.session.scalars(statement)).one_or_none()

    async def keep_market(self, item_id: uuid.UUID, platform_id: uuid.UUID, **values: Any) -> None:
        """Store what the market around an item looks like now."""
        statement = insert(MarketplaceData).values(
            id=uuid.uuid4(), inventory_item_id=item_id, platform_id=platform_id, **values
        )
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["inventory_item_id", "platform_id"], set_={**values, "updated_at": func.now()}
            )
        )

    async def presale(self, external_id: str) -> PresaleMarking | None:
        """Return the presale mark of a StockX listing."""
        statement = select(PresaleMarking).where(PresaleMarking.stockx_listing_id == external_id)
        return (await self.session.scalars(statement)).one_or_none()


def status_of(platform_status: str) -> ListingStatus:
    """Return our word for StockX's listing status (developer.stockx.com, Listings); an unknown one counts as paused."""
    words = {
        "ACTIVE": ListingStatus.ACTIVE, "INACTIVE": ListingStatus.INACTIVE, "DELETED": ListingStatus.DELETED,
        "CANCELED": ListingStatus.CANCELLED, "MATCHED": ListingStatus.MATCHED, "COMPLETED": ListingStatus.SOLD,
    }  # fmt: skip
    return words.get(platform_status, ListingStatus.INACTIVE)
