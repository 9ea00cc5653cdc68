"""/api/v1/inventory: listings on marketplaces and the changes asked of them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from domains.inventory.services.inventory_service import InventoryService
from domains.inventory.services.listing_service import ListingService
from shared.api.dependencies import PageDep, Reader, SessionDep, Writer
from shared.api.envelopes import Success
from shared.database.words import ListingStatus
from shared.repositories.jobs import JobRepository

PREFIX = "/api/v1/inventory"
router = APIRouter(prefix=PREFIX, tags=["listings"])
SYNC = "inventory.sync_listings"
ENRICH = "products.enrich"
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=60)]
Ask = Annotated[Decimal, Field(gt=0, le=1_000_000, max_digits=12, decimal_places=2)]
ExternalId = Annotated[str, Field(min_length=1, max_length=100)]


class ListIn(BaseModel):
    """What to ask for a pair; without an amount its list price."""

    model_config = ConfigDict(extra="forbid")

    amount: Ask | None = None
    currency: Literal["EUR", "USD", "GBP", "CHF", "JPY", "AUD", "CAD", "HKD", "KRW", "MXN", "NZD", "SGD"] = "EUR"
    inventory_type: Literal["STANDARD", "FLEX", "DIRECT"] = "STANDARD"


class PriceIn(BaseModel):
    """Another price."""

    model_config = ConfigDict(extra="forbid")

    amount: Ask


class AskedOut(BaseModel):
    """A background job that was asked for."""

    job_id: uuid.UUID
    status: str = "queued"


@router.post("/items/{item_id}/stockx-listing", status_code=201)
async def list_at_stockx(
    item_id: uuid.UUID,
    writer: Writer,
    session: SessionDep,
    body: ListIn | None = None,
    listing_type: Annotated[str | None, Query(max_length=20, description="immediate: STANDARD; else DIRECT")] = None,
) -> dict[str, Any]:
    """Offer an item at StockX. The answer is a pending listing; a worker sends it and polls until StockX has it."""
    told = body or ListIn()
    kind = {None: told.inventory_type, "immediate": "STANDARD"}.get(listing_type, "DIRECT")
    return await ListingService(session).list_item(writer, item_id, told.amount, told.currency, kind)


@router.get("/listings")
async def listings(
    _reader: Reader, session: SessionDep, page: PageDep,
    platform: Annotated[str | None, Query(max_length=100)] = None, status: ListingStatus | None = None,
    item_id: uuid.UUID | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Listings of every marketplace, newest first."""
    return await ListingService(session).list(platform, status, item_id, page.skip, page.limit)


@router.get("/listings/{listing_id}")
async def listing(listing_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """One listing."""
    return await ListingService(session).shown(listing_id)


@router.patch("/listings/{listing_id}", status_code=202)
async def change_price(
    listing_id: uuid.UUID, body: PriceIn, writer: Writer, session: SessionDep, key: Key = None
) -> dict[str, Any]:
    """Ask for another price."""
    return await ListingService(session).change_price(writer, listing_id, body.amount, key)


@router.delete("/listings/{listing_id}", status_code=202)
async def take_down(
    listing_id: uuid.UUID, writer: Writer, session: SessionDep, reason: Annotated[str, Query(max_length=200)] = ""
) -> dict[str, Any]:
    """Ask for a listing to be taken down."""
    return await ListingService(session).take_down(writer, listing_id, reason)


@router.get("/listing-operations")
async def operations(
    _reader: Reader, session: SessionDep, page: PageDep, open_only: bool = False
) -> list[dict[str, Any]]:
    """Every change asked of a marketplace: how far it is, why it was asked for, what went wrong."""
    return await ListingService(session).operations(open_only=open_only, skip=page.skip, limit=page.limit)


@router.post("/listing-operations/{operation_id}/retry", status_code=202)
async def retry(operation_id: uuid.UUID, writer: Writer, session: SessionDep) -> Success[None]:
    """Try a failed or waiting change once more."""
    await ListingService(session).retry(writer, operation_id)
    return Success(message="It is tried again")


@router.post("/listing-operations/{operation_id}/done")
async def done_by_hand(operation_id: uuid.UUID, writer: Writer, session: SessionDep) -> Success[None]:
    """Say that you took a listing down yourself, at a marketplace we cannot ask."""
    await ListingService(session).done_by_hand(writer, operation_id)
    return Success(message="Noted")


@router.get("/stockx-listings")
async def stockx_listings(
    _reader: Reader, session: SessionDep, status: ListingStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> dict[str, Any]:  # fmt: skip
    """Our StockX listings as last seen."""
    found = await ListingService(session).list("stockx", status, None, 0, limit)
    return {"listings": found, "count": len(found), "filters": {"status": status, "limit": limit}}


@router.post("/stockx-listings/{listing_id}/mark-presale")
async def mark_presale(listing_id: ExternalId, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Mark a StockX listing (by StockX's number) as sold before it is here."""
    return await ListingService(session).mark_presale(writer, listing_id, presale=True)


@router.delete("/stockx-listings/{listing_id}/unmark-presale")
async def unmark_presale(listing_id: ExternalId, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Take the mark away: the pair is here."""
    return await ListingService(session).mark_presale(writer, listing_id, presale=False)


@router.post("/sync-stockx-listings", status_code=202)
async def sync_listings(writer: Writer, session: SessionDep) -> AskedOut:
    """Pull our listings from StockX, in a worker; asking while one runs gives that one."""
    return AskedOut(job_id=await JobRepository(session).ask_once(SYNC, {}, writer.user_id))


@router.post("/sync-from-stockx", status_code=202)
async def sync_from_stockx(writer: Writer, session: SessionDep) -> AskedOut:
    """The documented name of the same."""
    return await sync_listings(writer, session)


@router.post("/items/{item_id}/sync-from-stockx", status_code=202)
async def sync_item(item_id: uuid.UUID, writer: Writer, session: SessionDep) -> AskedOut:
    """Fill an item's product in from StockX, in a worker."""
    item = await InventoryService(session).get(item_id)
    asked = {"product_ids": [str(item["product_id"])]}
    return AskedOut(job_id=await JobRepository(session).ask(ENRICH, asked, writer.user_id))


@router.post("/items/enrich-batch", status_code=202)
async def enrich_batch(writer: Writer, session: SessionDep) -> AskedOut:
    """Fill every product that lacks something in from StockX, in a worker; asking while one runs gives that one."""
    return AskedOut(job_id=await JobRepository(session).ask_once(ENRICH, {}, writer.user_id))
