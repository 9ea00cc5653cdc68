"""What a change that ended means for its listing and its item."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.listing_repository import ListingRepository
from shared.database.models import InventoryItem, Listing, ListingOperation, ListingPriceChange
from shared.database.words import ItemStatus, ListingStatus, OperationKind
from shared.events.event_bus import publish
from shared.repositories import stock_ledger
from shared.repositories.listing_desk import LIVE
from shared.rules import stock


def amount_of(change: ListingOperation) -> Decimal:
    """Return the amount a change asks for, in major units."""
    return Decimal(str(change.changes["amount"]))


async def succeeded(session: AsyncSession, change: ListingOperation, item: InventoryItem, listing: Listing) -> None:
    """Let listing and item (both held) follow a change that StockX carried out."""
    now = datetime.now(UTC)
    listing.version += 1
    match change.kind:
        case OperationKind.CREATE:
            if listing.status is ListingStatus.PENDING:
                listing.status, listing.platform_status = ListingStatus.ACTIVE, "ACTIVE"
            listing.listed_at = now
            if listing.ends_after_days:
                listing.expires_at = now + timedelta(days=listing.ends_after_days)
            _price(session, change, listing, None)
            if item.status is not ItemStatus.PRESALE and stock.may_follow(item.status, ItemStatus.LISTED_STOCKX):
                stock_ledger.move(session, item, ItemStatus.LISTED_STOCKX, None, "offered at StockX", "stockx")
        case OperationKind.UPDATE:
            before, listing.ask_price = listing.ask_price, amount_of(change)
            if change.changes.get("days"):
                listing.expires_at = now + timedelta(days=change.changes["days"])
            else:
                listing.last_repriced_at = now
                _price(session, change, listing, before)
        case OperationKind.ACTIVATE:
            listing.status, listing.platform_status = ListingStatus.ACTIVE, "ACTIVE"
        case OperationKind.DEACTIVATE:
            listing.status, listing.platform_status = ListingStatus.INACTIVE, "INACTIVE"
        case OperationKind.DELETE:
            listing.status, listing.platform_status, listing.delisted_at = ListingStatus.DELETED, "DELETED", now
            await _off_the_shelf(session, item, listing)
    publish(
        session,
        f"listings.listing_{change.kind}d" if change.kind.endswith("e") else f"listings.listing_{change.kind}",
        listing.id,
        {"item_id": item.id, "ask_price": listing.ask_price, "currency": listing.currency, "status": listing.status},
    )


async def failed(session: AsyncSession, change: ListingOperation, item: InventoryItem, listing: Listing) -> None:
    """Let a listing (held) follow a change that came to nothing: a new one has failed, any other stays as it was."""
    if change.kind is OperationKind.CREATE and listing.status in LIVE:
        listing.status = ListingStatus.FAILED
        listing.version += 1
    publish(
        session,
        "listings.change_failed",
        listing.id,
        {"item_id": item.id, "kind": change.kind, "reason": change.error},
    )


async def _off_the_shelf(session: AsyncSession, item: InventoryItem, listing: Listing) -> None:
    if item.status is ItemStatus.LISTED_STOCKX and not await ListingRepository(session).live_anywhere(
        item.id, listing.id
    ):
        stock_ledger.move(session, item, ItemStatus.IN_STOCK, None, "taken down at StockX", "stockx")


def _price(session: AsyncSession, change: ListingOperation, listing: Listing, before: Decimal | None) -> None:
    run, rollback = change.changes.get("run_id"), change.changes.get("rollback_of_id")
    session.add(
        ListingPriceChange(
            listing_id=listing.id,
            old_price=before,
            new_price=amount_of(change),
            change_reason=change.reason or change.kind.value,
            run_id=uuid.UUID(run) if run else None,
            rollback_of_id=uuid.UUID(rollback) if rollback else None,
            by_id=change.asked_by_id,
        )
    )
