"""The dashboard's figures: stock, sales, brands, weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.repositories.figures import FiguresRepository
from shared.rules.money import cents

WEEKS = 52


class DashboardService:
    """One page of figures."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.figures = FiguresRepository(session)

    async def metrics(self) -> dict[str, Any]:
        """Return the documented figures. The stock's value is cost times quantity of what is unsold."""
        items, on_hand, sold, listed, value, average, consigned = await self.figures.stock()
        orders, revenue, profit, mean, unpaid, review, _ = await self.figures.sales()
        to_ship, late, ship_by = await self.figures.to_ship(datetime.now(UTC))
        return {
            "inventory": {
                "total_items": items,
                "items_in_stock": on_hand,
                "items_sold": sold,
                "items_listed": listed,
                "total_inventory_value": cents(value),
                "average_purchase_price": _money(average),
                "consigned_pieces": consigned,
                "top_brands": [
                    {"name": name, "transaction_count": n, "total_revenue": cents(total), "avg_price": cents(price)}
                    for name, n, total, price in await self.figures.brands(10)
                ],
                "status_breakdown": {"in_stock": on_hand, "sold": sold, "listed": listed},
            },
            "sales": {
                "recent_activity": [
                    {"date": at, "sale_price": price, "net_profit": gain, "product_name": name, "brand_name": brand}
                    for at, price, gain, name, brand in await self.figures.recent(10)
                ],
                "total_transactions": orders,
                "total_revenue": cents(revenue),
                "total_profit": cents(profit),
                "avg_sale_price": _money(mean),
                "waiting_for_payout": unpaid,
                "waiting_for_review": review,
                "to_ship": to_ship,
                "to_ship_late": late,
                "next_ship_by": ship_by,
            },
        }

    async def weeks(self) -> list[dict[str, Any]]:
        """Return a year of weeks; a week without sales is there with zeros."""
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
        found = {week.date(): (n, revenue, gain) for week, n, revenue, gain in await self.figures.weeks(first)}
        days = [(first + timedelta(weeks=index)).date() for index in range(WEEKS)]
        none = (0, Decimal(0), Decimal(0))
        return [
            {"week": day, "orders": n, "revenue": cents(revenue), "profit": cents(gain)}
            for day in days
            for n, revenue, gain in [found.get(day, none)]
        ]


def _money(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else cents(amount)
