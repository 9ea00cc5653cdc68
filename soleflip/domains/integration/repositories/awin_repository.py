"""Queries over affiliate feeds and over prices anywhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import AwinProduct, PricePoint, PriceSource, Product, ProductVariant, Size
from shared.database.words import PriceSourceType, PriceType
from shared.repositories.base_repository import BaseRepository
from shared.repositories.rows import AnyRow, AnySelect

SHOWN = (
    "id", "awin_product_id", "merchant_name", "product_name", "brand_name", "ean", "retail_price_cents", "currency",
    "colour", "size", "in_stock", "stock_quantity", "image_url", "affiliate_link", "matched_product_id",
    "match_confidence", "match_method", "stockx_product_id", "stockx_lowest_ask_cents", "stockx_highest_bid_cents",
    "profit_cents", "profit_percentage", "enrichment_status", "last_enriched_at",
)  # fmt: skip
MATCH = """
UPDATE integration.awin_products a SET matched_product_id = p.product_id, match_confidence = 1, match_method = 'ean'
FROM (SELECT v.gtin AS code, v.product_id FROM products.variants v WHERE v.gtin IS NOT NULL
    UNION SELECT p.ean, p.id FROM products.products p WHERE p.ean IS NOT NULL
    UNION SELECT p.gtin, p.id FROM products.products p WHERE p.gtin IS NOT NULL) p
WHERE p.code = a.ean AND a.matched_product_id IS NULL
"""


class AwinRepository(BaseRepository[AwinProduct]):
    """Lines of affiliate feeds."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(AwinProduct, session)

    async def figures(self) -> dict[str, Any]:
        """Return the feed in figures."""
        price = AwinProduct.retail_price_cents
        row = (
            await self.session.execute(
                select(
                    func.count(), func.count().filter(AwinProduct.in_stock),
                    func.count(AwinProduct.brand_name.distinct()), func.min(price), func.max(price), func.avg(price),
                    func.count(AwinProduct.ean), func.count(AwinProduct.matched_product_id),
                )
            )
        ).one()  # fmt: skip
        total = row[0]

        def share(count: int) -> float:
            return float(round(Decimal(count) * 100 / total, 1)) if total else 0.0

        euros = [None if each is None else round(Decimal(each) / 100, 2) for each in row[3:6]]
        return {
            "total_products": total, "in_stock": row[1], "out_of_stock": total - row[1],
            "in_stock_percentage": share(row[1]), "unique_brands": row[2],
            "price_range": {"min_eur": euros[0], "max_eur": euros[1], "avg_eur": euros[2]},
            "ean_coverage": share(row[6]), "match_rate": share(row[7]),
        }  # fmt: skip

    async def top_brands(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the brands with most lines."""
        statement = select(AwinProduct.brand_name, func.count()).where(AwinProduct.brand_name.is_not(None))
        rows = await self.session.execute(
            statement.group_by(AwinProduct.brand_name)
            .order_by(func.count().desc(), AwinProduct.brand_name)
            .limit(limit)
        )
        return [{"brand": name, "products": count} for name, count in rows]

    async def page(self, conditions: Sequence[Any], skip: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Return lines that fit, cheapest first, and how many there are."""
        total = await self.count(*conditions)
        rows = await self.session.scalars(
            select(AwinProduct)
            .where(*conditions)
            .order_by(AwinProduct.retail_price_cents, AwinProduct.id)
            .offset(skip)
            .limit(limit)
        )
        return [{name: getattr(row, name) for name in SHOWN} for row in rows], total

    async def match(self) -> int:
        """Match lines to our products by bar code; return how many new matches there are."""
        await self.session.execute(text(MATCH))
        return await self.count(AwinProduct.matched_product_id.is_not(None))

    async def to_enrich(self, limit: int) -> Sequence[uuid.UUID]:
        """Return lines in stock with a bar code that StockX was not asked about."""
        statement = (
            select(AwinProduct.id)
            .where(AwinProduct.in_stock, AwinProduct.ean.is_not(None), AwinProduct.enrichment_status == "pending")
            .order_by(AwinProduct.id)
            .limit(limit)
        )
        return (await self.session.scalars(statement)).all()

    async def statuses(self) -> dict[str, int]:
        """Count lines by how far StockX was asked."""
        statement = select(AwinProduct.enrichment_status, func.count()).group_by(AwinProduct.enrichment_status)
        return {row[0]: row[1] for row in await self.session.execute(statement)}

    async def keep_resale(self, product_id: uuid.UUID, variant_id: str, cents: int, name: str) -> None:
        """Store what StockX asks for a product of ours in a size."""
        size = await self.session.scalar(
            select(ProductVariant.size_id).where(ProductVariant.stockx_variant_id == variant_id)
        )
        values = {"price_cents": cents, "in_stock": True, "source_name": name[:255], "last_updated": func.now()}
        statement = insert(PriceSource).values(
            id=uuid.uuid4(), product_id=product_id, size_id=size, source_type=PriceSourceType.STOCKX,
            source_product_id=variant_id, price_type=PriceType.RESALE, **values,
        )  # fmt: skip
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["product_id", "source_type", "source_product_id", "size_id"], set_=values
            )
        )

    async def mark(self, line_id: uuid.UUID, **values: Any) -> None:
        """Write what came of asking StockX about a line."""
        await self.session.execute(
            update(AwinProduct).where(AwinProduct.id == line_id).values(last_enriched_at=func.now(), **values)
        )


