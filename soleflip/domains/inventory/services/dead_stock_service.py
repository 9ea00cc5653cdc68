"""Goods that stay: judged on real market prices and own sales, with a way down for their prices."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.dead_stock_repository import DeadStockRepository
from shared.auth.principal import Principal
from shared.repositories import audit, stock_locks
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.figures import FiguresRepository
from shared.rules import dead_stock
from shared.rules.money import ZERO, cents, ratio_percent

AT_RISK = frozenset({"cold", "dead", "critical"})
ADVICE = {
    "critical": ("Lower the price by 30 to 50 % or bundle it", "Accept the highest bid", "Offer it everywhere"),
    "dead": ("Lower the price by 20 to 30 %", "List it on another marketplace", "Feature it"),
    "cold": ("Lower the price by 10 to 15 %", "Compare with the lowest ask", "Take better photos"),
    "warm": ("Look again next week",),
    "hot": ("Keep the price or raise it",),
}


class DeadStockService:
    """Judges unsold goods."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session = session
        self.stock, self.catalogue = DeadStockRepository(session), CatalogueLookup(session)
        self.figures = FiguresRepository(session)

    async def judged(self, today: date) -> list[dict[str, Any]]:
        """Return every unsold item of ours with a cost and a date, the riskiest first."""
        business = await self.catalogue.business()
        pace = await self.stock.days_to_sell()
        found = []
        for row in await self.stock.unsold():
            facts = dead_stock.Facts(
                (today - row.since).days, row.cost, row.quantity, row.market, pace.get((row.brand_id, row.category_id))
            )
            risk = dead_stock.judge(facts, business.capital_cost_percent, business.storage_cost_per_month)
            found.append(
                {
                    "item_id": row.id,
                    "number": row.number,
                    "product_name": row.name,
                    "sku": row.sku,
                    "size": row.size,
                    "status": row.status,
                    "quantity": row.quantity,
                    "age_days": facts.age_days,
                    "cost": row.cost,
                    "market_price": row.market,
                    "list_price": row.list_price,
                    "floor_price": row.floor_price,
                    "risk_score": risk.score,
                    "risk_level": risk.level,
                    "potential_loss": risk.potential_loss,
                    "locked_capital": risk.locked_capital,
                    "carrying_cost": risk.carrying_cost,
                    "reasons": list(risk.reasons),
                    "advice": list(ADVICE[risk.level]),
                }
            )
        return sorted(found, key=lambda each: (-each["risk_score"], each["number"]))

    async def summary(self, today: date) -> dict[str, Any]:
        """Return how much money is locked at which risk."""
        judged = await self.judged(today)
        locked = sum((each["locked_capital"] for each in judged), ZERO)
        loss = sum((each["potential_loss"] for each in judged), ZERO)
        levels = {
            level: {
                "items": len(chosen := [each for each in judged if each["risk_level"] == level]),
                "locked_capital": sum((each["locked_capital"] for each in chosen), ZERO),
                "potential_loss": sum((each["potential_loss"] for each in chosen), ZERO),
            }
            for level in dead_stock.LEVELS
        }
        percent = ratio_percent(loss, locked) or ZERO
        hints = []
        if percent > 20:
            hints.append(f"{percent} % of the locked money may be lost: sell the critical items first")
        if locked > 10_000:
            hints.append("More than 10,000 is locked in stock: buy less until it moves")
        return {
            "total_items_at_risk": sum(levels[level]["items"] for level in AT_RISK),
            "risk_breakdown": {level: found["items"] for level, found in levels.items()},
            "financial_impact": {
                "locked_capital": locked,
                "potential_loss": loss,
                "loss_percentage": percent,
                "carrying_cost": sum((each["carrying_cost"] for each in judged), ZERO),
                "by_risk": levels,
            },
            "consigned_pieces_left_out": (await self.figures.stock())[-1],
            "recommendations": hints,
            "analysis_date": today,
        }

    async def clearance(self, actor: Principal, today: date, limit: int, dry_run: bool) -> list[dict[str, Any]]:
        """Propose (or set) lower list prices for dead and critical items; an item's floor holds."""
        steps = []
        for each in await self.judged(today):
            percent = dead_stock.MARKDOWN[each["risk_level"]]
            base = each["list_price"] or each["market_price"] or each["cost"]
            if each["risk_level"] not in ("dead", "critical") or each["risk_score"] < 0.6:
                continue
            wanted = cents(base * (100 - percent) / 100)
            price = max(wanted, each["floor_price"] or ZERO)
            steps.append(
                {
                    "item_id": each["item_id"],
                    "number": each["number"],
                    "old_price": each["list_price"],
                    "new_price": price,
                    "markdown_percent": percent,
                    "held_by_floor": price > wanted,
                    "risk_level": each["risk_level"],
                }
            )
            if len(steps) == limit:
                break
        if not dry_run:
            await self._apply(actor, steps)
        return steps

    async def _apply(self, actor: Principal, steps: list[dict[str, Any]]) -> None:
        await stock_locks.several(self.session)
        prices: dict[uuid.UUID, Decimal] = {step["item_id"]: step["new_price"] for step in steps}
        for item in await self.stock.held(list(prices)):
            before = item.list_price
            item.list_price = prices[item.id]
            item.version += 1
            after = {"list_price": str(item.list_price)}
            audit.record(self.session, actor, "item.clearance", "item", item.id, {"list_price": str(before)}, after)


def today() -> date:
    """Return today in UTC."""
    return datetime.now(UTC).date()
