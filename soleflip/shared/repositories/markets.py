"""What is known of markets, for every domain: prices by product and size, and how long such pairs took here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import InventoryItem, MarketPrice
from shared.repositories.rows import AnyRow
from shared.rules.market import Market
from shared.rules.money import ZERO

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
SINCE = func.coalesce(I.delivery_date, I.purchase_date, cast(I.created_at, Date))
"""The day an item came."""
ONE_OF_MARKETS = ("price_date", "platform_name", "lowest_ask", "highest_bid", "last_sale", "average_price",
                  "number_of_asks", "number_of_bids", "sales_volume")  # fmt: skip
ASKS = 5


class MarketLookup:
    """Look-ups within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def markets(self, product_ids: Sequence[uuid.UUID], since: date) -> dict[tuple[uuid.UUID, str], list[AnyRow]]:
        """Return the market prices of products since a day by (product, size), newest first; size "" is any."""
        columns = [getattr(MarketPrice, name) for name in ONE_OF_MARKETS]
        statement = (
            select(MarketPrice.product_id, MarketPrice.size_value, *columns)
            .where(MarketPrice.product_id.in_(set(product_ids)), MarketPrice.price_date >= since)
            .order_by(MarketPrice.price_date.desc())
        )
        found: dict[tuple[uuid.UUID, str], list[AnyRow]] = {}
        for row in (await self.session.execute(statement)).all():
            found.setdefault((row.product_id, row.size_value), []).append(row)
        return found


def as_market(rows: Sequence[AnyRow], platform: str, today: date) -> Market | None:
    """Return the market the newest rows of a marketplace tell; None when there is none."""
    fitting = [each for each in rows if each.platform_name == platform]
    if not fitting:
        return None
    newest = fitting[0]
    asks = [each.lowest_ask for each in fitting[:ASKS] if each.lowest_ask]
    sales = [each.last_sale for each in fitting if each.last_sale]
    return Market(
        newest.lowest_ask, newest.highest_bid, newest.last_sale,
        newest.average_price or (sum(sales, ZERO) / len(sales) if sales else None), newest.number_of_asks,
        newest.number_of_bids, asks[::-1], newest.sales_volume, (today - newest.price_date).days,
    )  # fmt: skip
