"""The catalogue: products, categories, sizes and size runs, pictures."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Money, Text20, Text50, Text100, Text255, Timestamped
from shared.database.models.brands import Brand

PRODUCTS = "products.products.id"


class Category(Timestamped, Base):
    """A tree of kinds of goods; `path` is its slugs from the root."""

    __tablename__ = "categories"
    __table_args__ = ({"schema": "core"},)

    name: Mapped[Text100]
    slug: Mapped[Text100] = mapped_column(unique=True)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("core.categories.id", ondelete="SET NULL"), index=True
    )
    path: Mapped[str | None] = mapped_column(String(500))


class Size(Timestamped, Base):
    """A size as a shop writes it; `standardized_value` is the common (EU) scale that joins retail with resale."""

    __tablename__ = "sizes"
    __table_args__ = (
        Index(
            "uq_sizes_category_region_value",
            "category_id",
            "region",
            "value",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        {"schema": "core"},
    )

    category_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("core.categories.id", ondelete="CASCADE"), index=True
    )
    value: Mapped[Text20]
    region: Mapped[str] = mapped_column(String(10))
    standardized_value: Mapped[Decimal | None] = mapped_column(Numeric(5, 2), index=True)


class SizeConversion(Timestamped, Base):
    """One line of a brand's size run: the same shoe in US, UK, EU and CM. Without a brand it is the common table."""

    __tablename__ = "size_conversions"
    __table_args__ = (
        Index("uq_size_conversions_run", "brand_id", "gender", "us", unique=True, postgresql_nulls_not_distinct=True),
        {"schema": "core"},
    )

    brand_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("core.brands.id", ondelete="CASCADE"))
    gender: Mapped[Text20]
    us: Mapped[Text20]
    uk: Mapped[Text20 | None]
    eu: Mapped[Text20 | None]
    cm: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))


class Product(Timestamped, Base):
    """A model in a colour, known by its style code; sizes are its variants."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("retail_price >= 0", name="retail_price"),
        Index(
            "ix_products_name_trgm",
            func.lower(text("name")).label("lowered"),
            postgresql_using="gin",
            postgresql_ops={"lowered": "gin_trgm_ops"},
        ),
        Index("ix_products_created", text("created_at DESC"), text("id DESC")),
        Index("ix_products_ean", "ean"),
        Index("ix_products_style_code", "style_code"),
        Index("ix_products_stockx", "stockx_product_id", unique=True),
        {"schema": "products"},
    )

    sku: Mapped[Text100] = mapped_column(unique=True)
    name: Mapped[Text255]
    brand_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("core.brands.id", ondelete="SET NULL"), index=True)
    category_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("core.categories.id", ondelete="RESTRICT"), index=True)
    style_code: Mapped[Text100 | None]
    model: Mapped[Text100 | None]
    colorway: Mapped[Text255 | None]
    nickname: Mapped[Text100 | None]
    gender: Mapped[Text20 | None]
    description: Mapped[str | None]
    retail_price: Mapped[Money | None]
    avg_resale_price: Mapped[Money | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    release_date: Mapped[date | None]
    ean: Mapped[Text20 | None]
    gtin: Mapped[Text20 | None]
    stockx_product_id: Mapped[Text100 | None]
    stockx_url_key: Mapped[Text255 | None]
    lowest_ask: Mapped[Money | None]
    highest_bid: Mapped[Money | None]
    recommended_sell_faster: Mapped[Money | None]
    recommended_earn_more: Mapped[Money | None]
    enrichment_data: Mapped[dict[str, Any] | None]
    enrichment_version: Mapped[int] = mapped_column(default=0, server_default="0")
    last_enriched_at: Mapped[datetime | None]
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PRODUCTS, ondelete="SET NULL"))
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    brand: Mapped[Brand | None] = relationship(lazy="raise")
    category: Mapped[Category] = relationship(lazy="raise")


class ProductVariant(Timestamped, Base):
    """A product in one size, with what marketplaces call it."""

    __tablename__ = "variants"
    __table_args__ = (UniqueConstraint("product_id", "size_id"), {"schema": "products"})

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    size_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("core.sizes.id", ondelete="RESTRICT"), index=True)
    gtin: Mapped[Text20 | None] = mapped_column(index=True)
    stockx_variant_id: Mapped[Text100 | None] = mapped_column(unique=True)


class ProductCollaborator(Base):
    """A second brand on a product: "A x B"."""

    __tablename__ = "collaborators"
    __table_args__ = (UniqueConstraint("product_id", "brand_id"), {"schema": "products"})

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("core.brands.id", ondelete="CASCADE"), index=True)


class ProductImage(Timestamped, Base):
    """A picture from a catalogue (`url`) or uploaded (`file_name` below the media folder)."""

    __tablename__ = "images"
    __table_args__ = (Index("ix_images_product", "product_id", "position"), {"schema": "products"})

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    url: Mapped[str | None]
    file_name: Mapped[Text255 | None]
    content_type: Mapped[Text50 | None]
    position: Mapped[int] = mapped_column(default=0, server_default="0")


class ProductAlias(Base):
    """Another name or SKU of a product, kept when duplicates are merged, so that later imports find it."""

    __tablename__ = "aliases"
    __table_args__ = (UniqueConstraint("kind", "value"), {"schema": "products"})

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"), index=True)
    kind: Mapped[Text20]
    value: Mapped[Text255]
