"""The catalogue: products made, changed, merged; brands recognised."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.products.repositories.product_repository import NAMES, BrandRepository, ProductRepository
from shared.auth.principal import Principal
from shared.database.models import Brand, BrandPattern, Product, ProductAlias
from shared.error_handling.exceptions import (
    BusinessRuleViolation,
    DuplicateResourceException,
    ResourceNotFoundException,
    ValidationException,
)
from shared.events.event_bus import publish
from shared.repositories import audit, stock_locks
from shared.repositories.base_repository import check_version
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import brands
from shared.rules.money import ZERO
from shared.translation import phrase

FILLABLE = (
    "style_code", "model", "colorway", "nickname", "gender", "description", "retail_price", "avg_resale_price",
    "release_date", "ean", "gtin", "stockx_product_id", "stockx_url_key", "lowest_ask", "highest_bid", "brand_id",
)  # fmt: skip


class ProductService:
    """Products."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session = session
        self.products, self.catalogue = ProductRepository(session), CatalogueLookup(session)
        self.brands = BrandService(session)

    async def get(self, product_id: uuid.UUID) -> dict[str, Any]:
        """Return one product; raises ResourceNotFoundException."""
        row = await self.products.row(product_id)
        if row is None:
            raise ResourceNotFoundException(
                phrase("Product %(product_id)s not found", product_id=product_id),
                details={"product_id": str(product_id)},
            )
        return dict(zip(NAMES, row, strict=True))

    async def create(self, actor: Principal, values: Mapping[str, Any]) -> uuid.UUID:
        """Make a product; without a brand it is read from the name."""
        told = dict(values)
        category = await self.catalogue.category(told.pop("category", None) or "sneakers")
        brand = told.pop("brand", None)
        if await self.catalogue.product_by_code(told["sku"]):
            raise DuplicateResourceException(phrase("There is a product with the SKU %(sku)s already", sku=told["sku"]))
        brand_id = (await self.brands.ensure(brand)).id if brand else await self.brands.recognise(told["name"])
        product = await self.products.create(category_id=category.id, brand_id=brand_id, **told)
        audit.record(self.session, actor, "product.create", "product", product.id, after={"sku": product.sku})
        publish(
            self.session,
            "products.product_created",
            product.id,
            {"sku": product.sku, "name": product.name, "category": category.name, "source": "person"},
        )
        return product.id

    async def change(
        self, actor: Principal, product_id: uuid.UUID, values: Mapping[str, Any], version: int | None
    ) -> None:
        """Change what is told; raises VersionConflict."""
        product = await self._held(product_id)
        check_version(product, version)
        told = dict(values)
        if category := told.pop("category", None):
            told["category_id"] = (await self.catalogue.category(category)).id
        if "brand" in told:
            name = told.pop("brand")
            told["brand_id"] = (await self.brands.ensure(name)).id if name else None
        before = {name: str(getattr(product, name)) for name in told if getattr(product, name) != told[name]}
        if not before:
            return
        if "sku" in before:
            self.session.add(ProductAlias(product_id=product.id, kind="sku", value=product.sku))
        await self.products.update(product, **told)
        after = {name: str(told[name]) for name in before}
        audit.record(self.session, actor, "product.change", "product", product.id, before, after)
        publish(
            self.session,
            "products.product_updated",
            product.id,
            {"changed_fields": sorted(before), "previous_values": before},
        )

    async def _held(self, product_id: uuid.UUID) -> Product:
        product = await self.products.get_for_update(product_id)
        if product is None:
            raise ResourceNotFoundException(
                phrase("Product %(product_id)s not found", product_id=product_id),
                details={"product_id": str(product_id)},
            )
        return product

    async def merge(self, actor: Principal, target_id: uuid.UUID, source_id: uuid.UUID) -> None:
        """Make two products one: items, sales and prices go over, the old SKU stays known, empty fields are filled."""
        if target_id == source_id:
            raise BusinessRuleViolation(phrase("A product cannot be merged with itself"))
        await stock_locks.several(self.session)
        first, second = sorted((target_id, source_id))  # one order, so that two merges do not wait for each other
        held = {first: await self._held(first), second: await self._held(second)}
        target, source = held[target_id], held[source_id]
        if source.merged_into_id or target.merged_into_id:
            raise BusinessRuleViolation(phrase("One of the two has been merged already"))
        filled = {
            name: value
            for name in FILLABLE
            if getattr(target, name) is None and (value := getattr(source, name)) is not None
        }
        await self.products.repoint(source_id, target_id)
        source.merged_into_id, source.stockx_product_id = target_id, None
        await self.session.flush()
        await self.products.update(target, **filled)
        self.session.add(ProductAlias(product_id=target_id, kind="sku", value=source.sku))
        audit.record(
            self.session,
            actor,
            "product.merge",
            "product",
            target_id,
            after={"merged": str(source_id), "sku": source.sku},
        )

    async def enrichment_status(self) -> dict[str, Any]:
        """Return how complete the catalogue is, column by column."""
        total, have = await self.products.completeness()
        stats = {
            name: {
                "completed": n,
                "missing": total - n,
                "completion_percentage": float(round(Decimal(n) * 100 / total, 1)) if total else 0.0,
            }
            for name, n in have.items()
        }
        return {"total_products": total, "enrichment_stats": stats}

    async def price_chart(self, product_id: uuid.UUID, days: int) -> list[dict[str, Any]]:
        """Return a product's market by day."""
        await self.get(product_id)
        names = ("date", "platform", "size", "lowest_ask", "highest_bid", "last_sale")
        return [dict(zip(names, row, strict=True)) for row in await self.products.prices(product_id, days)]


