"""One decision per unsold pair, stored with its figures and its sentence; approved in bulk, undone as a run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.pricing_repository import PricingRepository
from domains.pricing.services.desk import HOME, Desk, open_desk
from domains.pricing.services.price_writer import CHANGED, HELD, Line, PriceWriter
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, PriceDecision, RepricingRun
from shared.database.words import DecisionKind
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories.rows import AnyRow
from shared.rules import decisions

KEEP = timedelta(days=60)
JOB = "pricing.decide"


class DecisionService:
    """Decides, and carries out what people approve."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, PricingRepository(session)

    async def decide_all(self) -> dict[str, int]:
        """Decide for every unsold pair with a cost; return how many of each kind."""
        rows = await self.stored.pairs()
        desk = await open_desk(self.session, rows)
        now = datetime.now(UTC)
        await self.stored.forget_decisions(now - KEEP)
        made = [_as_row(desk, row, desk.decide(row), now) for row in rows]
        await self.stored.add_decisions(made)
        return {kind.value: sum(each["kind"] is kind for each in made) for kind in DecisionKind}

    async def list(
        self, kind: DecisionKind | None, skip: int, limit: int
    ) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """Return the newest decisions, the most profitable first, and how many there are of each kind."""
        rows, counts = await self.stored.decided(kind, skip, limit)
        return [_as_answer(*row) for row in rows], counts

    async def approve(self, actor: Principal, ids: Sequence[uuid.UUID], *, accept_loss: bool) -> RepricingRun:
        """Carry out decisions: the price is written, a pair without a listing is offered at StockX. Undo rolls the run back.

        A hold writes nothing. What would lose money is left alone unless that was accepted; an item's own floor always holds.
        """
        chosen = await self.stored.decisions_by_id(ids)
        rows = {row.id: row for row in await self.stored.pairs(InventoryItem.id.in_([each.item_id for each in chosen]))}
        desk = await open_desk(self.session, list(rows.values()))
        home = desk.platforms.get(HOME)
        lines = [
            self._line(desk, rows.get(each.item_id), each, home.id if home else None, accept_loss=accept_loss)
            for each in chosen
        ]
        writer = PriceWriter(self.session)
        return await writer.write("approve", lines, actor, {"offer_on": HOME}, dry_run=False)

    def _line(
        self, desk: Desk, row: AnyRow | None, decided: PriceDecision, home: uuid.UUID | None, *, accept_loss: bool
    ) -> Line:
        old: Decimal | None = None
        listing = None
        if row is not None:
            listing = next((each for each in desk.listings.get(row.id, ()) if each.slug == HOME), None)
            old = listing.ask_price if listing is not None else row.list_price
        verdict, reasons = CHANGED, [decided.sentence]
        if row is None:
            verdict, reasons = HELD, ["sold or reserved meanwhile"]
        elif decided.kind is DecisionKind.HOLD or decided.price is None:
            verdict, reasons = HELD, ["holding writes no price"]
        elif decided.platform_id != home:
            verdict, reasons = HELD, ["offer it there by hand; only StockX is written to"]
        elif (decided.expected_profit or 0) < 0 and not accept_loss:
            verdict, reasons = HELD, ["this would lose money; accept the loss to do it"]
        elif old == decided.price:
            verdict, reasons = HELD, ["it asks this already"]
        floor = row.floor_price if row is not None else None
        return Line(
            decided.item_id, listing.id if listing is not None else None, old, decided.price, floor, verdict, reasons
        )


def _as_row(desk: Desk, row: AnyRow, found: decisions.Decision, now: datetime) -> dict[str, Any]:
    best = found.best
    platform = next((each for each in desk.platforms.values() if best and each.name == best.venue), None)
    confidence = None
    if best is not None:
        confidence = Decimal(str(best.probability)).quantize(Decimal("0.01"))
    return {
        "id": uuid.uuid4(), "item_id": row.id, "platform_id": platform.id if platform else None,
        "kind": best.kind if best else DecisionKind.HOLD, "price": best.price if best else None,
        "currency": row.currency, "expected_payout": best.payout if best else None,
        "expected_profit": best.profit if best else None, "expected_days": best.days if best else None,
        "profit_per_day": best.profit_per_day if best else None, "confidence": confidence, "sentence": found.sentence,
        "options": [_plain(asdict(each)) | {"age_days": found.age_days} for each in found.options], "decided_at": now,
    }  # fmt: skip


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in told.items()}


def _as_answer(
    row: PriceDecision, number: int, name: str, size: str, list_price: Decimal | None, status: str, platform: str | None
) -> dict[str, Any]:
    return {
        "id": row.id, "item_id": row.item_id, "number": number, "product_name": name, "size": size, "status": status,
        "platform": platform, "kind": row.kind, "price": row.price, "current_price": list_price, "currency": row.currency,
        "expected_payout": row.expected_payout, "expected_profit": row.expected_profit,
        "expected_days": row.expected_days, "profit_per_day": row.profit_per_day, "confidence": row.confidence,
        "sentence": row.sentence, "options": row.options, "decided_at": row.decided_at,
    }  # fmt: skip


@job(JOB)
async def decide(context: JobContext) -> dict[str, Any]:
    """Decide for every unsold pair."""
    async with context.database.unit() as session:
        return dict(await DecisionService(session).decide_all())


every("20 4 * * *", JOB)
