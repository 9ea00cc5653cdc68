"""Finds what StockX calls our goods, and makes goods of what StockX lists."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.listing_repository import ListingRepository
from shared.database.connection import Database
from shared.database.models import Product, Size
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.repositories.base_repository import HELD
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import brands, sizes
from shared.stockx.client import StockX
from shared.stockx.finding import find_product
from shared.stockx.models import ProductRef, Variant, VariantRef
from shared.translation import phrase


async def find_variant(client: StockX, database: Database, product: Product, size: Size) -> str:
    """Return StockX's variant of a product in a size, and remember it; raises ResourceNotFoundException."""
    stockx_id = product.stockx_product_id or await find_product(client, (product.style_code, product.sku))
    ours = sizes.SizeValue(size.value, size.region, size.standardized_value)
    found = next((each for each in await client.variants(stockx_id) if same_size(each, ours)), None)
    if found is None:
        raise ResourceNotFoundException(
            phrase(
                "StockX sells %(sku)s in no size %(region)s %(size)s",
                sku=product.sku,
                region=size.region,
                size=size.value,
            )
        )
    async with database.unit() as session:
        row = await session.get(Product, product.id, with_for_update=HELD, populate_existing=True)
        if row is not None and row.stockx_product_id is None:
            row.stockx_product_id = stockx_id
        gtin = found.gtins[0].identifier[:20] if found.gtins else None
        await ListingRepository(session).keep_variant(product.id, size.id, found.id, gtin)
    return found.id


def same_size(variant: Variant, ours: sizes.SizeValue) -> bool:
    """Say whether a variant of StockX (US sizes) is a size of ours, by name or by the common scale."""
    theirs = sizes.parse(variant.value or (variant.name or "").rpartition(":")[2] or "N/A")
    if theirs.region == ours.region:
        return theirs.value == ours.value
    return theirs.standardized is not None and theirs.standardized == ours.standardized


async def goods_of(
    session: AsyncSession, product: ProductRef, variant: VariantRef, number: str
) -> tuple[Product, Size]:
    """Return the product and size a StockX listing is of, made when they are new."""
    catalogue = CatalogueLookup(session)
    told = product.style_id or (f"pid-{product.id[:8]}" if product.id else f"stockx-{number[:8]}")
    found = await catalogue.product_by_stockx(product.id) if product.id else None
    found = found or await catalogue.product_by_code(told)
    if found is None:
        category = await catalogue.category()
        hit = brands.find(product.name, await catalogue.brand_patterns())
        found = Product(
            sku=told[:100], name=(product.name or told)[:255], style_code=product.style_id, category_id=category.id,
            brand_id=hit.brand_id if hit else None, stockx_product_id=product.id,
        )  # fmt: skip
        session.add(found)
        await session.flush()
    elif found.stockx_product_id is None and product.id:
        found.stockx_product_id = product.id
    parsed = sizes.parse(variant.value or (variant.name or "").rpartition(":")[2] or "N/A")
    size_id = await catalogue.size(parsed)
    if variant.id:
        await ListingRepository(session).keep_variant(found.id, size_id, variant.id)
    size = await session.get_one(Size, size_id)
    return found, size