class BrandService:
    """Brands."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.brands = session, BrandRepository(session)

    async def ensure(self, name: str) -> Brand:
        """Return the brand of a name, made when it is new."""
        slug = slug_of(name)
        found = await self.brands.find_one(Brand.slug == slug)
        return found or await self.brands.create(name=name.strip(), slug=slug)

    async def _patterns(self) -> list[brands.Pattern]:
        stored = [
            brands.Pattern(row.brand_id, row.pattern_type, row.pattern, row.priority)
            for row in await self.brands.patterns()
        ]
        names = [brands.Pattern(row[0], "keyword", row[1], 1000) for row in await self.brands.counted()]
        return [*stored, *names]

    async def recognise(self, name: str) -> uuid.UUID | None:
        """Return the brand in a product's name."""
        hit = brands.find(name, await self._patterns())
        return hit.brand_id if hit else None

    async def test(self, name: str) -> list[dict[str, Any]]:
        """Return every brand found in a name and by which pattern."""
        known = {row[0]: row[1] for row in await self.brands.counted()}
        hits = brands.find_all(name, await self._patterns())
        return [{"brand": known[hit.brand_id], "pattern": hit.pattern, "matched": hit.matched} for hit in hits]

    async def add_pattern(
        self, actor: Principal, brand_id: uuid.UUID, kind: str, text: str, priority: int
    ) -> uuid.UUID:
        """Teach a way to recognise a brand; raises ValidationException for one that cannot be used."""
        if await self.brands.get_by_id(brand_id) is None:
            raise ResourceNotFoundException(phrase("Brand %(brand_id)s not found", brand_id=brand_id))
        try:
            brands.check_pattern(kind, text)
        except ValueError as error:
            raise ValidationException(str(error), field_errors={"pattern": str(error)}) from None
        row = BrandPattern(brand_id=brand_id, pattern_type=kind, pattern=text, priority=priority)
        self.session.add(row)
        await self.session.flush()
        audit.record(self.session, actor, "brand.pattern", "brand", brand_id, after={"pattern": text})
        return row.id

    async def intelligence(self, brand_id: uuid.UUID) -> dict[str, Any]:
        """Return what is known of a brand, with sources, and what it earned here."""
        brand = await self.brands.get_by_id(brand_id)
        if brand is None:
            raise ResourceNotFoundException(phrase("Brand %(brand_id)s not found", brand_id=brand_id))
        known = {kind: [_plain(row) for row in rows] for kind, rows in (await self.brands.knowledge(brand_id)).items()}
        months = [
            {"month": month.date(), "orders": n, "revenue": revenue, "profit": gain or ZERO}
            for month, n, revenue, gain in await self.brands.sales_by_month(brand_id)
        ]
        return {**_plain(brand), **known, "sales_by_month": months}


def slug_of(name: str) -> str:
    """Return a name as it stands in addresses: "Off-White" is off-white."""
    return "-".join("".join(char if char.isalnum() else " " for char in name.lower()).split())[:100]


def _plain(row: Any) -> dict[str, Any]:
    """Return a row's own columns."""
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
