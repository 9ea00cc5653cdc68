"""Finds or makes what other domains refer to: products, sizes, categories, platforms, suppliers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    Brand,
    BrandPattern,
    BusinessProfile,
    Category,
    ExchangeRate,
    FeeSchedule,
    Platform,
    Product,
    ProductAlias,
    Size,
)
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.rules.brands import Pattern
from shared.rules.fees import Schedule
from shared.rules.sizes import SizeValue
from shared.translation import phrase

DEFAULT_CATEGORY = "sneakers"


class CatalogueLookup:
    """Look-ups within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def product(self, product_id: uuid.UUID) -> Product:
        """Return a product; raises ResourceNotFoundException."""
        found = await self.session.get(Product, product_id)
        if found is None:
            raise ResourceNotFoundException(
                phrase("Product %(product_id)s not found", product_id=product_id),
                details={"product_id": str(product_id)},
            )
        return found

    async def product_by_code(self, code: str) -> Product | None:
        """Return the product with a SKU, style code, EAN or earlier SKU, in any case."""
        lowered = code.lower()
        direct = select(Product).where(
            or_(
                func.lower(Product.sku) == lowered,
                Product.style_code == code,
                Product.ean == code,
                Product.gtin == code,
            )
        )
        if found := (await self.session.scalars(direct.limit(1))).first():
            return found
        earlier = select(Product).join(ProductAlias, ProductAlias.product_id == Product.id)
        return (await self.session.scalars(earlier.where(func.lower(ProductAlias.value) == lowered).limit(1))).first()

    async def product_by_stockx(self, stockx_id: str) -> Product | None:
        """Return the product with a number of StockX's catalogue."""
        return (await self.session.scalars(select(Product).where(Product.stockx_product_id == stockx_id))).one_or_none()

    async def brand_patterns(self) -> list[Pattern]:
        """Return how brands are recognised, for the rules: taught patterns before plain names."""
        told = [
            Pattern(row.brand_id, row.pattern_type, row.pattern, row.priority)
            for row in await self.session.scalars(select(BrandPattern))
        ]
        names = (await self.session.execute(select(Brand.id, Brand.name))).all()
        return [*told, *(Pattern(key, "keyword", name, 1000) for key, name in names)]

    async def rate(self, currency: str, day: date) -> Decimal | None:
        """Return how much of a currency a euro was on the known day nearest to one; None when no day is known."""
        if currency == "EUR":
            return Decimal(1)
        statement = select(ExchangeRate.per_euro).where(ExchangeRate.currency == currency)
        return await self.session.scalar(statement.order_by(func.abs(ExchangeRate.day - day)).limit(1))

    async def size(self, size: SizeValue, category_id: uuid.UUID | None = None) -> uuid.UUID:
        """Return the id of a size, made when it is new; safe when two ask at once."""
        known = select(Size.id).where(
            Size.value == size.value, Size.region == size.region, Size.category_id.is_not_distinct_from(category_id)
        )
        if found := await self.session.scalar(known):
            return found
        values = {
            "id": uuid.uuid4(),
            "value": size.value,
            "region": size.region,
            "standardized_value": size.standardized,
            "category_id": category_id,
        }
        await self.session.execute(insert(Size).values(**values).on_conflict_do_nothing())
        return (await self.session.scalars(known)).one()

    async def category(self, slug: str = DEFAULT_CATEGORY) -> Category:
        """Return a category by its slug; raises ResourceNotFoundException."""
        found = (await self.session.scalars(select(Category).where(Category.slug == slug))).one_or_none()
        if found is None:
            raise ResourceNotFoundException(
                phrase("Category %(slug)s not found", slug=slug), details={"category": slug}
            )
        return found

    async def platform(self, slug: str) -> Platform:
        """Return a marketplace by its slug; raises ResourceNotFoundException."""
        found = (await self.session.scalars(select(Platform).where(Platform.slug == slug.lower()))).one_or_none()
        if found is None:
            raise ResourceNotFoundException(
                phrase("Marketplace %(slug)s not found", slug=slug), details={"platform": slug}
            )
        return found

    async def platforms(self) -> Sequence[Platform]:
        """Return every active marketplace by name."""
        return (await self.session.scalars(select(Platform).where(Platform.active).order_by(Platform.name))).all()

    async def schedules(self, platform_id: uuid.UUID, currency: str) -> list[Schedule]:
        """Return a marketplace's fee schedules in a currency, for the rules."""
        rows = await self.session.scalars(
            select(FeeSchedule).where(FeeSchedule.platform_id == platform_id, FeeSchedule.currency == currency)
        )
        return [
            Schedule(
                currency=row.currency,
                percent=row.percent,
                minimum=row.minimum,
                maximum=row.maximum,
                fixed=row.fixed,
                payment_percent=row.payment_percent,
                payment_fixed=row.payment_fixed,
                shipping=row.shipping,
                cash_out_percent=row.cash_out_percent,
                tiers=[(Decimal(str(start)), Decimal(str(percent))) for start, percent in row.tiers or []],
                seller_level=row.seller_level,
                country=row.country,
                category=row.category,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
            for row in rows
        ]

    async def business(self) -> BusinessProfile:
        """Return the seller's own profile."""
        return (await self.session.scalars(select(BusinessProfile))).one()
