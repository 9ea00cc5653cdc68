"""StockX's catalogue beside ours: looked up, filled in where a column is empty, sizes learned; feeds matched and priced."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import StockX as StandIn

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import PriceSource, Product, ProductVariant
from shared.database.words import JobState
from shared.stockx.client import StockX
from tests.integration.test_imports import send
from tests.makers import make_item, make_product
from tests.people import Person
from tests.work import work_off

pytestmark = pytest.mark.integration
URL = "/api/v1/products"


@pytest.fixture
def connected(app: FastAPI, settings: Settings, stockx: StockX) -> Iterator[Settings]:
    app.state.settings = stockx.settings
    yield stockx.settings
    app.state.settings = settings


async def test_a_product_is_filled_in_where_it_is_empty(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    product = await make_product(session, sku="DD1391-100", colorway="ours")
    item = await make_item(session, product)
    asked = await worker.post(f"/api/v1/inventory/items/{item.id}/sync-from-stockx")
    assert asked.status_code == 202
    assert await work_off(connected, database) == {"products.enrich": [JobState.DONE]}
    found = (await worker.get(f"{URL}/{product.id}")).json()
    assert (found["colorway"], found["retail_price"], found["release_date"]) == ("ours", "110.00", "2021-03-10")
    theirs = standin.world.products[found["stockx_product_id"]]
    assert float(found["lowest_ask"]) == min(variant.lowest_ask for variant in theirs.variants.values())
    job = (await worker.get(f"/api/v1/jobs/{asked.json()['job_id']}")).json()
    assert (job["state"], job["result"]) == ("done", {"products": 1, "filled": 1, "unknown_at_stockx": 0})
    await make_product(session, sku="NOBODY-1")
    assert (await worker.post(f"{URL}/enrich")).json()["message"] == "all_needing_enrichment"
    assert (await worker.post("/api/v1/inventory/items/enrich-batch")).status_code == 202
    assert await work_off(connected, database) == {"products.enrich": [JobState.DONE]}
    named = await worker.post(f"{URL}/enrich", {"product_ids": [str(product.id)]})
    assert named.json()["message"] == "specific"


async def test_sizes_are_learned_with_their_bar_codes(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    product = await make_product(session, sku="DD1391-100")
    assert (await worker.post(f"{URL}/{product.id}/sync-variants-from-stockx")).status_code == 202
    await work_off(connected, database)
    rows = (await session.scalars(select(ProductVariant).where(ProductVariant.product_id == product.id))).all()
    assert {row.stockx_variant_id for row in rows} <= set(standin.world.variants)
    assert len({row.gtin for row in rows}) == len(rows) == 13


async def test_stockx_is_asked_live(
    worker: Person, session: AsyncSession, connected: Settings, standin: StandIn
) -> None:
    product = await make_product(session, sku="DD1391-100")
    details = (await worker.get(f"{URL}/{product.id}/stockx-details")).json()
    assert details["title"] == "Nike Dunk Low Retro White Black Panda"
    assert len((await worker.get(f"{URL}/{product.id}/stockx-market-data")).json()) == 13
    found = (await worker.get(f"{URL}/search-stockx", params={"query": "dunk"})).json()
    assert found["count"] == 1
    other = (await worker.get(f"{URL}/catalog/search", params={"query": "jordan", "page_size": 1})).json()
    assert other["pagination"] == {"page_number": 1, "page_size": 1, "total_results": 2, "has_next_page": True}
    base = f"{URL}/catalog/products/{details['id']}"
    assert (await worker.get(base)).json()["style_id"] == "DD1391-100"
    sizes = (await worker.get(f"{base}/variants")).json()
    assert sizes["total_variants"] == 13
    market = (await worker.get(f"{base}/variants/{sizes['variants'][0]['id']}/market-data")).json()
    assert market["currency"] == "EUR"
    told = await worker.post(f"{URL}/catalog/enrich-by-sku", params={"sku": "dd1391-100", "size": "US 9"})
    assert (told.json()["total_variants"], told.json()["lowest_ask"] is not None) == (13, True)
    for sku, size in (("NONE-1", None), ("DD1391-100", "US 30")):
        params = {"sku": sku, **({"size": size} if size else {})}
        assert (await worker.post(f"{URL}/catalog/enrich-by-sku", params=params)).status_code == 404
    stranger = await make_product(session, sku="NOBODY-1")
    assert (await worker.get(f"{URL}/{stranger.id}/stockx-details")).status_code == 404


def feed(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, sorted({name for row in rows for name in row}))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


async def test_a_feed_is_matched_by_bar_code_and_priced(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    theirs = next(each for each in standin.world.products.values() if each.style == "DD1391-100")
    variant = next(iter(theirs.variants.values()))
    product = await make_product(session, sku="DD1391-100", ean=variant.gtin)
    lines = [
        {"aw_product_id": "1", "product_name": "Dunk Low", "merchant_id": "9", "search_price": "59.995", "ean": variant.gtin,
         "in_stock": "1", "currency": "EUR", "brand_name": "Nike"},
        {"aw_product_id": "2", "product_name": "Nothing", "merchant_id": "9", "search_price": "10", "ean": "4006381333931",
         "in_stock": "1", "currency": "EUR", "brand_name": "Nike"},
        {"aw_product_id": "3", "product_name": "Gone", "merchant_id": "9", "search_price": "10", "ean": "", "in_stock": "0"},
    ]  # fmt: skip
    assert (await send(worker, feed(lines))).json()["counts"] == {"applied": 3}
    base = "/api/v1/integration/awin"
    assert (await worker.post(f"{base}/match-products")).json() == {"matched_count": 1}
    asked = (await worker.post(f"{base}/enrichment/start")).json()
    assert asked["total_products"] == 2
    await work_off(connected, database)
    status = (await worker.get(f"{base}/enrichment/status/{asked['job_id']}")).json()["job"]
    assert status["progress"] == {"total": 2, "processed": 2, "matched": 1, "not_found": 1, "percentage": 100.0}
    assert (await worker.get(f"{base}/enrichment/latest")).json()["job"]["job_id"] == asked["job_id"]
    assert (await worker.get(f"{base}/enrichment/stats")).json() == {"matched": 1, "not_found": 1, "pending": 1}
    shown = (await worker.get(f"{base}/products", params={"in_stock": True, "brand": "nik", "has_ean": True,
             "is_matched": True, "min_price_eur": "50", "max_price_eur": "70"})).json()  # fmt: skip
    assert (shown["total_count"], shown["products"][0]["retail_price_cents"]) == (1, 6000)
    best = (await worker.get(f"{base}/profit-opportunities", params={"min_profit_eur": 1})).json()
    assert best["summary"]["total_opportunities"] == 1
    assert best["opportunities"][0]["profit_cents"] == variant.lowest_ask * 100 - 6000
    stats = (await worker.get(f"{base}/stats")).json()["stats"]
    assert (stats["total_products"], stats["in_stock"], stats["match_rate"]) == (3, 2, 33.3)
    source = (await session.scalars(select(PriceSource).where(PriceSource.product_id == product.id))).one()
    assert source.price_cents == variant.lowest_ask * 100
    await session.execute(
        text("INSERT INTO integration.price_sources (product_id, source_type, source_product_id, price_type, price_cents)"
             " VALUES (:p, 'awin', 'shop-1', 'retail', 6000)"), {"p": product.id}
    )  # fmt: skip
    await session.commit()
    prices = "/api/v1/price-sources"
    both = (await worker.get(f"{prices}/product/{variant.gtin}/prices")).json()
    assert (len(both["retail_prices"]), both["price_summary"]["min_retail_eur"]) == (1, "60")
    assert len((await worker.get(f"{prices}/profit-opportunities", params={"min_profit_eur": 1})).json()) == 1
    assert len((await worker.get(f"{prices}/stats")).json()) == 2
    assert (await worker.get(f"{prices}/sources/awin")).json()[0]["price_cents"] == 6000
    assert (await worker.get(f"{prices}/history/{source.id}")).json()["summary"]["latest"] == source.price_cents
    assert (await session.get(Product, product.id)) is not None
