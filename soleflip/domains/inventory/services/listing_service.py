"""What a person does with listings: offer an item at StockX, change its price, take it down, decide about stuck changes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.inventory_repository import InventoryRepository
from domains.inventory.repositories.listing_repository import NAMES, OPERATION_NAMES, ListingRepository
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, Listing, ListingOperation, PresaleMarking
from shared.database.words import ItemStatus, JobState, ListingStatus, OperationKind
from shared.error_handling.exceptions import (
    BusinessRuleViolation,
    InvalidStateTransition,
    ResourceNotFoundException,
    ValidationException,
)
from shared.repositories import audit, listing_desk, stock_ledger
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.jobs import JobRepository
from shared.rules import stock
from shared.rules.auto_listing import Terms
from shared.translation import gettext_noop, phrase

STOCKX = "stockx"


class ListingService:
    """Listings within one unit of work; what is asked here a worker carries out."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.listings = session, ListingRepository(session)
        self.items, self.catalogue = InventoryRepository(session), CatalogueLookup(session)

    async def list_item(
        self, actor: Principal | None, item_id: uuid.UUID, amount: Decimal | None, currency: str = "EUR",
        inventory_type: str = "STANDARD", key: str | None = None, terms: Terms | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Offer an item at StockX for a whole amount (its list price when none is told); the same key again offers it once.

        `terms` say how long it stays; its days are counted from when StockX has it.

        Raises BusinessRuleViolation when it may not be offered, ValidationException for a price that cannot be.
        """
        item = await self.items.get_for_update(item_id)
        if item is None:
            raise ResourceNotFoundException(
                phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
            )
        platform = await self.catalogue.platform(STOCKX)
        live = await self.listings.live(item.id, platform.id)
        if live is not None:
            if key and live.raw_data == {"key": key}:
                return await self.shown(live.id)
            raise BusinessRuleViolation(
                phrase("Item %(number)s is offered at StockX already", number=item.number),
                details={"listing_id": str(live.id)},
            )
        self._may_be_listed(item)
        price = asking(item, amount)
        _, _, variant = await self.listings.goods(item.id)
        listing = await self.listings.create(
            item_id=item.id, platform_id=platform.id, status=ListingStatus.PENDING, ask_price=price, currency=currency,
            inventory_type=inventory_type, external_variant_id=variant.stockx_variant_id if variant else None,
            raw_data={"key": key} if key else None, rule=terms.rule if terms else None,
            ends_after_days=terms.days if terms else None, at_end=terms.at_end if terms and terms.days else None,
        )  # fmt: skip
        await listing_desk.ask(
            self.session, listing, OperationKind.CREATE, {"amount": str(int(price))}, f"create:{listing.id}",
            actor.user_id if actor else None, "offered",
        )  # fmt: skip
        audit.record(self.session, actor, "listing.create", "listing", listing.id, after={"ask": str(price)})
        return await self.shown(listing.id)

    @staticmethod
    def _may_be_listed(item: InventoryItem) -> None:
        if item.status not in stock.LISTABLE or item.archived_at is not None:
            allowed = sorted(word.value for word in stock.LISTABLE)
            raise InvalidStateTransition(
                phrase("Item %(number)s is %(status)s; it cannot be offered", number=item.number, status=item.status),
                details={"allowed": allowed},
            )
        if item.quantity - item.reserved_quantity < 1:
            raise BusinessRuleViolation(
                phrase("All of item %(number)s is reserved; release it first", number=item.number)
            )

    async def shown(self, listing_id: uuid.UUID) -> dict[str, Any]:
        """Return one listing; raises ResourceNotFoundException."""
        rows = await self.listings.rows([Listing.id == listing_id], 0, 1)
        if not rows:
            raise ResourceNotFoundException(phrase("Listing %(listing_id)s not found", listing_id=listing_id))
        return dict(zip(NAMES, rows[0], strict=True))

    async def _live(self, listing_id: uuid.UUID) -> tuple[InventoryItem, Listing]:
        if await self.listings.get_by_id(listing_id) is None:
            raise ResourceNotFoundException(phrase("Listing %(listing_id)s not found", listing_id=listing_id))
        item, listing = await self.listings.held(listing_id)
        if listing.status not in listing_desk.LIVE:
            raise BusinessRuleViolation(
                phrase("This listing is %(status)s; nothing of it can be changed", status=listing.status)
            )
        return item, listing

    async def change_price(
        self, actor: Principal, listing_id: uuid.UUID, amount: Decimal, key: str | None = None
    ) -> dict[str, Any]:
        """Ask for another price of a listing, not below the item's floor."""
        item, listing = await self._live(listing_id)
        price = asking(item, amount)
        before = str(listing.ask_price)
        await listing_desk.ask(
            self.session, listing, OperationKind.UPDATE, {"amount": str(int(price))},
            f"price:{listing.id}:{key or uuid.uuid4()}", actor.user_id, "changed by hand",
        )  # fmt: skip
        audit.record(self.session, actor, "listing.price", "listing", listing.id, {"ask": before}, {"ask": str(price)})
        return await self.shown(listing.id)

    async def take_down(self, actor: Principal, listing_id: uuid.UUID, reason: str = "") -> dict[str, Any]:
        """Ask for a listing to be taken down; asking twice is one change."""
        _, listing = await self._live(listing_id)
        await listing_desk.ask(
            self.session, listing, OperationKind.DELETE, {}, f"delete:{listing.id}", actor.user_id, reason
        )
        audit.record(self.session, actor, "listing.delete", "listing", listing.id, reason=reason)
        return await self.shown(listing.id)

    async def operations(self, *, open_only: bool, skip: int, limit: int) -> list[dict[str, Any]]:
        """Return the changes asked of marketplaces, newest first."""
        rows = await self.listings.operations(open_only=open_only, skip=skip, limit=limit)
        return [dict(zip(OPERATION_NAMES, row, strict=True)) for row in rows]

    async def _operation(self, operation_id: uuid.UUID) -> ListingOperation:
        found = await self.listings.operation(operation_id)
        if found is None:
            raise ResourceNotFoundException(phrase("Change %(operation_id)s not found", operation_id=operation_id))
        return found

    async def retry(self, actor: Principal, operation_id: uuid.UUID) -> None:
        """Try a failed or waiting change once more, now."""
        change = await self._operation(operation_id)
        if change.state not in (JobState.FAILED, JobState.QUEUED):
            raise BusinessRuleViolation(
                phrase("This change is %(state)s; only what failed or waits can be tried again", state=change.state)
            )
        if change.kind is OperationKind.CREATE and change.state is JobState.FAILED:
            raise BusinessRuleViolation(gettext_noop("Offer the item again instead; this listing has ended"))
        change.state, change.error, change.finished_at, change.next_at = JobState.QUEUED, None, None, datetime.now(UTC)
        await JobRepository(self.session).ask(
            listing_desk.JOB, {"listing_id": str(change.listing_id)}, actor.user_id,
            f"retry:{change.id}:{change.attempt}",
        )  # fmt: skip
        audit.record(self.session, actor, "listing.retry", "listing_operation", change.id)

    async def done_by_hand(self, actor: Principal, operation_id: uuid.UUID) -> None:
        """Say that a person took down a listing at a marketplace whose listings we cannot change."""
        change = await self._operation(operation_id)
        if change.state not in listing_desk.OPEN or change.kind is not OperationKind.DELETE:
            raise BusinessRuleViolation(
                gettext_noop("Only an open request to take something down can be settled by hand")
            )
        _, listing = await self.listings.held(change.listing_id)
        if listing.platform_id == (await self.catalogue.platform(STOCKX)).id:
            raise BusinessRuleViolation(
                gettext_noop("StockX's listings are taken down by the worker; ask for it to be tried again")
            )
        now = datetime.now(UTC)
        change.state, change.finished_at = JobState.DONE, now
        listing.status, listing.delisted_at = ListingStatus.DELETED, now
        listing.version += 1
        audit.record(self.session, actor, "listing.done_by_hand", "listing_operation", change.id)

    async def mark_presale(self, actor: Principal, external_id: str, *, presale: bool) -> dict[str, Any]:
        """Mark a StockX listing's item as not here yet, or as here again."""
        platform = await self.catalogue.platform(STOCKX)
        listing = await self.listings.by_external(platform.id, external_id)
        if listing is None:
            raise ResourceNotFoundException(
                phrase("No listing of ours has StockX's number %(external_id)s", external_id=external_id)
            )
        item, listing = await self.listings.held(listing.id)
        to = ItemStatus.PRESALE if presale else ItemStatus.LISTED_STOCKX
        stock_ledger.move(self.session, item, to, actor, "presale" if presale else "arrived")
        mark = await self.listings.presale(external_id)
        now = datetime.now(UTC)
        if mark is None:
            mark = PresaleMarking(stockx_listing_id=external_id, marked_at=now)
            self.session.add(mark)
        mark.is_presale, mark.unmarked_at = presale, None if presale else now
        return {"stockx_listing_id": external_id, "item_id": item.id, "status": to}

    async def list(
        self, platform: str | None, status: ListingStatus | None, item_id: uuid.UUID | None, skip: int, limit: int
    ) -> list[dict[str, Any]]:
        """Return listings, newest first."""
        conditions = []
        if platform:
            conditions.append(Listing.platform_id == (await self.catalogue.platform(platform)).id)
        if status:
            conditions.append(Listing.status == status)
        if item_id:
            conditions.append(Listing.item_id == item_id)
        return [dict(zip(NAMES, row, strict=True)) for row in await self.listings.rows(conditions, skip, limit)]


def asking(item: InventoryItem, amount: Decimal | None) -> Decimal:
    """Return the whole amount an item is offered for; raises ValidationException, or BusinessRuleViolation below its floor."""
    price = amount if amount is not None else item.list_price
    if price is None:
        raise ValidationException(
            gettext_noop("Say a price, or give the item a list price"), field_errors={"amount": "is missing"}
        )
    if price != price.to_integral_value() or not 1 <= price <= 1_000_000:
        raise ValidationException(
            phrase("StockX takes whole amounts only, not %(price)s", price=price),
            field_errors={"amount": "a whole number above 0"},
        )
    if item.floor_price is not None and price < item.floor_price:
        raise BusinessRuleViolation(
            phrase(
                "%(price)s is below item %(number)s's floor of %(floor_price)s",
                price=price,
                number=item.number,
                floor_price=item.floor_price,
            )
        )
    return price
