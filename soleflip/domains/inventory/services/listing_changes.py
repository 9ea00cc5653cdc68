"""Carries out the changes asked of listings: sent once, polled until StockX says how it ended, waited for when it cannot.

A worker that dies leaves the change with a lease; whoever takes it next asks StockX what became of it before it sends
again. A new listing has no number of ours at StockX, so one that may have been sent is looked for there first.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from domains.inventory.repositories.listing_repository import ListingRepository, status_of
from domains.inventory.services import listing_effects
from domains.inventory.services.listing_ends import end_listings
from domains.inventory.services.stockx_goods import find_variant
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import Listing, ListingOperation
from shared.database.words import JobState, OperationKind
from shared.error_handling.exceptions import (
    ExternalServiceException,
    ResourceNotFoundException,
    ServiceUnavailableException,
    SoleFlipException,
    ValidationException,
)
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories.jobs import JobRepository
from shared.repositories.listing_desk import JOB
from shared.stockx.client import StockX
from shared.stockx.models import Listing as Offered
from shared.stockx.models import Operation
from shared.translation import phrase

logger = structlog.get_logger(__name__)
ALL = "inventory.all_listing_changes"
TRIES = 8
POLLS = 40
SKEW = timedelta(seconds=60)
"""StockX's clock and ours may differ by so much."""
GRACE = timedelta(days=1)
every("* * * * *", ALL)

Beat = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    pass


