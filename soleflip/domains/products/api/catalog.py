"""/api/v1/products: StockX's catalogue, asked live, and our products filled in from it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from domains.products.services.enrichment_service import ENRICH, VARIANTS, EnrichmentService
from shared.api.dependencies import DatabaseDep, Reader, SessionDep, SettingsDep, Writer
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.jobs import JobRepository

router = APIRouter(prefix="/api/v1/products", tags=["products"])
Currency = Literal["EUR", "USD", "GBP", "CHF", "JPY", "AUD", "CAD", "HKD", "KRW", "MXN", "NZD", "SGD"]
Words = Annotated[str, Query(min_length=1, max_length=100, pattern=r"\S")]
External = Annotated[str, Field(min_length=1, max_length=100)]
PageNumber = Annotated[int, Query(ge=1, le=100)]
PageSize = Annotated[int, Query(ge=1, le=50)]


class EnrichIn(BaseModel):
    """Which products to fill in; none named means all that need it."""

    model_config = ConfigDict(extra="forbid")

    product_ids: list[uuid.UUID] = Field(default_factory=list, max_length=500)


class Asked(BaseModel):
    """A background job that was asked for."""

    job_id: uuid.UUID
    message: str


@router.get("/search-stockx")
async def search_stockx(
    _reader: Reader, database: DatabaseDep, settings: SettingsDep, query: Words,
    page: Annotated[int, Query(alias="pageNumber", ge=1, le=100)] = 1,
    size: Annotated[int, Query(alias="pageSize", ge=1, le=50)] = 20,
) -> dict[str, Any]:  # fmt: skip
    """Search StockX's catalogue."""
    return await EnrichmentService(settings, database).search(query, page, size)


@router.get("/catalog/search")
async def catalog_search(
    _reader: Reader, database: DatabaseDep, settings: SettingsDep, query: Words, page_number: PageNumber = 1,
    page_size: PageSize = 20,
) -> dict[str, Any]:  # fmt: skip
    """Search StockX's catalogue, in the other documented form."""
    found = await EnrichmentService(settings, database).search(query, page_number, page_size)
    place = {"page_number": page_number, "page_size": page_size, "total_results": found["count"],
             "has_next_page": found["hasNextPage"]}  # fmt: skip
    return {"success": True, "query": query, "pagination": place, "products": found["products"]}


@router.post("/catalog/enrich-by-sku")
async def enrich_by_sku(
    _writer: Writer, database: DatabaseDep, settings: SettingsDep, sku: Words,
    size: Annotated[str | None, Query(max_length=20)] = None,
) -> dict[str, Any]:  # fmt: skip
    """What StockX knows of a style code, and the market of a size."""
    return await EnrichmentService(settings, database).enrich_by_sku(sku, size)


@router.get("/catalog/products/{stockx_id}")
async def catalog_product(
    stockx_id: External, _reader: Reader, database: DatabaseDep, settings: SettingsDep
) -> dict[str, Any]:
    """A product of StockX's catalogue."""
    return (await EnrichmentService(settings, database).client.product(stockx_id)).model_dump(mode="json")


@router.get("/catalog/products/{stockx_id}/variants")
async def catalog_variants(
    stockx_id: External, _reader: Reader, database: DatabaseDep, settings: SettingsDep
) -> dict[str, Any]:
    """Its sizes."""
    found = await EnrichmentService(settings, database).client.variants(stockx_id)
    return {
        "product_id": stockx_id,
        "total_variants": len(found),
        "variants": [row.model_dump(mode="json") for row in found],
    }


@router.get("/catalog/products/{stockx_id}/variants/{variant_id}/market-data")
async def catalog_market(
    stockx_id: External, variant_id: External, _reader: Reader, database: DatabaseDep, settings: SettingsDep,
    currency_code: Currency = "EUR",
) -> dict[str, Any]:  # fmt: skip
    """The market of one size."""
    found = await EnrichmentService(settings, database).client.variant_market(stockx_id, variant_id, currency_code)
    market = {
        "lowest_ask": found.lowest_ask, "highest_bid": found.highest_bid, "sell_faster_price": found.sell_faster,
        "earn_more_price": found.earn_more, "flex_lowest_ask": found.flex_lowest_ask,
    }  # fmt: skip
    return {"currency": found.currency, "market_data": market}


@router.post("/enrich", status_code=202)
async def enrich(writer: Writer, session: SessionDep, body: EnrichIn | None = None) -> Asked:
    """Fill in from StockX what is empty, in a worker."""
    ids = [str(each) for each in body.product_ids] if body else []
    if ids:
        job_id = await JobRepository(session).ask(ENRICH, {"product_ids": ids}, writer.user_id)
    else:
        job_id = await JobRepository(session).ask_once(ENRICH, {}, writer.user_id)
    return Asked(job_id=job_id, message="specific" if ids else "all_needing_enrichment")


@router.post("/{product_id}/sync-variants-from-stockx", status_code=202)
async def sync_variants(product_id: uuid.UUID, writer: Writer, session: SessionDep) -> Asked:
    """Learn what StockX calls each size, in a worker."""
    await CatalogueLookup(session).product(product_id)
    job_id = await JobRepository(session).ask(VARIANTS, {"product_id": str(product_id)}, writer.user_id)
    return Asked(job_id=job_id, message="queued")


@router.get("/{product_id}/stockx-details")
async def details(
    product_id: uuid.UUID, _reader: Reader, database: DatabaseDep, settings: SettingsDep
) -> dict[str, Any]:
    """What StockX says of one of our products."""
    return await EnrichmentService(settings, database).details(product_id)


@router.get("/{product_id}/stockx-market-data")
async def market(
    product_id: uuid.UUID, _reader: Reader, database: DatabaseDep, settings: SettingsDep,
    currency: Annotated[Currency, Query(alias="currencyCode")] = "EUR",
) -> list[dict[str, Any]]:  # fmt: skip
    """The market of every size of one of our products."""
    return await EnrichmentService(settings, database).market(product_id, currency)
