"""Queries over the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    AwinProduct,
    Brand,
    BrandAttribute,
    BrandCollaboration,
    BrandEvent,
    BrandFinancials,
    BrandPattern,
    BrandRelationship,
    Category,
    InventoryItem,
    MarketPrice,
    Order,
    PriceSource,
    Product,
    ProductAlias,
    ProductImage,
    ProductVariant,
)
from shared.repositories.base_repository import BaseRepository
from shared.repositories.paging import Found, Listing
from shared.repositories.rows import AnyRow, AnySelect

COLUMNS = (
    Product.id, Product.sku, Product.name, Brand.name, Category.name, Product.style_code, Product.model,
    Product.colorway, Product.gender, Product.retail_price, Product.avg_resale_price, Product.lowest_ask,
    Product.highest_bid, Product.currency, Product.release_date, Product.ean, Product.stockx_product_id,
    Product.version, Product.updated_at, Product.created_at,
)  # fmt: skip
NAMES = (
    "id", "sku", "name", "brand", "category", "style_code", "model", "colorway", "gender", "retail_price",
    "avg_resale_price", "lowest_ask", "highest_bid", "currency", "release_date", "ean", "stockx_product_id",
    "version", "updated_at", "created_at",
)  # fmt: skip
ROWS = (
    select(*COLUMNS).join(Category, Category.id == Product.category_id).outerjoin(Brand, Brand.id == Product.brand_id)
)
LIST = Listing(Product.created_at, Product.id, ROWS)
ENRICHED = ("sku", "description", "retail_price", "release_date", "brand_id", "ean", "stockx_product_id")


class ProductRepository(BaseRepository[Product]):
    """Products."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Product, session)

    async def page(
        self, q: str | None, brand: str | None, category: str | None, skip: int, limit: int, cursor: str | None
    ) -> Found:
        """Return a page of products, newest first, as rows of `NAMES`."""
        keys: AnySelect = select(Product.id)
        conditions: list[ColumnElement[bool]] = [Product.archived_at.is_(None), Product.merged_into_id.is_(None)]
        if q:
            like = f"%{q.lower().replace('%', '').replace('_', '')}%"
            conditions.append(
                or_(
                    func.lower(Product.name).like(like),
                    func.lower(Product.sku).like(like),
                    Product.ean == q,
                    Product.style_code == q,
                )
            )
        if brand:
            keys = keys.join(Brand, Brand.id == Product.brand_id)
            conditions.append(or_(func.lower(Brand.name) == brand.lower(), Brand.slug == brand.lower()))
        if category:
            keys = keys.join(Category, Category.id == Product.category_id)
            conditions.append(or_(func.lower(Category.name) == category.lower(), Category.slug == category.lower()))
        return await LIST.page(self.session, keys, conditions, skip, limit, cursor)

    async def row(self, product_id: uuid.UUID) -> AnyRow | None:
        """Return one product as a row of `NAMES`."""
        return (await self.session.execute(ROWS.where(Product.id == product_id))).one_or_none()

    async def completeness(self) -> tuple[int, dict[str, int]]:
        """Return how many products there are and how many have each enriched column."""
        counts = [func.count(getattr(Product, name)) for name in ENRICHED]
        row = (await self.session.execute(select(func.count(), *counts).where(Product.merged_into_id.is_(None)))).one()
        return row[0], dict(zip(ENRICHED, row[1:], strict=True))

    async def incomplete(self, limit: int) -> Sequence[uuid.UUID]:
        """Return products that lack what StockX may know, those asked about longest ago first."""
        lacking = or_(
            Product.retail_price.is_(None), Product.release_date.is_(None), Product.stockx_product_id.is_(None)
        )
        statement = select(Product.id).where(Product.merged_into_id.is_(None), Product.archived_at.is_(None), lacking)
        ordered = statement.order_by(Product.last_enriched_at.nulls_first(), Product.id)
        return (await self.session.scalars(ordered.limit(limit))).all()

    async def keep_variant(self, product_id: uuid.UUID, size_id: uuid.UUID, stockx_id: str, gtin: str | None) -> None:
        """Remember what StockX calls a product in a size."""
        statement = insert(ProductVariant).values(
            id=uuid.uuid4(), product_id=product_id, size_id=size_id, stockx_variant_id=stockx_id, gtin=gtin
        )
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["product_id", "size_id"], set_={"stockx_variant_id": stockx_id, "gtin": gtin}
            )
        )

    async def figures(self) -> dict[str, Any]:
        """Return counts of the catalogue."""
        row = (
            await self.session.execute(
                select(
                    func.count(),
                    func.count(func.distinct(Product.brand_id)),
                    func.count(func.distinct(Product.category_id)),
                    func.sum(case((Product.stockx_product_id.is_not(None), 1), else_=0)),
                    func.avg(Product.retail_price),
                ).where(Product.merged_into_id.is_(None))
            )
        ).one()
        names = ("total_products", "brands", "categories", "matched_to_stockx", "average_retail_price")
        return dict(zip(names, row, strict=True))

    async def repoint(self, source: uuid.UUID, target: uuid.UUID) -> None:
        """Let everything that refers to one product refer to another."""
        for model in (Order, InventoryItem, ProductImage, ProductAlias):  # as `shared.repositories.stock_locks` says
            await self.session.execute(update(model).where(model.product_id == source).values(product_id=target))
        await self.session.execute(
            update(AwinProduct).where(AwinProduct.matched_product_id == source).values(matched_product_id=target)
        )
        for table, scope in (
            ("products.variants", "size_id"),
            ("pricing.market_prices", "platform_name, size_value, condition, price_date"),
            ("integration.price_sources", "source_type, source_product_id, size_id"),
        ):
            # What the target has already stays; only what it lacks moves over. Names are ours, values are bound.
            same = " AND ".join(f"o.{name} IS NOT DISTINCT FROM t.{name}" for name in scope.split(", "))
            await self.session.execute(
                text(
                    f"UPDATE {table} t SET product_id = :target WHERE product_id = :source AND NOT EXISTS"  # noqa: S608 -- names of our own tables
                    f" (SELECT 1 FROM {table} o WHERE o.product_id = :target AND {same})"
                ),
                {"source": source, "target": target},
            )

    async def duplicates(self, limit: int) -> Sequence[AnyRow]:
        """Return pairs of products that are likely the same: equal EAN, style code or name."""
        other = Product.__table__.alias("other")
        same = or_(
            Product.ean == other.c.ean,
            Product.style_code == other.c.style_code,
            func.lower(Product.name) == func.lower(other.c.name),
        )
        statement = (
            select(Product.id, Product.sku, Product.name, other.c.id, other.c.sku, other.c.name)
            .join(other, same)
            .where(Product.id < other.c.id, Product.merged_into_id.is_(None), other.c.merged_into_id.is_(None))
            .order_by(Product.name)
            .limit(limit)
        )
        return (await self.session.execute(statement)).all()

    async def prices(self, product_id: uuid.UUID, days: int) -> Sequence[AnyRow]:
        """Return a product's market by day, oldest first: day, marketplace, size, ask, bid, last sale."""
        statement = (
            select(
                MarketPrice.price_date,
                MarketPrice.platform_name,
                MarketPrice.size_value,
                MarketPrice.lowest_ask,
                MarketPrice.highest_bid,
                MarketPrice.last_sale,
            )
            .where(MarketPrice.product_id == product_id, MarketPrice.price_date > func.current_date() - days)
            .order_by(MarketPrice.price_date, MarketPrice.size_value)
        )
        return (await self.session.execute(statement)).all()

    async def offers(self, product_id: uuid.UUID) -> Sequence[PriceSource]:
        """Return where a product can be bought or sold now, the cheapest first."""
        statement = select(PriceSource).where(PriceSource.product_id == product_id).order_by(PriceSource.price_cents)
        return (await self.session.scalars(statement)).all()


