"""Opportunities over HTTP: size by size, net of everything, planned within a budget, acted on."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import MarketPrice, Product
from tests.makers import make_product
from tests.people import Person

FLIP = "/api/v1/quickflip"


async def make_size_market(session: AsyncSession, product: Product, size: str, ask: int) -> None:
    """Store today's market of one size."""
    session.add(
        MarketPrice(
            product_id=product.id, platform_name="stockx", size_value=size, price_date=datetime.now(UTC).date(),
            lowest_ask=Decimal(ask), highest_bid=Decimal(ask - 20), last_sale=Decimal(ask - 3),
        )
    )  # fmt: skip
    await session.commit()


async def test_an_offer_meets_the_market_of_its_own_size(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_size_market(session, product, "9", 180)
    await make_size_market(session, product, "10", 110)
    for size in ("US 9", "US 10", "US 12"):
        offer = {"code": product.sku, "size": size, "price": "100.00", "shop": "Solebox", "stock": 3}
        assert (await worker.post(f"{FLIP}/offers", offer)).status_code == 201
    [found] = (await worker.get(f"{FLIP}/opportunities")).json()
    assert (found["size"], found["sell_price"], found["buy_supplier"]) == ("9", "177.00", "Solebox")
    # the price less 15.93, 5.31 and 4.50 of fees and shipping, and 104.90 without its VAT
    assert (found["total_cost"], found["net_profit"]) == ("88.15", "63.11")
    every = (await worker.get(f"{FLIP}/opportunities/product/{product.id}")).json()
    assert [each["size"] for each in every] == ["9", "10"]  # nobody knows the market of a 12
    assert (await worker.get(f"{FLIP}/opportunities?max_buy_price=50")).json() == []
    summary = (await worker.get(f"{FLIP}/opportunities/summary")).json()
    assert (summary["total_opportunities"], summary["sources_breakdown"]["manual"]["count"]) == (1, 1)


async def test_an_offer_is_brought_up_to_date_planned_and_acted_on(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_size_market(session, product, "9", 180)
    offer = {"code": product.sku, "size": "US 9", "price": "100.00"}
    await worker.post(f"{FLIP}/offers", offer)
    await worker.post(f"{FLIP}/offers", {**offer, "price": "90.00"})
    plan = (await worker.get(f"{FLIP}/opportunities/plan?budget=100")).json()
    assert ([each["buy_price"] for each in plan["offers"]], plan["spent"]) == (["90"], "79.75")
    assert (await worker.get(f"{FLIP}/opportunities/plan?budget=50")).json()["offers"] == []
    acted = await worker.post(f"{FLIP}/opportunities/mark-acted?product_id={product.id}&source=manual")
    assert acted.status_code == 200
    assert (await worker.get(f"{FLIP}/opportunities")).json()[0]["acted"] == "purchased"
    assert (await worker.get(f"{FLIP}/import/stats")).json()[0]["offers"] == 1
    assert (await worker.post(f"{FLIP}/offers", {**offer, "code": "NOBODY"})).status_code == 404
