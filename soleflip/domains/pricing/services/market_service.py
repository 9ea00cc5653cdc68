"""StockX's market of what is in stock: fetched size by size each night or on demand, kept by day, decided upon at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from domains.pricing.repositories.pricing_repository import PricingRepository
from domains.pricing.services.decision_service import DecisionService
from shared.database.connection import Database
from shared.database.models import Product
from shared.error_handling.exceptions import ResourceNotFoundException, ValidationException
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories.marketplace_access import MarketplaceAccess
from shared.rules import sizes
from shared.stockx.client import StockX
from shared.stockx.finding import find_product
from shared.stockx.models import MarketData, Variant

JOB = "pricing.fetch_market"
CURRENCY = "EUR"


async def fetch(client: StockX, database: Database, product: Product, today: date) -> int:
    """Keep today's market of every size of a product; return how many sizes have one. Three requests at most."""
    stockx_id = product.stockx_product_id or await find_product(client, (product.style_code, product.sku))
    variants = {each.id: each for each in await client.variants(stockx_id)}
    rows = _rows(product.id, variants, await client.market(stockx_id, CURRENCY), today)
    async with database.unit() as session:
        stored = PricingRepository(session)
        await stored.keep_market(rows)
        asks = [row["lowest_ask"] for row in rows if row["lowest_ask"]]
        bids = [row["highest_bid"] for row in rows if row["highest_bid"]]
        await stored.remember_market(product.id, stockx_id, min(asks, default=None), max(bids, default=None))
    return len(rows)


def _rows(
    product_id: uuid.UUID, variants: dict[str, Variant], told: Sequence[MarketData], today: date
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in told:
        variant = variants.get(each.variant_id)
        if variant is None or (each.lowest_ask is None and each.highest_bid is None):
            continue
        size = sizes.parse(variant.value or (variant.name or "").rpartition(":")[2] or "N/A")
        found[size.value] = {
            "product_id": product_id, "platform_name": "stockx", "size_value": size.value, "price_date": today,
            "currency": CURRENCY, "lowest_ask": each.lowest_ask, "highest_bid": each.highest_bid,
            "sell_faster": each.sell_faster, "earn_more": each.earn_more,
        }  # fmt: skip
    return list(found.values())


@job(JOB, alone=True, repeats=True)
async def fetch_market(context: JobContext) -> dict[str, Any]:
    """Fetch the market of what is in stock (or of one product), then decide anew. A product StockX does not know is told."""
    today = datetime.now(UTC).date()
    only = context.arguments.get("product_id")
    async with context.database.reading() as session:
        token = await MarketplaceAccess(session).token()
        products = await PricingRepository(session).to_fetch(uuid.UUID(only) if only else None)
    if token is None or token.refresh_token is None:
        return {"skipped": "StockX is not connected: see Settings"}
    client, kept, unknown = StockX(context.settings, context.database), 0, []
    for place, product in enumerate(products):
        await context.progress(place, len(products), f"market of {product.name}")
        try:
            kept += await fetch(client, context.database, product, today)
        except (ResourceNotFoundException, ValidationException) as error:
            unknown.append(f"{product.sku}: {error.message}"[:200])
    async with context.database.unit() as session:
        decided = await DecisionService(session).decide_all()
    return {"products": len(products), "sizes": kept, "unknown": unknown[:50], "decided": decided}


every("0 3 * * *", JOB)
