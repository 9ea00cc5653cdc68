"""/api/v1/products and /api/v1/brands: the catalogue."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from domains.products.repositories.product_repository import NAMES, BrandRepository, ProductRepository
from domains.products.services.product_service import BrandService, ProductService
from shared.api.dependencies import Admin, IfMatch, PageDep, Reader, SessionDep, Writer, version_told
from shared.api.envelopes import Paginated, paginated, pagination

PREFIX = "/api/v1"
router = APIRouter(prefix=PREFIX, tags=["products"])

Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class ProductOut(BaseModel):
    """A product."""

    id: uuid.UUID
    sku: str
    name: str
    brand: str | None
    category: str
    style_code: str | None
    model: str | None
    colorway: str | None
    gender: str | None
    retail_price: Decimal | None
    avg_resale_price: Decimal | None
    lowest_ask: Decimal | None
    highest_bid: Decimal | None
    currency: str
    release_date: date | None
    ean: str | None
    stockx_product_id: str | None
    version: int
    updated_at: datetime
    created_at: datetime


class ProductFields(BaseModel):
    """What may be said about a product."""

    model_config = ConfigDict(extra="forbid")

    brand: str | None = Field(None, max_length=100)
    category: str | None = Field(None, max_length=100)
    style_code: str | None = Field(None, max_length=100)
    model: str | None = Field(None, max_length=100)
    colorway: str | None = Field(None, max_length=255)
    nickname: str | None = Field(None, max_length=100)
    gender: str | None = Field(None, max_length=20)
    description: str | None = Field(None, max_length=10_000)
    retail_price: Price | None = None
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    release_date: date | None = None
    ean: str | None = Field(None, pattern=r"^\d{8,14}$")
    gtin: str | None = Field(None, pattern=r"^\d{8,14}$")


class ProductIn(ProductFields):
    """A new product."""

    sku: str = Field(min_length=1, max_length=100)
    name: Text


class ProductPatch(ProductFields):
    """Changes; `version` (or If-Match) is the one you edited."""

    sku: str | None = Field(None, min_length=1, max_length=100)
    name: Text | None = None
    version: int | None = Field(None, ge=1)


class BrandIn(BaseModel):
    """A brand."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r".*\w.*")


class PatternIn(BaseModel):
    """A way to recognise a brand."""

    model_config = ConfigDict(extra="forbid")

    pattern_type: Literal["regex", "keyword"] = "keyword"
    pattern: Text
    priority: int = Field(100, ge=0, le=10_000)


@router.get("/products")
async def products(
    _reader: Reader,
    session: SessionDep,
    page: PageDep,
    q: Annotated[str | None, Query(max_length=100, description="Name, SKU, EAN or style code")] = None,
    brand: Annotated[str | None, Query(max_length=100)] = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
) -> Paginated[ProductOut]:
    """Products, newest first."""
    found = await ProductRepository(session).page(q, brand, category, page.skip, page.limit, page.cursor)
    items = [ProductOut(**dict(zip(NAMES, row, strict=True))) for row in found.rows]
    return paginated(items, pagination(page.skip, page.limit, found.total, len(items), found.next_cursor))


@router.post("/products", status_code=201)
async def create_product(body: ProductIn, writer: Writer, session: SessionDep) -> ProductOut:
    """Make a product."""
    service = ProductService(session)
    made = await service.create(writer, body.model_dump(exclude_none=True))
    return ProductOut(**await service.get(made))


@router.get("/products/stats")
async def stats(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """The catalogue in figures."""
    return await ProductRepository(session).figures()


@router.get("/products/enrichment/status")
async def enrichment_status(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """How complete the catalogue is."""
    return {"timestamp": datetime.now(UTC), **await ProductService(session).enrichment_status()}


@router.get("/products/duplicates")
async def duplicates(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """Products that are likely the same, to be merged."""
    names = ("id", "sku", "name", "other_id", "other_sku", "other_name")
    return [dict(zip(names, row, strict=True)) for row in await ProductRepository(session).duplicates(200)]


@router.get("/products/{product_id}")
async def product(product_id: uuid.UUID, _reader: Reader, session: SessionDep) -> ProductOut:
    """One product."""
    return ProductOut(**await ProductService(session).get(product_id))


@router.patch("/products/{product_id}")
async def change_product(
    product_id: uuid.UUID, body: ProductPatch, writer: Writer, session: SessionDep, if_match: IfMatch = None
) -> ProductOut:
    """Change what is told, leave the rest."""
    service = ProductService(session)
    told = {
        name: value
        for name, value in body.model_dump(exclude_unset=True, exclude={"version"}).items()
        if value is not None or name not in ("sku", "name", "category", "currency")
    }
    await service.change(writer, product_id, told, version_told(if_match, body.version))
    return ProductOut(**await service.get(product_id))


@router.post("/products/{product_id}/merge/{source_id}")
async def merge_products(
    product_id: uuid.UUID, source_id: uuid.UUID, writer: Writer, session: SessionDep
) -> ProductOut:
    """Put another product's items, sales and prices into this one."""
    service = ProductService(session)
    await service.merge(writer, product_id, source_id)
    return ProductOut(**await service.get(product_id))


@router.get("/products/{product_id}/prices")
async def prices(
    product_id: uuid.UUID, _reader: Reader, session: SessionDep, days: Annotated[int, Query(ge=1, le=1825)] = 180
) -> list[dict[str, Any]]:
    """A product's market by day, for its chart."""
    return await ProductService(session).price_chart(product_id, days)


@router.get("/brands")
async def brands(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """Every brand."""
    names = ("id", "name", "slug", "status", "products")
    return [dict(zip(names, row, strict=True)) for row in await BrandRepository(session).counted()]


@router.post("/brands", status_code=201)
async def create_brand(body: BrandIn, _writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Make a brand, or return the one of that name."""
    made = await BrandService(session).ensure(body.name)
    return {"id": made.id, "name": made.name, "slug": made.slug}


@router.get("/brands/recognise")
async def recognise(
    _reader: Reader, session: SessionDep, name: Annotated[str, Query(min_length=1, max_length=300)]
) -> list[dict[str, Any]]:
    """Which brands a product's name holds, and by which pattern: the pattern tester."""
    return await BrandService(session).test(name)


@router.post("/brands/{brand_id}/patterns", status_code=201)
async def add_pattern(brand_id: uuid.UUID, body: PatternIn, admin: Admin, session: SessionDep) -> dict[str, Any]:
    """Teach a way to recognise a brand."""
    made = await BrandService(session).add_pattern(admin, brand_id, body.pattern_type, body.pattern, body.priority)
    return {"id": made, **body.model_dump()}


@router.get("/brands/{brand_id}/intelligence")
async def intelligence(brand_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """What is known of a brand, each fact with its source, and what it earned here."""
    return await BrandService(session).intelligence(brand_id)
