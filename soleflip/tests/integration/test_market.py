"""StockX's market of what is in stock: fetched by the worker size by size, once a day and size, decided upon at once."""

from __future__ import annotations

from decimal import Decimal

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import StockX as StandIn

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import Job, MarketPrice
from shared.stockx.client import StockX
from tests.makers import make_item, make_product
from tests.people import Person
from tests.stockx import settings_for
from tests.work import work_off

PRICING = "/api/v1/pricing"


async def test_the_market_of_every_size_is_fetched_and_decided_upon(
    worker: Person, session: AsyncSession, database: Database, settings: Settings, standin: StandIn, stockx: StockX,
    app: FastAPI,
) -> None:  # fmt: skip
    told = settings_for(settings, standin)
    item = await make_item(session, await make_product(session, sku="DD1391-100"), "US 9")
    await make_item(session, await make_product(session, sku="NOBODY-1"))
    [variant] = [
        each for product, each in standin.world.variants.values() if (product.style, each.size) == ("DD1391-100", "9")
    ]
    for ask in (150, 140):  # the day's later look counts
        variant.lowest_ask, variant.highest_bid = ask, ask - 20
        assert (await worker.post(f"{PRICING}/market/refresh")).status_code == 202
        await work_off(told, database)
    job = (await session.scalars(select(Job).order_by(Job.created_at.desc()).limit(1))).one()
    assert job.result is not None
    assert (job.result["products"], job.result["sizes"]) == (2, 13)
    assert job.result["unknown"][0].startswith("NOBODY-1: StockX knows no product")
    rows = (await session.scalars(select(MarketPrice).where(MarketPrice.size_value == "9"))).all()
    assert [(row.lowest_ask, row.highest_bid) for row in rows] == [(Decimal(140), Decimal(120))]
    found = (await worker.get(f"{PRICING}/decisions")).json()["items"]
    assert next(each for each in found if each["item_id"] == str(item.id))["sentence"].startswith("List at 1")


async def test_without_a_connection_it_is_said(
    worker: Person, session: AsyncSession, database: Database, settings: Settings
) -> None:
    await worker.post(f"{PRICING}/market/refresh")
    await work_off(settings, database)
    job = (await session.scalars(select(Job))).one()
    assert job.result == {"skipped": "StockX is not connected: see Settings"}
