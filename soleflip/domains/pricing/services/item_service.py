"""One pair as its page shows it, a price asked by hand, and the changes on their way to marketplaces."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.item_repository import ItemRepository
from domains.pricing.repositories.pricing_repository import PricingRepository
from domains.pricing.services.desk import HOME, open_desk
from domains.pricing.services.price_writer import CHANGED, Line, PriceWriter
from domains.pricing.services.pricing_service import PricingService, as_market
from shared.auth.principal import Principal
from shared.database.models import RepricingRun
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException
from shared.repositories import consignment_desk
from shared.rules import proceeds
from shared.rules.money import ZERO
from shared.translation import phrase


class ItemService:
    """Pairs within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session = session
        self.stored, self.items = PricingRepository(session), ItemRepository(session)

    async def shown(self, item_id: uuid.UUID) -> dict[str, Any]:
        """Return everything its page shows; raises ResourceNotFoundException. A sold pair has no decision."""
        head = await self.items.head(item_id)
        if head is None:
            raise ResourceNotFoundException(
                phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
            )
        found: dict[str, Any] = {
            "item": head, "decision": None, "options": (), "market": None, "floor": None, "breakdown": None,
            "recommended": None, "current": head["list_price"],
            "market_days": await self.items.market_days(head["product_id"], head["size"]),
            "listings": await self.items.listings(item_id), "operations": await self.items.operations(item_id=item_id, limit=10),
            "changes": await self.items.price_changes(item_id), "history": await self.items.history(item_id),
            "orders": await self.items.orders(item_id), "photos": await self.items.photos(item_id),
        }  # fmt: skip
        if head["consignor_id"]:
            return found | await self._consigned(item_id, head["list_price"])
        found["bought_of"] = await consignment_desk.bought_of(self.session, item_id)
        row = await self.stored.pair(item_id)
        if row is None:
            return found
        desk = await open_desk(self.session, [row])
        decided = desk.decide(row)
        recommended = desk.recommend(row, HOME)
        current = desk.listed(row)
        return found | {
            "decision": decided, "options": decided.options, "market": as_market(desk.market(row, HOME)),
            "floor": desk.floor(row, HOME, ZERO), "recommended": recommended, "current": current,
            "age": (desk.today - row.since).days, "cost": desk.cost(row),
            "breakdown": asdict(proceeds.proceeds(current or recommended.price, desk.terms(row, HOME))),
        }  # fmt: skip

    async def _consigned(self, item_id: uuid.UUID, price: Decimal | None) -> dict[str, Any]:
        """Return whose a pair is, and how a sale at its asking price at StockX would be split."""
        owned = await consignment_desk.shown(self.session, item_id)
        if owned is None:
            return {}
        owner, pair = owned
        sale = share = None
        if price:
            sale, share = await consignment_desk.quote(self.session, pair, price, HOME, datetime.now(UTC).date())
        return {"owner": owner, "agreed": pair, "sale": sale, "share": share, "cost": None}

    async def ask_price(self, actor: Principal, item_id: uuid.UUID, price: Decimal) -> RepricingRun:
        """Ask a price for a pair: its listing at StockX is changed, or it is listed there. Below its own floor it is refused."""
        row = await PricingService(self.session).pair(item_id)
        desk = await open_desk(self.session, [row])
        if row.floor_price is not None and price < row.floor_price:
            raise BusinessRuleViolation(
                phrase(
                    "%(price)s is below item %(number)s's floor of %(floor_price)s",
                    price=price,
                    number=row.number,
                    floor_price=row.floor_price,
                )
            )
        listing = next((each for each in desk.listings.get(row.id, ()) if each.slug == HOME), None)
        old = listing.ask_price if listing is not None else row.list_price
        left = proceeds.proceeds(price, desk.terms(row, HOME)).profit
        why = f"asked by {actor.username}: {left} would be left"
        line = Line(row.id, listing.id if listing else None, old, price, row.floor_price, CHANGED, [why])
        return await PriceWriter(self.session).write("manual", [line], actor, {"offer_on": HOME}, dry_run=False)

    async def queue(self, limit: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return changes on their way to marketplaces, and those that failed of late."""
        return (
            await self.items.operations(states=("queued", "running"), limit=limit),
            await self.items.operations(states=("failed", "lost"), limit=limit),
        )
