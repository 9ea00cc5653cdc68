"""Where every domain asks for changes of listings: one row per change, carried out and polled by a worker, seen by people.

    await listing_desk.ask(session, listing, OperationKind.UPDATE, {"amount": "119"}, key=f"reprice:{run.id}:{listing.id}")

Nothing is sent from here. A change asked twice with the same key is one row. Changes of one listing are carried out in
the order they were asked for.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Listing, ListingOperation, Platform
from shared.database.words import JobState, ListingStatus, OperationKind
from shared.repositories.jobs import JobRepository

JOB = "inventory.listing_changes"
LIVE = (ListingStatus.DRAFT, ListingStatus.PENDING, ListingStatus.ACTIVE, ListingStatus.INACTIVE)
OPEN = (JobState.QUEUED, JobState.RUNNING)
AUTOMATED = frozenset({"stockx"})
"""Marketplaces whose listings we change ourselves; a change elsewhere waits for a person."""


async def ask(
    session: AsyncSession,
    listing: Listing,
    kind: OperationKind,
    changes: dict[str, Any],
    key: str,
    by: uuid.UUID | None = None,
    reason: str = "",
) -> ListingOperation:
    """Store a change of a listing and wake a worker for it; the same key again returns the first row.

    `changes` holds JSON values: `amount` (a text), for a repricing `run_id` and `rollback_of_id` too.
    """
    made: ListingOperation | None = (
        await session.scalars(
            insert(ListingOperation)
            .values(
                id=uuid.uuid4(), listing_id=listing.id, kind=kind, changes=changes, request_key=key[:100],
                asked_by_id=by, reason=reason[:255],
                created_at=func.clock_timestamp(),
            )
            .on_conflict_do_nothing(index_elements=["request_key"])
            .returning(ListingOperation)
        )
    ).one_or_none()  # fmt: skip
    if made is None:
        return (await session.scalars(select(ListingOperation).where(ListingOperation.request_key == key[:100]))).one()
    if await session.scalar(select(Platform.slug).where(Platform.id == listing.platform_id)) in AUTOMATED:
        await JobRepository(session).ask(JOB, {"listing_id": str(listing.id)}, by, f"operation:{made.id}")
    return made


async def take_down_others(session: AsyncSession, item_id: uuid.UUID, sold: uuid.UUID | None, why: str) -> int:
    """Ask for every live listing of a sold item but the sold one to be taken down; return how many there are."""
    statement = select(Listing).where(Listing.item_id == item_id, Listing.status.in_(LIVE))
    others: Sequence[Listing] = [each for each in (await session.scalars(statement)).all() if each.id != sold]
    for listing in others:
        await ask(session, listing, OperationKind.DELETE, {}, f"sold:{listing.id}:{why}", reason=why)
    return len(others)
