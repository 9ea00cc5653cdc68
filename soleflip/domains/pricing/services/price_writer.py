"""The one place prices are written: list prices and the listings that follow, in runs that can be rolled back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.pricing_repository import PricingRepository
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, Listing, RepricingLine, RepricingRun
from shared.database.words import JobState, ListingStatus, OperationKind
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException
from shared.events.event_bus import publish
from shared.repositories import audit, listing_desk, stock_locks
from shared.rules import stock
from shared.rules.auto_listing import Terms
from shared.translation import gettext_noop, phrase

CHANGED, KEPT, HELD = "change", "keep", "held"


@dataclass(frozen=True, slots=True)
class Line:
    """What is thought of one item: its old and its new price, and why. Without a listing only its list price changes."""

    item_id: uuid.UUID
    listing_id: uuid.UUID | None
    old_price: Decimal | None
    new_price: Decimal | None
    floor: Decimal | None
    verdict: str
    reasons: Sequence[str]
    terms: Terms | None = None


class PriceWriter:
    """Writes runs."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, PricingRepository(session)

    async def write(
        self, kind: str, lines: Sequence[Line], actor: Principal | None, settings: dict[str, Any], *, dry_run: bool
    ) -> RepricingRun:
        """Store a run with its lines; unless it is a dry one its changes are made. No line goes below its floor."""
        now = datetime.now(UTC)
        run = RepricingRun(
            id=uuid.uuid4(), kind=kind, dry_run=dry_run, state=JobState.DONE, settings=settings,
            by_id=actor.user_id if actor else None, finished_at=now,
        )  # fmt: skip
        self.session.add(run)
        await self.session.flush()
        items: dict[uuid.UUID, InventoryItem] = {}
        if not dry_run:
            await stock_locks.several(self.session)
            items = await self.stored.items_held(line.item_id for line in lines)
        written = 0
        for line in lines:
            verdict, reasons = line.verdict, list(line.reasons)
            if verdict == CHANGED and not dry_run:
                trouble = await self._change(run, line, items.get(line.item_id), actor)
                if trouble:
                    verdict, reasons = HELD, [*reasons, trouble]
            written += verdict == CHANGED
            self.session.add(
                RepricingLine(
                    run_id=run.id, item_id=line.item_id, listing_id=line.listing_id, old_price=line.old_price,
                    new_price=line.new_price, floor_price=line.floor, verdict=verdict, reasons=reasons,
                )
            )  # fmt: skip
        run.counts = {
            "total": len(lines), "changed": written, "kept": sum(each.verdict == KEPT for each in lines),
            "held": len(lines) - written - sum(each.verdict == KEPT for each in lines),
        }  # fmt: skip
        if not dry_run:
            audit.record(self.session, actor, f"pricing.{kind}", "repricing_run", run.id, after=run.counts)
        await self.session.flush()
        return run

    async def _change(self, run: RepricingRun, line: Line, item: InventoryItem | None, actor: Principal | None) -> str:
        """Make a change of a pair (held); return why it could not be made."""
        if line.new_price is None and run.kind != "rollback":
            return "no price to write"
        if (
            line.new_price is not None
            and line.floor is not None
            and line.new_price < line.floor
            and run.kind != "rollback"
        ):
            return f"{line.new_price} is below the floor {line.floor}"
        if item is None or item.status not in stock.UNSOLD:
            return "sold meanwhile"
        if line.listing_id is None:
            if item.list_price != line.old_price:
                return f"somebody set {item.list_price} meanwhile"
            self._list_price(item, line.new_price)
            if offer_on := run.settings.get("offer_on"):
                self._offer(run, line, offer_on, actor)
            return ""
        listing = await self.stored.listing_held(line.listing_id)
        if listing is None or listing.status not in (ListingStatus.ACTIVE, ListingStatus.DRAFT):
            return "its listing is no longer live"
        if listing.ask_price == line.new_price:  # what was asked for never reached the marketplace
            self._list_price(item, line.new_price)
            return ""
        if listing.ask_price != line.old_price:
            return f"it asks {listing.ask_price} meanwhile"
        self._list_price(item, line.new_price)
        await self._ask(run, listing, line, actor)
        return ""

    async def _take_down(self, run: RepricingRun, item_id: uuid.UUID, actor: Principal) -> None:
        """Take down the listings a pair got because of a run."""
        for listing in await self.stored.listings_since(item_id, run.created_at):
            key = f"undo:{run.id}:{listing.id}"
            await listing_desk.ask(
                self.session, listing, OperationKind.DELETE, {}, key, actor.user_id, "its run was rolled back"
            )

    def _list_price(self, item: InventoryItem, price: Decimal | None) -> None:
        item.list_price = price
        item.version += 1

    async def _ask(self, run: RepricingRun, listing: Listing, line: Line, actor: Principal | None) -> None:
        reason = "; ".join(line.reasons)[:255]
        by = actor.user_id if actor else None
        changes = {"amount": str(line.new_price), "run_id": str(run.id)}
        key = f"{run.kind}:{run.id}:{listing.id}"
        await listing_desk.ask(self.session, listing, OperationKind.UPDATE, changes, key, by, reason)

    def _offer(self, run: RepricingRun, line: Line, platform: str, actor: Principal | None) -> None:
        """Have a pair without a listing offered: the inventory domain hears it and does it."""
        publish(
            self.session, "pricing.listing_wanted", line.item_id,
            {"platform": platform, "amount": str(line.new_price), "reason": "; ".join(line.reasons)[:255],
             "run_id": str(run.id), "by": str(actor.user_id) if actor else None,
             **({"rule": line.terms.rule, "days": line.terms.days, "at_end": line.terms.at_end} if line.terms else {})},
        )  # fmt: skip

    async def roll_back(self, actor: Principal, run_id: uuid.UUID) -> RepricingRun:
        """Put back the prices of a run, where nobody set another one since; raises when it cannot be rolled back."""
        run = await self.stored.run(run_id, held=True)
        if run is None:
            raise ResourceNotFoundException(
                phrase("Run %(run_id)s not found", run_id=run_id), details={"run_id": str(run_id)}
            )
        if run.dry_run:
            raise BusinessRuleViolation(gettext_noop("This run changed nothing: it was a dry one"))
        if run.rolled_back_at is not None:
            raise BusinessRuleViolation(
                phrase(
                    "This run was rolled back already, on %(rolled_back_at)s",
                    rolled_back_at=f"{run.rolled_back_at:%d %b %Y %H:%M}",
                )
            )
        lines = []
        why = f"put back: run of {run.created_at:%d %b %H:%M}"
        for row, *_ in await self.stored.lines(run_id, [CHANGED]):
            lines.append(
                Line(row.item_id, row.listing_id, row.new_price, row.old_price, row.floor_price, CHANGED, [why])
            )
            if row.listing_id is None and run.settings.get("offer_on"):
                await self._take_down(run, row.item_id, actor)
        await self.stored.forget_waiting(run_id)
        back = await self.write("rollback", lines, actor, {"run_id": str(run_id)}, dry_run=False)
        run.rolled_back_at = datetime.now(UTC)
        await self.session.flush()
        return back
