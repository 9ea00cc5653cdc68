"""The demo seller's year: good weeks and bad buys, invented and the same every time.

A bet on one model went wrong (dead stock), Dunks sell fast at thin margins, asks for Jordans rise, one pair came back, two
sales wait for a person, a collector sells through the shop, the latest sales wait for their money, shops offer pairs worth
buying. The worker writes it, so that the pages open meanwhile.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cli import others
from domains.analytics.services.forecast_service import ALL
from domains.auth.repositories.user_repository import UserRepository
from domains.inventory.services.inventory_service import InventoryService
from domains.orders.services.expense_service import ExpenseService
from domains.orders.services.money_service import MoneyService
from domains.orders.services.order_service import OrderService
from domains.pricing.services.decision_service import DecisionService
from domains.products.repositories.product_repository import ProductRepository
from domains.products.services.product_service import ProductService
from domains.sales.services.opportunity_service import OpportunityService
from shared.auth.principal import Principal
from shared.database.models import Location, MarketPrice, Order
from shared.database.words import OrderStatus, ReturnKind, TaxScheme
from shared.jobs.running import JobContext, job
from shared.repositories.jobs import JobRepository

# SKU, name, retail price gross, what it sells for, how many were bought, days such a pair takes to sell, percent a week
MODELS = (
    ("DD1391-100", "Nike Dunk Low Panda", "119.99", "128", 22, 21, 0),
    ("DZ5485-612", "Jordan 1 Retro High OG Chicago Lost and Found", "179.99", "310", 7, 14, 4),
    ("B75806", "adidas Samba OG Cloud White", "119.95", "138", 18, 18, 0),
    ("1201A019-108", "ASICS Gel-Kayano 14 Cream Black", "159.99", "178", 12, 30, 0),
    ("BB550WT1", "New Balance 550 White Grey", "129.99", "139", 12, 40, 0),
    ("L41086600", "Salomon XT-6 Black Phantom", "179.99", "196", 8, 35, 0),
    ("GW3773", "adidas Yeezy Boost 350 V2 Bone", "229.99", "176", 14, 190, -1),
)
SIZES = ("US 8", "US 8.5", "US 9", "US 9.5", "US 10", "US 10.5", "US 11")
MARKETS = ("stockx", "stockx", "stockx", "ebay", "kleinanzeigen")
OFFERS = (
    ("DD1391-100", "US 9", "79.90", "Solebox", 4), ("DZ5485-612", "US 10", "199.00", "BSTN", 1),
    ("1201A019-108", "US 9.5", "109.00", "Afew", 6), ("B75806", "US 8.5", "89.95", "Asphaltgold", 9),
    ("L41086600", "US 10.5", "129.00", "Overkill", 2), ("GW3773", "US 9", "159.00", "Solebox", 12),
)  # fmt: skip
EXPENSES = (
    ("Packaging", "Boxes and tape", "38.90"),
    ("Postage", "Parcel labels", "24.50"),
    ("Software", "Photo editor", "11.99"),
)
JOB = "demo.story"
Tell = Callable[[int, int, str], Awaitable[None]]
COUNTRIES = ("Germany", "France", "Italy", "United States", "Poland")


async def tell(session: AsyncSession, progress: Tell | None = None) -> bool:
    """Write the year unless there is one; True when written. `progress` hears how far it is."""
    boss = await UserRepository(session).by_login("admin")
    if boss is None or await ProductRepository(session).count():
        return False
    actor = Principal(boss.id, boss.username, boss.role)
    for code in ("A-1", "A-2", "B-1"):
        session.add(Location(code=code, name=f"Shelf {code}"))
    await session.flush()
    await _Year(session, actor, progress).write()
    return True


@job(JOB)
async def write_story(context: JobContext) -> dict[str, Any]:
    """Write the year in one unit of work: all of it or, when the worker dies, nothing."""
    async with context.database.unit() as session:
        written = await tell(session, context.progress)
    return {"written": written}


class _Year:
    """Writes it with the services people use, so that every rule holds."""

    def __init__(self, session: AsyncSession, actor: Principal, progress: Tell | None) -> None:
        self.session, self.actor, self.progress = session, actor, progress
        self.items, self.orders = InventoryService(session), OrderService(session)
        self.chance = random.Random(550)  # noqa: S311 -- a story, no secret
        self.today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        self.number = 70_000_000

    async def write(self) -> None:
        """Buy, sell, get paid, get one back."""
        sold: list[Order] = []
        for place, (sku, name, retail, price, bought, days, drift) in enumerate(MODELS):
            if self.progress is not None:
                await self.progress(place, len(MODELS) + 1, f"writing the year of {name}")
            product = {"sku": sku, "name": name, "retail_price": Decimal(retail)}
            product_id = await ProductService(self.session).create(self.actor, product)
            self._market(product_id, Decimal(price), drift)
            for index in range(bought):
                sold += await self._pair(sku, name, Decimal(retail), Decimal(price), index * 300 // bought, days)
        await self._pay(sorted(sold, key=lambda order: order.sold_at))
        await self._trouble()
        await others.tell(self.session, self.actor, self.today)
        await self._outlook()

    def _market(self, product_id: Any, price: Decimal, weekly: int) -> None:
        for week in range(26):
            noise = 1 if weekly > 0 else 6
            drift = Decimal(self.chance.randint(100 - noise, 100 + noise)) / 100
            drift *= (1 - Decimal(weekly) / 100) ** min(week, 8)
            self.session.add(
                MarketPrice(
                    product_id=product_id,
                    platform_name="stockx",
                    price_date=(self.today - timedelta(weeks=week)).date(),
                    lowest_ask=round(price * drift * Decimal("1.03")),
                    highest_bid=round(price * drift * Decimal("0.92")),
                    last_sale=round(price * drift),
                    number_of_asks=self.chance.randint(8, 160),
                    number_of_bids=self.chance.randint(5, 90),
                )
            )

    async def _pair(self, sku: str, name: str, retail: Decimal, price: Decimal, day: int, days: int) -> list[Order]:
        """Buy one pair on a day of the year; sell it when its time has come."""
        arrived = self.today - timedelta(days=300 - day)
        private = self.chance.random() < 0.15
        gross = retail * Decimal(self.chance.choice(("0.75", "0.85", "1")))
        size = self.chance.choice(SIZES)
        await self.items.create(
            self.actor,
            {
                "sku": sku,
                "size": size,
                "gross_purchase_price": round(gross, 2),
                "tax_scheme": TaxScheme.MARGIN if private else TaxScheme.STANDARD,
                "supplier": "private seller" if private else self.chance.choice(("Solebox", "BSTN", "Afew")),
                "purchase_date": arrived.date(),
                "location": self.chance.choice(("A-1", "A-2", "B-1")),
                "list_price": price + 10,
            },
        )
        sold_at = arrived + timedelta(days=max(2, round(self.chance.gauss(days, days / 3))))
        return [await self._sale(sku, name, size, price, sold_at)] if sold_at < self.today else []

    async def _sale(self, sku: str, name: str, size: str, price: Decimal, sold_at: datetime) -> Order:
        self.number += self.chance.randint(1, 90)
        made = await self.orders.create(
            self.actor,
            {
                "platform": self.chance.choice(MARKETS),
                "external_id": f"{self.number}-{self.number - 100_000}",
                "product_name": name,
                "sku": sku,
                "size": size,
                "gross_sale": Decimal(round(price * Decimal(self.chance.randint(93, 112)) / 100)),
                "buyer_destination_country": self.chance.choice(COUNTRIES),
                "sold_at": sold_at,
            },
        )
        return await self.orders.held(made)

    async def _pay(self, sold: list[Order]) -> None:
        """Ship everything older than three days; StockX pays weekly what is older than ten."""
        for order in sold:
            if order.sold_at < self.today - timedelta(days=3):
                await self.orders.move(order, OrderStatus.SHIPPED, self.actor)
        names = {each.id: each.slug for each in await self.orders.catalogue.platforms()}
        due: dict[datetime, list[Order]] = {}
        for order in sold:
            if names[order.platform_id] == "stockx" and order.sold_at < self.today - timedelta(days=10):
                week = order.sold_at + timedelta(days=10 - order.sold_at.weekday())
                due.setdefault(week.replace(hour=9), []).append(order)
        for index, (day, orders) in enumerate(sorted(due.items())):
            lines: list[dict[str, Any]] = [
                {"order": order.external_id, "amount": order.net_proceeds} for order in orders
            ]
            if index % 9 == 4:
                lines.append({"order": None, "amount": Decimal("-4.00"), "text": "shipping label"})
            total = sum((line["amount"] for line in lines), Decimal(0))
            await MoneyService(self.session).record_payout(self.actor, "stockx", f"PO-{day:%Y%m%d}", day, total, lines)

    async def _trouble(self) -> None:
        """Leave something to decide: sizes that do not fit, and a pair that came back."""
        name = "New Balance 550 White Grey"
        for size in ("US 13", "US 14"):
            await self._sale("BB550WT1", name, size, Decimal(139), self.today - timedelta(days=1))
        back = await self._sale(
            "DD1391-100", "Nike Dunk Low Panda", "US 9", Decimal(128), self.today - timedelta(days=6)
        )
        await self.orders.open_return(
            self.actor, back.id, ReturnKind.FAILED_AUTHENTICATION, "wrong box", Decimal(0), Decimal(15)
        )

    async def _size_market(self, sku: str, size: str) -> None:
        """Let today's market of one size be known, as StockX tells it."""
        product = await self.orders.catalogue.product_by_code(sku)
        price = next(Decimal(each[3]) for each in MODELS if each[0] == sku)
        if product is not None:
            self.session.add(
                MarketPrice(
                    product_id=product.id, platform_name="stockx", size_value=size, price_date=self.today.date(),
                    lowest_ask=round(price * Decimal("1.03")), highest_bid=round(price * Decimal("0.93")), last_sale=price,
                    number_of_asks=24, number_of_bids=31,
                )
            )  # fmt: skip

    async def _outlook(self) -> None:
        """Leave offers worth buying, costs of the shop, a decision for each pair, and forecasts on their way."""
        for sku, size, price, shop, left in OFFERS:
            offer = {"code": sku, "size": size, "price": Decimal(price), "shop": shop, "stock": left}
            await OpportunityService(self.session).keep_offer(self.actor, offer)
            await self._size_market(sku, size.removeprefix("US "))
        for month in range(9):
            for category, words, gross in EXPENSES:
                day = (self.today - timedelta(days=30 * month + 3)).date()
                await ExpenseService(self.session).keep(
                    self.actor,
                    spent_on=day,
                    category=category,
                    text=words,
                    gross=Decimal(gross),
                    vat_percent=Decimal(19),
                )
        await DecisionService(self.session).decide_all()
        await JobRepository(self.session).ask(ALL, {}, self.actor.user_id)