class Changes:
    """Carries out the changes of one listing after the other."""

    def __init__(self, settings: Settings, database: Database, beat: Beat = _nothing) -> None:
        """Take settings and database; `beat` is called while it works, and may raise to end it."""
        self.database, self.client, self.beat = database, StockX(settings, database), beat

    async def work(self, listing_id: uuid.UUID) -> dict[str, int]:
        """Carry out what waits for a listing; return how many changes ended in which state."""
        ended: dict[str, int] = {}
        while True:
            async with self.database.unit() as session:
                change = await ListingRepository(session).claim(listing_id)
                listing = await session.get(Listing, listing_id, populate_existing=True) if change else None
            if change is None or listing is None:
                return ended
            state = await self._carry_out(change, listing)
            ended[state] = ended.get(state, 0) + 1

    async def _carry_out(self, change: ListingOperation, listing: Listing) -> JobState:
        try:
            offered = None
            if change.external_operation_id is None:
                told = await self._send(change, listing)
                if isinstance(told, Operation):
                    await self._sent(change, listing, told)
                else:
                    offered = told
            if offered is None:
                await self._ended(change, listing)
        except (ServiceUnavailableException, ExternalServiceException) as error:
            return await self._postpone(change.id, error)
        except SoleFlipException as error:
            return await self._end(change.id, JobState.FAILED, error.message)
        return await self._end(change.id, JobState.DONE, "", offered)

    async def _send(self, change: ListingOperation, listing: Listing) -> Operation | Offered:
        """Send a change; return StockX's operation, or the listing when what was asked for is so already."""
        if change.kind is OperationKind.CREATE:
            variant = listing.external_variant_id or await self._variant(listing)
            if change.attempt > 1 and (found := await self._sent_already(change, listing, variant)):
                return found
            amount = listing_effects.amount_of(change)
            return await self.client.create_listing(
                variant, amount, listing.currency, listing.inventory_type, _until(listing.ends_after_days)
            )
        number = listing.external_id
        if number is None:
            raise ValidationException(phrase("StockX never had this listing"))
        if change.kind is OperationKind.UPDATE:
            until = _until(change.changes.get("days"))
            return await self.client.change_price(number, listing_effects.amount_of(change), listing.currency, until)
        if change.kind is OperationKind.DELETE:
            return await self._take_down(number)
        return await self.client.switch(number, active=change.kind is OperationKind.ACTIVATE)

    async def _take_down(self, number: str) -> Operation | Offered:
        try:
            return await self.client.delete_listing(number)
        except (ValidationException, ResourceNotFoundException):
            try:
                found = await self.client.listing(number)
            except ResourceNotFoundException:
                return Offered.model_validate({"listingId": number, "status": "DELETED"})
            if found.status in ("DELETED", "CANCELED"):
                return found
            raise

    async def _variant(self, listing: Listing) -> str:
        """Return what StockX calls the item's product and size, looked up and kept."""
        async with self.database.reading() as session:
            product, size, variant = await ListingRepository(session).goods(listing.item_id)
        found = (
            variant.stockx_variant_id
            if variant and variant.stockx_variant_id
            else await find_variant(self.client, self.database, product, size)
        )
        async with self.database.unit() as session:
            _, held = await ListingRepository(session).held(listing.id)
            held.external_variant_id = found
        return found

    async def _sent_already(self, change: ListingOperation, listing: Listing, variant: str) -> Offered | None:
        """Return the listing an attempt that died made at StockX, if it got that far."""
        since = change.created_at - SKEW
        async for each in self.client.listings(variant_ids=variant):
            fits = each.amount == listing_effects.amount_of(change) and each.status in ("ACTIVE", "INACTIVE")
            if each.variant.id != variant or not fits or each.created_at is None or each.created_at < since:
                continue
            async with self.database.reading() as session:
                if not await ListingRepository(session).known_external(listing.platform_id, [each.id]):
                    return each
        return None

    async def _sent(self, change: ListingOperation, listing: Listing, told: Operation) -> None:
        """Keep StockX's numbers before anything else happens."""
        async with self.database.unit() as session:
            repository = ListingRepository(session)
            row = await repository.operation(change.id)
            _, held = await repository.held(listing.id)
            if row is not None:
                row.external_operation_id = change.external_operation_id = told.id
            if change.kind is OperationKind.CREATE:
                held.external_id = listing.external_id = told.listing_id

    async def _ended(self, change: ListingOperation, listing: Listing) -> None:
        """Poll until StockX has carried it out; raises ValidationException when it refused."""
        pause = 0.05
        for _ in range(POLLS):
            found = await self.client.operation(listing.external_id or "", change.external_operation_id or "")
            if found.status == "SUCCEEDED":
                return
            if found.status != "PENDING":
                raise ValidationException(phrase("StockX refused it: %(error)s", error=found.error or found.status))
            await self.beat()
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 1.6)
        raise ExternalServiceException(phrase("StockX is still at it"))

    async def _postpone(self, change_id: uuid.UUID, error: SoleFlipException) -> JobState:
        """Let a change wait: as long as StockX says, else longer every time; given up after some tries."""
        async with self.database.unit() as session:
            row = await ListingRepository(session).operation(change_id)
            if row is None:
                return JobState.LOST
            if row.attempt >= TRIES and not isinstance(error, ServiceUnavailableException):
                tried = row.attempt
            else:
                told = error.headers.get("Retry-After", "")
                seconds = int(told) if told.isdigit() else min(3600, 5 * 2**row.attempt)
                row.state, row.error, row.lease_until = JobState.QUEUED, error.message[:2000], None
                row.next_at = datetime.now(UTC) + timedelta(seconds=seconds)
                return JobState.QUEUED
        return await self._end(change_id, JobState.FAILED, f"{error.message} ({tried} tries)")

    async def _end(
        self, change_id: uuid.UUID, state: JobState, reason: str, offered: Offered | None = None
    ) -> JobState:
        async with self.database.unit() as session:
            repository = ListingRepository(session)
            row = await repository.operation(change_id)
            if row is None or row.state not in (JobState.RUNNING, JobState.QUEUED):
                return JobState.LOST
            item, listing = await repository.held(row.listing_id)
            row.state, row.error, row.lease_until = state, reason[:2000] or None, None
            row.finished_at = datetime.now(UTC)
            if offered is not None:
                listing.external_id, listing.platform_status = offered.id, offered.status
                listing.status = status_of(offered.status)
            apply = listing_effects.succeeded if state is JobState.DONE else listing_effects.failed
            await apply(session, row, item, listing)
        if state is JobState.FAILED:
            logger.warning("listing_change_failed", change=str(change_id), reason=reason)
        return state


def _until(days: int | None) -> datetime | None:
    """Return what StockX is told as the end of a listing: later than ours, for the case that no worker of ours runs then."""
    return datetime.now(UTC) + timedelta(days=days) + GRACE if days else None


@job(JOB)
async def listing_changes(context: JobContext) -> dict[str, Any]:
    """Carry out what waits for one listing."""
    changes = Changes(context.settings, context.database, context.progress)
    return dict(await changes.work(uuid.UUID(context.arguments["listing_id"])))


@job(ALL)
async def all_listing_changes(context: JobContext) -> dict[str, Any]:
    """End or renew listings whose days are over; carry out what waited for StockX or was left by a dead worker.

    Each listing is a job of its own.
    """
    async with context.database.unit() as session:
        ended = await end_listings(session, datetime.now(UTC))
    async with context.database.unit() as session:
        due = await ListingRepository(session).due()
        for listing_id in due:
            key = f"due:{listing_id}:{datetime.now(UTC):%Y%m%d%H%M}"
            await JobRepository(session).ask(JOB, {"listing_id": str(listing_id)}, key=key)
    return {"listings": len(due), **ended}
