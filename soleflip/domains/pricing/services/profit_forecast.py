"""What unsold pairs will bring within some days: each pair's profit by the chance of its sale, with a range."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.services.desk import HOME
from domains.pricing.services.pricing_service import desk_of_all
from shared.rules import market, proceeds, repricing
from shared.rules.money import ZERO, cents


class ProfitForecast:
    """Expected profit of the stock."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session = session

    async def forecast(self, strategy: str, days: int) -> dict[str, Any]:
        """Return expected sales, revenue and profit within `days`.

        A pair sells within the time with the chance 1 - exp(-days / expected days); pairs are taken as independent, and the
        range is two standard deviations of their sum.
        """
        rows, desk = await desk_of_all(self.session)
        brakes = repricing.Brakes(undercut=desk.control.undercut)
        sales = revenue = profit = ZERO
        variance = 0.0
        counted = 0
        for row in rows:
            known = desk.market(row, HOME)
            aim, floor = repricing.AIMS[strategy](known, brakes), desk.floor(row, HOME, ZERO)
            if aim is None or floor is None:
                continue
            counted += 1
            price = max(cents(aim[0]), floor)
            left = proceeds.proceeds(price, desk.terms(row, HOME)).profit
            chance = (
                Decimal(1) - (Decimal(-days) / Decimal(str(market.expected_days(price, known, desk.days(row))))).exp()
            )
            pieces = row.quantity
            sales, revenue, profit = (
                sales + chance * pieces, revenue + chance * price * pieces, profit + chance * left * pieces
            )  # fmt: skip
            variance += float(chance * (1 - chance)) * float(left) ** 2 * pieces
        spread = Decimal(str(2 * sqrt(variance)))
        return {
            "strategy": strategy, "timeframe_days": days, "items": len(rows), "items_with_market": counted,
            "expected_sales": sales.quantize(Decimal("0.1")), "expected_revenue": cents(revenue),
            "expected_profit": cents(profit), "profit_lower": cents(profit - spread), "profit_upper": cents(profit + spread),
        }  # fmt: skip
