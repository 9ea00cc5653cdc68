"""Pulls our listings from StockX, a page a unit of work, and goes on at the page where a killed one stood.

A listing we know is brought up to date; one made at StockX finds an unsold item of ours, or becomes one. Its ask is never
taken for what the pair cost.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.listing_repository import ListingRepository, status_of
from domains.inventory.services.stockx_goods import goods_of
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import InventoryItem, Listing
from shared.database.words import ItemStatus, ListingStatus
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories import stock_ledger, stock_locks
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.listing_desk import LIVE
from shared.repositories.sync_state import SyncStates
from shared.rules import stock
from shared.stockx.client import StockX
from shared.stockx.models import Listing as Offered
from shared.stockx.syncing import ask_by_clock, note_failure

JOB = "inventory.sync_listings"
TICK = "inventory.sync_listings_by_clock"
NAME = "stockx.listings"
STALE = timedelta(hours=6)
"""A sync that stopped longer ago begins anew: the pages have moved meanwhile."""
every("*/30 * * * *", TICK)


class ListingSync:
    """One run of the sync."""

    def __init__(self, settings: Settings, database: Database, context: JobContext | None = None) -> None:
        """Take settings and database; a job's context is told how far it is."""
        self.database, self.client, self.context = database, StockX(settings, database), context

    async def run(self) -> dict[str, int]:
        """Pull every listing; return how many were created, updated, skipped and matched to items that were here."""
        counts: Counter[str] = Counter(created=0, updated=0, skipped=0, matched=0)
        try:
            number, done = await self._begin(), 0
            while number:
                rows, more = await self.client.listing_page(number)
                number = await self._store(number, rows, counts, more=more)
                done += len(rows)
                if self.context is not None:
                    await self.context.progress(done, None, f"{done} listings")
        except Exception as error:
            await note_failure(self.database, NAME, error)
            raise
        return dict(counts)

    async def _begin(self) -> int:
        """Begin at the first page, or go on at the one where this very job was killed."""
        job_id = str(self.context.job_id) if self.context else None
        async with self.database.unit() as session:
            row = await SyncStates(session).held(NAME)
            begun = row.cursor.get("begun")
            now = datetime.now(UTC)
            if row.cursor.get("job") != job_id or not begun or datetime.fromisoformat(begun) < now - STALE:
                row.cursor = {"page": 1, "begun": now.isoformat(), "job": job_id}
            return int(row.cursor["page"])

    async def _store(self, number: int, rows: list[Offered], counts: Counter[str], *, more: bool) -> int:
        """Store one page with the cursor behind it; return the next page's number, 0 after the last."""
        async with self.database.unit() as session:
            states = SyncStates(session)
            row = await states.held(NAME)
            here = int(row.cursor.get("page", 0))
            if here != number:  # another worker was faster
                return here
            await stock_locks.several(session)
            platform = await CatalogueLookup(session).platform("stockx")
            for each in rows:
                counts[await ListingUpsert(session, platform.id).store(each)] += 1
            if more:
                row.cursor = {**row.cursor, "page": number + 1}
                return number + 1
            await states.finish(row, {})
            return 0


class ListingUpsert:
    """Stores one listing as StockX tells it."""

    def __init__(self, session: AsyncSession, platform_id: Any) -> None:
        """Work within one unit of work."""
        self.session, self.platform_id, self.listings = session, platform_id, ListingRepository(session)

    async def store(self, told: Offered) -> str:
        """Store it; return created, matched, updated or skipped."""
        known = await self.listings.by_external(self.platform_id, told.id)
        if known is not None:
            item, listing = await self.listings.held(known.id)
            return self._refresh(item, listing, told)
        if status_of(told.status) not in LIVE or not told.amount or told.amount <= 0:
            return "skipped"  # it ended before we ever knew it
        return await self._adopt(told)

    def _refresh(self, item: InventoryItem, listing: Listing, told: Offered) -> str:
        status, changed = status_of(told.status), False
        if listing.status is ListingStatus.PENDING and status is ListingStatus.INACTIVE:
            status = ListingStatus.PENDING  # our own, still on its way
        if listing.platform_status != told.status or listing.status is not status:
            listing.status, listing.platform_status, changed = status, told.status, True
        if told.amount and told.amount > 0 and listing.ask_price != told.amount:
            listing.ask_price, changed = told.amount, True
        listing.last_seen_at = datetime.now(UTC)
        if changed:
            listing.version += 1
            if status not in LIVE and listing.delisted_at is None:
                listing.delisted_at = datetime.now(UTC)
            self._follow(item, status)
        return "updated" if changed else "skipped"

    def _follow(self, item: InventoryItem, status: ListingStatus) -> None:
        if status is ListingStatus.ACTIVE and item.status is ItemStatus.IN_STOCK:
            stock_ledger.move(self.session, item, ItemStatus.LISTED_STOCKX, None, "listed at StockX", "stockx")
        ended = status in (ListingStatus.DELETED, ListingStatus.CANCELLED, ListingStatus.EXPIRED)
        if ended and item.status is ItemStatus.LISTED_STOCKX:
            stock_ledger.move(self.session, item, ItemStatus.IN_STOCK, None, "taken down at StockX", "stockx")

    async def _adopt(self, told: Offered) -> str:
        product, size = await goods_of(self.session, told.product, told.variant, told.id)
        item = await self.listings.unlisted_item(product.id, size.id, self.platform_id)
        outcome = "matched" if item else "created"
        if item is None:
            item = InventoryItem(
                product_id=product.id, size_id=size.id, status=ItemStatus.LISTED_STOCKX, currency=told.currency,
                listed_at=told.created_at, external_ids={
                    "stockx_listing_id": told.id, "stockx_product_id": told.product.id,
                    "stockx_variant_id": told.variant.id, "created_from_sync": True,
                },
            )  # fmt: skip
            self.session.add(item)
            await self.session.flush()
            stock_ledger.remember(self.session, item.id, None, item.status, None, "found at StockX", "stockx")
        elif stock.may_follow(item.status, ItemStatus.LISTED_STOCKX):
            stock_ledger.move(self.session, item, ItemStatus.LISTED_STOCKX, None, "listed at StockX", "stockx")
        await self.listings.create(
            item_id=item.id, platform_id=self.platform_id, external_id=told.id, status=status_of(told.status),
            external_variant_id=told.variant.id, external_product_id=told.product.id, platform_status=told.status,
            inventory_type=told.inventory_type, ask_price=told.amount, currency=told.currency,
            listed_at=told.created_at, last_seen_at=datetime.now(UTC), created_from="sync",
        )  # fmt: skip
        await self.listings.keep_market(
            item.id, self.platform_id, marketplace_listing_id=told.id, ask_price=told.amount,
            fees_percentage=Decimal("0.12"),
        )  # fmt: skip
        return outcome


@job(JOB, alone=True, repeats=True)
async def sync_listings(context: JobContext) -> dict[str, Any]:
    """Pull our listings from StockX."""
    return dict(await ListingSync(context.settings, context.database, context).run())


@job(TICK)
async def sync_by_clock(context: JobContext) -> dict[str, Any] | None:
    """Ask for our listings, if StockX is connected."""
    return await ask_by_clock(context, JOB)
