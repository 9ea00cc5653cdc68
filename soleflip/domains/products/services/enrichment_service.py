"""What StockX knows about our products: looked up, shown, and filled in where a column is empty."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domains.products.repositories.product_repository import ProductRepository
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import Product
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.jobs.running import JobContext, job
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import sizes
from shared.stockx.client import StockX
from shared.stockx.models import MarketData, Variant
from shared.stockx.models import Product as Found
from shared.translation import phrase

ENRICH = "products.enrich"
VARIANTS = "products.sync_variants"
MOST = 500


class EnrichmentService:
    """StockX's catalogue beside ours."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Take settings and database: every question to StockX lies between units of work."""
        self.database, self.client = database, StockX(settings, database)

    async def _product(self, product_id: uuid.UUID) -> Product:
        async with self.database.reading() as session:
            return await CatalogueLookup(session).product(product_id)

    async def _found(self, product: Product) -> Found:
        """Return StockX's product for one of ours; raises ResourceNotFoundException when it knows none."""
        if product.stockx_product_id:
            return await self.client.product(product.stockx_product_id)
        codes = [code for code in (product.style_code, product.sku, product.ean) if code]
        for code in codes:
            for each in (await self.client.search(code))["products"]:
                styles = {part.strip().lower() for part in (each.style_id or "").split("/")}
                if styles & {one.lower() for one in codes} or code == product.ean:
                    found: Found = each
                    return found
        raise ResourceNotFoundException(phrase("StockX knows no product %(sku)s", sku=product.sku))

    async def details(self, product_id: uuid.UUID) -> dict[str, Any]:
        """Return what StockX says of one of our products."""
        return (await self._found(await self._product(product_id))).model_dump(mode="json")

    async def market(self, product_id: uuid.UUID, currency: str) -> list[dict[str, Any]]:
        """Return the market of every size of one of our products."""
        found = await self._found(await self._product(product_id))
        return [row.model_dump(mode="json") for row in await self.client.market(found.id, currency)]

    async def search(self, query: str, page: int, size: int) -> dict[str, Any]:
        """Search StockX's catalogue."""
        found = await self.client.search(query, page, size)
        return {**found, "products": [row.model_dump(mode="json") for row in found["products"]]}

    async def enrich(self, product_id: uuid.UUID) -> list[str]:
        """Fill what is empty of a product; return the columns that were filled."""
        found = await self._found(await self._product(product_id))
        market = best(await self.client.market(found.id))
        async with self.database.unit() as session:
            row = await ProductRepository(session).get_for_update(product_id)
            if row is None:
                raise ResourceNotFoundException(phrase("Product %(product_id)s not found", product_id=product_id))
            other = await CatalogueLookup(session).product_by_stockx(found.id)
            told = told_by(found, mine=other is None or other.id == row.id)
            filled = [name for name, value in told.items() if value is not None and getattr(row, name) is None]
            for name in filled:
                setattr(row, name, told[name])
            for name, value in market.items():
                setattr(row, name, value)
            row.last_enriched_at, row.enrichment_version = datetime.now(UTC), row.enrichment_version + 1
            row.version += 1
        return filled

    async def enrich_by_sku(self, sku: str, size: str | None) -> dict[str, Any]:
        """Return a product of StockX by its style code, with the market of one size or of the best."""
        found = next(
            (each for each in (await self.client.search(sku))["products"] if fits(each, sku)),
            None,
        )
        if found is None:
            raise ResourceNotFoundException(phrase("StockX knows no style %(sku)s", sku=sku))
        variants = await self.client.variants(found.id)
        chosen = [each for each in variants if size is None or same(each, size)]
        if not chosen:
            raise ResourceNotFoundException(phrase("StockX sells %(sku)s in no size %(size)s", sku=sku, size=size))
        wanted = {each.id for each in chosen}
        rows = [row for row in await self.client.market(found.id) if row.variant_id in wanted]
        return {
            "sku": sku, "stockx_product_id": found.id, "product_title": found.title, "brand": found.brand,
            "total_variants": len(variants), **best(rows),
        }  # fmt: skip

    async def sync_variants(self, product_id: uuid.UUID) -> dict[str, int]:
        """Learn what StockX calls each size of a product; sizes we do not know are made."""
        found = await self._found(await self._product(product_id))
        variants = await self.client.variants(found.id)
        async with self.database.unit() as session:
            products, catalogue = ProductRepository(session), CatalogueLookup(session)
            for each in variants:
                size = await catalogue.size(sizes.parse(each.value or "N/A"))
                gtin = each.gtins[0].identifier[:20] if each.gtins else None
                await products.keep_variant(product_id, size, each.id, gtin)
        return {"variants": len(variants)}

    async def needing(self) -> Sequence[uuid.UUID]:
        """Return the products with something missing that StockX may know."""
        async with self.database.reading() as session:
            return await ProductRepository(session).incomplete(MOST)


def fits(found: Found, code: str) -> bool:
    """Say whether one of a product's style codes is this one."""
    return code.strip().lower() in {part.strip().lower() for part in (found.style_id or "").split("/")}


def same(variant: Variant, size: str) -> bool:
    """Say whether a variant is of a size as a person writes it."""
    theirs, ours = sizes.parse(variant.value or "N/A"), sizes.parse(size)
    if theirs.region == ours.region:
        return theirs.value == ours.value
    return theirs.standardized is not None and theirs.standardized == ours.standardized


def best(rows: Sequence[MarketData]) -> dict[str, Decimal | None]:
    """Return the lowest ask and the highest bid of some sizes, with StockX's advice for the cheapest one."""
    asked = [row for row in rows if row.lowest_ask is not None]
    cheapest = min(asked, key=lambda row: row.lowest_ask or Decimal(0), default=None)
    return {
        "lowest_ask": cheapest.lowest_ask if cheapest else None,
        "highest_bid": max((row.highest_bid for row in rows if row.highest_bid is not None), default=None),
        "recommended_sell_faster": cheapest.sell_faster if cheapest else None,
        "recommended_earn_more": cheapest.earn_more if cheapest else None,
    }


def told_by(found: Found, *, mine: bool) -> dict[str, Any]:
    """Return our columns as StockX's product fills them; its number only when no other product has it."""
    try:
        released = date.fromisoformat((found.attributes.release_date or "")[:10])
    except ValueError:
        released = None
    return {
        "style_code": found.style_id, "colorway": (found.attributes.colorway or "")[:255] or None,
        "gender": (found.attributes.gender or "")[:20] or None, "retail_price": found.attributes.retail_price,
        "release_date": released, "stockx_product_id": found.id if mine else None, "stockx_url_key": found.url_key,
    }  # fmt: skip


@job(ENRICH, alone=True, repeats=True)
async def enrich(context: JobContext) -> dict[str, Any]:
    """Fill what is empty of some products (all that need it when none are named), in a worker."""
    service = EnrichmentService(context.settings, context.database)
    ids = [uuid.UUID(each) for each in context.arguments.get("product_ids") or []] or await service.needing()
    filled = unknown = 0
    for done, product_id in enumerate(ids, 1):
        try:
            filled += bool(await service.enrich(product_id))
        except ResourceNotFoundException:
            unknown += 1
        await context.progress(done, len(ids), f"{done} of {len(ids)} products")
    return {"products": len(ids), "filled": filled, "unknown_at_stockx": unknown}


@job(VARIANTS, repeats=True)
async def sync_variants(context: JobContext) -> dict[str, Any]:
    """Learn a product's sizes in a worker."""
    product_id = uuid.UUID(context.arguments["product_id"])
    return dict(await EnrichmentService(context.settings, context.database).sync_variants(product_id))