class PriceRepository(BaseRepository[PriceSource]):
    """Prices anywhere."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(PriceSource, session)

    @staticmethod
    def _rows() -> AnySelect:
        statement: AnySelect = (
            select(
                PriceSource.id, PriceSource.product_id, Product.name, Product.sku, Product.ean, Size.value,
                PriceSource.source_type, PriceSource.source_name, PriceSource.price_type, PriceSource.price_cents,
                PriceSource.currency, PriceSource.in_stock, PriceSource.stock_quantity, PriceSource.source_url,
                PriceSource.last_updated,
            )
            .join(Product, Product.id == PriceSource.product_id)
            .outerjoin(Size, Size.id == PriceSource.size_id)
        )  # fmt: skip
        return statement

    async def figures(self) -> list[AnyRow]:
        """Count prices by source and kind."""
        statement = select(
            PriceSource.source_type, PriceSource.price_type, func.count(), func.count().filter(PriceSource.in_stock),
            func.max(PriceSource.last_updated),
        )  # fmt: skip
        return list(await self.session.execute(statement.group_by(PriceSource.source_type, PriceSource.price_type)))

    async def of_type(self, kind: PriceSourceType, skip: int, limit: int) -> list[AnyRow]:
        """Return prices of a source, latest first."""
        statement = self._rows().where(PriceSource.source_type == kind)
        statement = statement.order_by(PriceSource.last_updated.desc(), PriceSource.id).offset(skip).limit(limit)
        return list(await self.session.execute(statement))

    async def by_code(self, code: str) -> list[AnyRow]:
        """Return prices of the product with a bar code."""
        variants = select(ProductVariant.product_id).where(ProductVariant.gtin == code)
        fits = or_(Product.ean == code, Product.gtin == code, Product.id.in_(variants))
        statement = self._rows().where(fits).order_by(PriceSource.price_cents, PriceSource.id).limit(500)
        return list(await self.session.execute(statement))

    async def history(self, source_id: uuid.UUID, limit: int) -> list[PricePoint]:
        """Return a price's past, latest first."""
        statement = select(PricePoint).where(PricePoint.price_source_id == source_id)
        return list(
            await self.session.scalars(statement.order_by(PricePoint.recorded_at.desc(), PricePoint.id).limit(limit))
        )

    async def margins(self, least_cents: int, least_percent: Decimal, limit: int) -> list[AnyRow]:
        """Return shop prices below what the same product in the same size is asked for, best margin first, before fees."""
        shop, resale = PriceSource.__table__.alias("shop"), PriceSource.__table__.alias("resale")
        gain = resale.c.price_cents - shop.c.price_cents
        percent = case((shop.c.price_cents > 0, gain * Decimal(100) / shop.c.price_cents), else_=Decimal(0))
        statement = (
            select(
                Product.id, Product.name, Product.sku, shop.c.source_name, shop.c.price_cents, resale.c.price_cents, gain,
                percent, shop.c.source_url,
            )
            .join(shop, shop.c.product_id == Product.id)
            .join(resale, resale.c.product_id == Product.id)
            .where(
                shop.c.price_type == "retail", resale.c.price_type == "resale", shop.c.in_stock, resale.c.in_stock,
                shop.c.size_id.is_not_distinct_from(resale.c.size_id), shop.c.currency == resale.c.currency,
                gain >= least_cents, percent >= least_percent,
            )
            .order_by(gain.desc())
            .limit(limit)
        )  # fmt: skip
        return list(await self.session.execute(statement))