class BrandRepository(BaseRepository[Brand]):
    """Brands, their patterns and what is known of them."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(Brand, session)

    async def counted(self) -> Sequence[AnyRow]:
        """Return every brand with its number of products."""
        statement = (
            select(Brand.id, Brand.name, Brand.slug, Brand.brand_status, func.count(Product.id))
            .outerjoin(Product, Product.brand_id == Brand.id)
            .group_by(Brand.id)
            .order_by(Brand.name)
        )
        return (await self.session.execute(statement)).all()

    async def patterns(self) -> Sequence[BrandPattern]:
        """Return every pattern, the first to try first."""
        statement = select(BrandPattern).order_by(BrandPattern.priority, BrandPattern.created_at, BrandPattern.id)
        return (await self.session.scalars(statement)).all()

    async def knowledge(self, brand_id: uuid.UUID) -> dict[str, Sequence[Any]]:
        """Return what is known of a brand, by kind."""
        kinds = {
            "timeline": select(BrandEvent).where(BrandEvent.brand_id == brand_id).order_by(BrandEvent.event_date),
            "collaborations": select(BrandCollaboration).where(
                or_(
                    BrandCollaboration.primary_brand_id == brand_id,
                    BrandCollaboration.collaborator_brand_id == brand_id,
                )
            ),
            "relationships": select(BrandRelationship).where(
                or_(BrandRelationship.parent_brand_id == brand_id, BrandRelationship.child_brand_id == brand_id)
            ),
            "attributes": select(BrandAttribute).where(BrandAttribute.brand_id == brand_id),
            "financials": select(BrandFinancials)
            .where(BrandFinancials.brand_id == brand_id)
            .order_by(BrandFinancials.fiscal_year),
        }
        return {kind: (await self.session.scalars(statement)).all() for kind, statement in kinds.items()}

    async def sales_by_month(self, brand_id: uuid.UUID) -> Sequence[AnyRow]:
        """Return a brand's sales by month: month, orders, revenue, profit."""
        month = func.date_trunc("month", Order.sold_at)
        statement = (
            select(month, func.count(), func.sum(Order.gross_sale), func.sum(Order.net_profit))
            .join(Product, Product.id == Order.product_id)
            .where(Product.brand_id == brand_id)
            .group_by(month)
            .order_by(month)
        )
        return (await self.session.execute(statement)).all()
