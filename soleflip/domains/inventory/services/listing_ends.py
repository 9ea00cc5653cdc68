"""Listings whose days are over: taken down or renewed, as the rule that made them says; each as a change people see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.listing_repository import ListingRepository
from shared.database.words import AtEnd, ListingStatus, OperationKind
from shared.repositories import listing_desk

AT_ONCE = 200


async def end_listings(session: AsyncSession, now: datetime) -> dict[str, int]:
    """Ask for what is due at a moment; return how many are taken down and renewed. Asked twice, it is one change.

    A renewal asks for the same price and another end. One that failed stands on the page until a person decides.
    """
    listings = ListingRepository(session)
    counts = {"taken_down": 0, "renewed": 0}
    for listing_id in await listings.ended(now, AT_ONCE):
        _, listing = await listings.held(listing_id)
        if listing.expires_at is None or listing.expires_at > now:
            continue  # renewed meanwhile
        days, rule = listing.ends_after_days or 0, listing.rule or "?"
        key = f"end:{listing.id}:{listing.expires_at:%Y%m%d%H%M%S}"
        if listing.at_end is AtEnd.RENEW and listing.ask_price is not None and listing.status is ListingStatus.ACTIVE:
            changes = {"amount": str(int(listing.ask_price)), "days": days}
            why = f"its {days} days are over; renewed by rule {rule}"
            await listing_desk.ask(session, listing, OperationKind.UPDATE, changes, key, reason=why)
            counts["renewed"] += 1
        else:
            why = f"its {days} days are over; taken down by rule {rule}"
            await listing_desk.ask(session, listing, OperationKind.DELETE, {}, key, reason=why)
            counts["taken_down"] += 1
    return counts
