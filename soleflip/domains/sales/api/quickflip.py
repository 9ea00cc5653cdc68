"""/api/v1/quickflip: what is worth buying, net of fees, VAT, shipping and time."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from domains.sales.services.opportunity_service import SHIPPING_IN, OpportunityService
from shared.api.dependencies import Reader, SessionDep, Writer
from shared.api.envelopes import Success
from shared.database.words import PriceSourceType

PREFIX = "/api/v1/quickflip"
router = APIRouter(prefix=PREFIX, tags=["quickflip"])
Money = Annotated[Decimal, Query(ge=0, le=1_000_000)]


class OfferIn(BaseModel):
    """A retail offer: `code` is a SKU, style code or EAN; the price is with VAT; `stock` 0 takes it out."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=100)
    size: str | None = Field(None, max_length=20, pattern=r"^[\w .,/-]+$")
    price: Decimal = Field(gt=0, le=1_000_000, max_digits=12, decimal_places=2)
    shop: str | None = Field(None, max_length=255)
    url: str | None = Field(None, max_length=2000, pattern=r"^https?://")
    stock: int | None = Field(None, ge=0, le=1_000_000)
    source: PriceSourceType = PriceSourceType.MANUAL
    source_product_id: str | None = Field(None, max_length=100)


@router.get("/opportunities")
async def opportunities(
    _reader: Reader,
    session: SessionDep,
    min_profit_margin: Annotated[Decimal, Query(ge=0, le=1000)] = Decimal(10),
    min_gross_profit: Money = Decimal(20),
    max_buy_price: Annotated[Decimal | None, Query(gt=0, le=1_000_000)] = None,
    sources: Annotated[str | None, Query(max_length=200)] = None,
    shipping_in: Money = SHIPPING_IN,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Offers worth buying, the best yearly return first. The limits count what is left net of everything."""
    names = [each.strip() for each in (sources or "").split(",") if each.strip()]
    found = await OpportunityService(session).found(
        min_roi=min_profit_margin,
        min_profit=min_gross_profit,
        max_buy=max_buy_price,
        sources=names,
        shipping_in=shipping_in,
    )
    return found[:limit]


@router.get("/opportunities/summary")
async def summary(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """How many there are, how good, from where."""
    return await OpportunityService(session).summary()


@router.get("/opportunities/plan")
async def plan(
    _reader: Reader, session: SessionDep, budget: Annotated[Decimal, Query(gt=0, le=1_000_000)]
) -> dict[str, Any]:
    """What to buy with a budget."""
    return await OpportunityService(session).plan(budget)


@router.get("/opportunities/product/{product_id}")
async def of_product(product_id: uuid.UUID, _reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """A product's opportunities, without limits on what is left."""
    service = OpportunityService(session)
    await service.catalogue.product(product_id)
    return await service.found(min_roi=Decimal(-1000), min_profit=Decimal(-1_000_000), product_id=product_id)


@router.get("/opportunities/source/{source}")
async def of_source(
    source: PriceSourceType, _reader: Reader, session: SessionDep, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[dict[str, Any]]:
    """A source's opportunities."""
    return (await OpportunityService(session).found(sources=[source.value]))[:limit]


@router.post("/opportunities/mark-acted")
async def mark_acted(
    writer: Writer,
    session: SessionDep,
    product_id: uuid.UUID,
    source: Annotated[PriceSourceType, Query()],
    action: Annotated[Literal["purchased", "dismissed", "watched"], Query()] = "purchased",
) -> Success[None]:
    """Remember what was done about an opportunity."""
    await OpportunityService(session).act(writer, product_id, source.value, action)
    return Success(message=action.capitalize())


@router.post("/offers", status_code=201)
async def keep_offer(body: OfferIn, writer: Writer, session: SessionDep) -> Success[None]:
    """Store a retail offer, or bring it up to date; its price history is kept."""
    await OpportunityService(session).keep_offer(writer, body.model_dump())
    return Success(message="Stored")


@router.get("/import/stats")
async def stats(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """How many offers there are by source, and when they were last seen."""
    names = ("source", "offers", "in_stock", "last_updated")
    return [dict(zip(names, row, strict=True)) for row in await OpportunityService(session).offers.counts()]
