"""Key figures of the business: how fast stock becomes money, and at what gain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.repositories.figures import FiguresRepository
from shared.rules.money import ZERO, cents, ratio_percent

AGES = ("0-30", "31-60", "61-120", "121-180", "181+")


class KpiService:
    """Key figures."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.figures = FiguresRepository(session)

    async def kpis(self, days: int) -> dict[str, Any]:
        """Return the key figures of the last `days`.

        Cash to cash is days to sell plus payout lag (goods are paid when they arrive). GMROI is a year's profit over
        the stock's value, turns a year's cost of goods over it. Profit per euro-day is profit over cost times days held.
        """
        since = datetime.now(UTC) - timedelta(days=days)
        pace = await self.figures.pace(since)
        value = (await self.figures.stock())[4]
        year = Decimal(365) / days
        profit, cost = pace["net_profit"] or ZERO, pace["cost_of_goods"] or ZERO
        ages = {bucket: (pieces, money) for bucket, pieces, money in await self.figures.ageing()}
        held = sum((money for _, money in ages.values()), ZERO)
        old = sum((ages[bucket][1] for bucket in AGES[2:] if bucket in ages), ZERO)
        sell, lag = pace["days_to_sell"], pace["payout_lag_days"]
        return {
            "days": days,
            "orders": pace["orders"],
            "net_profit": cents(profit),
            "days_to_sell_median": _number(sell),
            "payout_lag_days_median": _number(lag),
            "cash_to_cash_days": _number(float(sell) + float(lag)) if sell is not None and lag is not None else None,
            "failed_orders_percent": ratio_percent(Decimal(pace["failed"]), Decimal(pace["orders"])),
            "gmroi": _ratio(profit * year, value),
            "inventory_turns": _ratio(cost * year, value),
            "profit_per_euro_day": _ratio(profit, pace["capital_days"] or ZERO, "0.00001"),
            "sell_through_percent": {str(each): await self._sell_through(each) for each in (30, 60, 90)},
            "aged_stock_percent": ratio_percent(old, held),
            "ageing": [
                {
                    "days": bucket,
                    "pieces": ages.get(bucket, (0, ZERO))[0],
                    "value": cents(ages.get(bucket, (0, ZERO))[1]),
                }
                for bucket in AGES
            ],
        }

    async def _sell_through(self, days: int) -> Decimal | None:
        arrived, sold = await self.figures.sell_through(days)
        return ratio_percent(Decimal(sold), Decimal(arrived))

    async def size_curve(self, days: int) -> list[dict[str, Any]]:
        """Return sales by size on the EU scale."""
        since = datetime.now(UTC) - timedelta(days=days)
        return [
            {
                "eu": size,
                "orders": n,
                "average_price": cents(price),
                "average_profit": None if gain is None else cents(gain),
            }
            for size, n, price, gain in await self.figures.size_curve(since)
        ]


def _number(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


def _ratio(part: Decimal, whole: Decimal, step: str = "0.01") -> Decimal | None:
    return (part / whole).quantize(Decimal(step)) if whole else None
