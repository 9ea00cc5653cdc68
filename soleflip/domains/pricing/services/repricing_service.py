"""Repricing: plans for live listings and list prices within the brakes, dry by default, with a switch that stops it all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.pricing_repository import PricingRepository
from domains.pricing.services.desk import HOME, Desk, open_desk
from domains.pricing.services.price_writer import CHANGED, HELD, KEPT, Line, PriceWriter
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, PricingControl, RepricingRun
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException
from shared.repositories import audit
from shared.repositories.base_repository import check_version
from shared.repositories.rows import AnyRow
from shared.rules import proceeds, repricing
from shared.rules.money import ZERO
from shared.translation import Word, gettext_noop, phrase


class RepricingService:
    """Prices that are written by themselves."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored, self.writer = session, PricingRepository(session), PriceWriter(session)

    async def reprice(
        self, actor: Principal | None, *, dry_run: bool, strategy: str | None = None, limit: int = 500,
        max_step: Decimal | None = None, max_increase: Decimal | None = None, min_margin: Decimal | None = None,
    ) -> RepricingRun:  # fmt: skip
        """Plan every live listing and, unless dry, ask for the changes; raises BusinessRuleViolation when all is stopped.

        The switches are held until this unit ends: who stops everything waits for it, and stops what it asked for.
        """
        control = await self.stored.control(held=True)
        if control.killed and not dry_run:
            raise BusinessRuleViolation(
                phrase(
                    "Automatic prices are stopped: %(kill_reason)s",
                    kill_reason=control.kill_reason or Word(gettext_noop("no reason told")),
                )
            )
        chosen = strategy or control.strategy
        brakes = brakes_of(control, max_step)
        now = datetime.now(UTC)
        listed = await self.stored.live_listings(limit)
        rows = {
            row.id: row for row in await self.stored.pairs(InventoryItem.id.in_([each[0].item_id for each in listed]))
        }
        desk = await open_desk(self.session, list(rows.values()))
        day = await self.stored.day_prices([each[0].id for each in listed], now - timedelta(days=1))
        margin = control.min_margin_percent if min_margin is None else min_margin
        lines = []
        for listing, slug, _ in listed:
            row = rows.get(listing.item_id)
            if row is None:
                lines.append(Line(listing.item_id, listing.id, listing.ask_price, None, None, HELD,
                                  ["it has no cost, or nothing of it is left: enter its cost"]))  # fmt: skip
                continue
            lines.append(self._line(desk, row, listing, slug, day, chosen, brakes, margin, max_increase, now))
        settings = {"strategy": chosen, "min_margin_percent": str(margin),
                    "max_step_percent": str(brakes.max_step_percent)}  # fmt: skip
        return await self.writer.write("reprice", lines, actor, settings, dry_run=dry_run)

    def _line(
        self, desk: Desk, row: AnyRow, listing: Any, slug: str, day: Mapping[uuid.UUID, Decimal], strategy: str,
        brakes: repricing.Brakes, margin: Decimal, max_increase: Decimal | None, now: datetime,
    ) -> Line:  # fmt: skip
        floor = desk.floor(row, slug, margin)
        offer = repricing.Offer(
            listing.ask_price, day.get(listing.id, listing.ask_price), listing.last_repriced_at, floor,
            row.ceiling_price, desk.terms(row, slug).step,
        )  # fmt: skip
        found = repricing.plan(offer, desk.market(row, slug), strategy, brakes, now)
        price, reasons = found.price, list(found.reasons)
        verdict: str = found.verdict
        if max_increase is not None and verdict == CHANGED and price > listing.ask_price * (1 + max_increase / 100):
            verdict, price = KEPT, listing.ask_price
            reasons.append(f"more than {max_increase} % up was not asked for")
        return Line(row.id, listing.id, listing.ask_price, price, floor, verdict, reasons)

    async def optimize(self, strategy: str, limit: int) -> dict[str, Any]:
        """Say what the list prices of unsold pairs should be under a strategy; nothing is written."""
        begun = datetime.now(UTC)
        rows = await self.stored.pairs(limit=limit)
        desk = await open_desk(self.session, rows)
        brakes = repricing.Brakes(Decimal(100), Decimal(100), undercut=desk.control.undercut)
        updates, potential = [], ZERO
        for row in rows:
            current = desk.listed(row)
            terms, floor = desk.terms(row, HOME), desk.floor(row, HOME, ZERO)
            aim = repricing.AIMS[strategy](desk.market(row, HOME), brakes)
            if aim is None or floor is None:
                continue
            wanted = max((aim[0] / terms.step).quantize(Decimal(1)) * terms.step, floor)
            if row.ceiling_price is not None and row.ceiling_price >= floor:
                wanted = min(wanted, row.ceiling_price)
            if current is not None and abs(wanted - current) <= 1:
                continue
            gain = proceeds.proceeds(wanted, terms).profit - (
                proceeds.proceeds(current, terms).profit if current is not None else ZERO
            )
            potential += max(gain, ZERO)
            updates.append({"item_id": row.id, "number": row.number, "product_name": row.name, "size": row.size,
                            "current_price": current, "new_price": wanted, "floor_price": floor,
                            "profit_change": gain, "reason": aim[1]})  # fmt: skip
        return {
            "strategy": strategy, "total_items": len(rows), "items_to_update": len(updates), "updates": updates,
            "potential_profit_increase": potential,
            "processing_time_ms": round((datetime.now(UTC) - begun).total_seconds() * 1000),
        }  # fmt: skip

    async def status(self) -> dict[str, Any]:
        """Return the switches, the last run and when the next one is due."""
        control = await self.stored.control()
        runs = [each for each in await self.stored.runs(0, 20) if each.kind == "reprice" and not each.dry_run]
        last = runs[0] if runs else None
        running = control.repricing_enabled and not control.killed
        due = (
            max(last.created_at + timedelta(hours=control.interval_hours), datetime.now(UTC))
            if last
            else datetime.now(UTC)
        )
        return {
            "enabled": control.repricing_enabled, "listing_enabled": control.listing_enabled, "killed": control.killed,
            "kill_reason": control.kill_reason, "killed_at": control.killed_at,
            "last_run": last.created_at if last else None,
            "items_repriced": last.counts.get("changed", 0) if last else 0, "strategy": control.strategy,
            "next_run": due if running else None, "interval_hours": control.interval_hours,
            "rules_applied": {
                "min_margin_percent": control.min_margin_percent, "max_step_percent": control.max_step_percent,
                "max_day_percent": control.max_day_percent, "dead_band": control.dead_band,
                "cool_down_hours": control.cool_down_hours, "undercut": control.undercut,
            },
            "version": control.version,
        }  # fmt: skip

    async def switch(self, actor: Principal, values: Mapping[str, Any], version: int | None = None) -> PricingControl:
        """Change the switches and brakes."""
        control = await self.stored.control(held=True)
        check_version(control, version)
        before = {name: str(getattr(control, name)) for name in values}
        for name, value in values.items():
            setattr(control, name, value)
        control.version += 1
        after = {name: str(value) for name, value in values.items()}
        audit.record(self.session, actor, "pricing.switch", "pricing_control", control.id, before, after)
        await self.session.flush()
        return control

    async def kill(self, actor: Principal, reason: str) -> int:
        """Stop everything that writes prices by itself, at once; return how many changes that waited were stopped."""
        control = await self.stored.control(held=True)
        control.killed, control.killed_at = True, datetime.now(UTC)
        control.killed_by_id, control.kill_reason = actor.user_id, reason[:255]
        control.version += 1
        stopped = await self.stored.stop_waiting()
        audit.record(
            self.session,
            actor,
            "pricing.kill",
            "pricing_control",
            control.id,
            after={"stopped": stopped},
            reason=reason,
        )
        await self.session.flush()
        return stopped

    async def revive(self, actor: Principal) -> None:
        """Let it write again; what was stopped stays stopped."""
        await self.switch(actor, {"killed": False, "kill_reason": "", "killed_at": None, "killed_by_id": None})

    async def lines(self, run_id: uuid.UUID, verdicts: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return what a run thought of each item; raises ResourceNotFoundException."""
        if await self.stored.run(run_id) is None:
            raise ResourceNotFoundException(
                phrase("Run %(run_id)s not found", run_id=run_id), details={"run_id": str(run_id)}
            )
        return [
            {"item_id": line.item_id, "listing_id": line.listing_id, "number": number, "product_name": name, "size": size,
             "old_price": line.old_price, "new_price": line.new_price, "floor_price": line.floor_price,
             "verdict": line.verdict, "reasons": line.reasons}
            for line, number, name, size in await self.stored.lines(run_id, verdicts)
        ]  # fmt: skip


def brakes_of(control: PricingControl, max_step: Decimal | None = None) -> repricing.Brakes:
    """Return the brakes the switches say; a smaller step than the shop's may be asked for, a larger one not."""
    step = control.max_step_percent if max_step is None else min(max_step, control.max_step_percent)
    return repricing.Brakes(
        step, control.max_day_percent, control.dead_band, timedelta(hours=control.cool_down_hours), control.undercut
    )
