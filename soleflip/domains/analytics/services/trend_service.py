"""Trends of the shop's own sales, and what they suggest: said from figures, with how sure one can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.analytics.repositories.forecast_repository import ForecastRepository
from shared.repositories.figures import FiguresRepository
from shared.rules.money import ZERO, cents, ratio_percent
from shared.translation import Speech, ngettext_noop, speech
from shared.translation import gettext_noop as _

SPAN = 30


MORE = _("%(name)s sold %(money)s € more than in the 45 days before")
LESS = _("%(name)s sold %(money)s € less than in the 45 days before")
STALE = _("%(percent)s %% of the money in stock has been there for more than 120 days")
FAILED = _("%(percent)s %% of the orders came to nothing")
NARROW = ngettext_noop("Sales rest on %(brands)s brand", "Sales rest on %(brands)s brands")


class TrendService:
    """Trends and insights."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.stored, self.figures = ForecastRepository(session), FiguresRepository(session)

    async def market(self, days_back: int) -> list[dict[str, Any]]:
        """Return spans of 30 days, oldest first, each with its direction against the one before and what drove it."""
        since = datetime.now(UTC) - timedelta(days=days_back + SPAN)
        rows = {
            int(span): (orders, revenue, profit)
            for span, orders, revenue, profit in await self.stored.periods(since, SPAN)
        }
        movers = await self.stored.brand_periods(SPAN)
        found = []
        for span in range(max(1, days_back // SPAN) - 1, -1, -1):
            orders, revenue, profit = rows.get(span, (0, ZERO, ZERO))
            before = rows.get(span + 1, (0, ZERO, ZERO))[1]
            change = ratio_percent(revenue - before, before)
            direction = "stable" if change is None or abs(change) < 5 else "rising" if change > 0 else "falling"
            end = datetime.now(UTC).date() - timedelta(days=SPAN * span)
            drivers = [f"{name}: {recent - earlier:+,.0f} €" for name, recent, earlier in movers if recent != earlier]
            found.append(
                {"period": f"{end - timedelta(days=SPAN - 1)}/{end}", "trend_direction": direction,
                 "strength": min(Decimal(1), abs(change or ZERO) / 100), "change_percent": change, "orders": orders,
                 "revenue": cents(revenue), "profit": cents(profit), "key_drivers": drivers if span == 0 else [],
                 "forecast_impact": {"rising": "expect more next month", "falling": "expect less next month"}.get(
                     direction, "expect about the same")}
            )  # fmt: skip
        return found

    async def predictive(self, say: Speech | None = None) -> dict[str, Any]:
        """Return the last 90 days in figures, and what they suggest, in a language (English when none is told)."""
        said = say or speech("en")
        since = datetime.now(UTC) - timedelta(days=90)
        orders, revenue, products, brands = await self.stored.breadth(since)
        mean = cents(revenue / orders) if orders else None
        ages = {bucket: money for bucket, _, money in await self.figures.ageing()}
        held = sum(ages.values(), ZERO)
        old = ratio_percent(sum((ages.get(each, ZERO) for each in ("121-180", "181+")), ZERO), held) or ZERO
        pace = await self.figures.pace(since)
        failed = ratio_percent(Decimal(pace["failed"]), Decimal(pace["orders"])) if pace["orders"] else None
        growth, risks, todo = [], [], []
        for name, recent, earlier in await self.stored.brand_periods(45):
            if recent > earlier * Decimal("1.2"):
                growth.append(said.gettext(MORE) % {"name": name, "money": said.number(recent - earlier, 0)})
            elif recent * Decimal("1.2") < earlier:
                risks.append(said.gettext(LESS) % {"name": name, "money": said.number(earlier - recent, 0)})
        if old > 20:
            risks.append(said.gettext(STALE) % {"percent": said.number(old, 2)})
            todo.append("Clear the oldest pairs first: see Pricing")
        if failed is not None and failed > 5:
            risks.append(said.gettext(FAILED) % {"percent": said.number(failed, 2)})
            todo.append("Check pairs and boxes before they are shipped")
        if orders and brands < 5:
            risks.append(said.ngettext(*NARROW, brands) % {"brands": brands})
            todo.append("Try another brand with a few pairs")
        if orders < 100:
            risks.append(said.gettext(_("Fewer than 100 sales: these figures jump")))
        return {
            "business_metrics": {"transactions_90d": orders, "revenue_90d": cents(revenue), "avg_transaction_value": mean,
                                 "active_products": products, "active_brands": brands},
            "predictive_insights": [each["forecast_impact"] for each in (await self.market(SPAN))],
            "growth_opportunities": growth,
            "risk_factors": risks,
            "confidence_score": confidence(orders, Decimal(revenue), products, brands),
            "recommendations": todo or ["Keep going: nothing stands out"],
        }  # fmt: skip


def confidence(orders: int, revenue: Decimal, products: int, brands: int) -> float:
    """Return how sure figures of so many sales are, 0.1 to 0.95 (the documents' weights)."""
    told = (0.3 * min(orders / 1000, 1) + 0.3 * min(float(revenue) / 50_000, 1) + 0.2 * min(products / 200, 1)
            + 0.2 * min(brands / 10, 1))  # fmt: skip
    return round(min(0.95, max(0.1, told)), 2)
