"""/api/v1/inventory: items."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from domains.inventory.repositories.inventory_repository import NAMES, InventoryRepository, ItemFilter
from domains.inventory.services.inventory_service import ALIASES, InventoryService
from shared.api.dependencies import DatabaseDep, IfMatch, PageDep, Reader, SessionDep, Writer, version_told
from shared.api.envelopes import Paginated, Success, paginated, pagination
from shared.database.words import BoxCondition, Condition, DetailedStatus, ItemStatus, TaxScheme
from shared.error_handling.exceptions import ValidationException
from shared.streaming.tables import Kind, stream_rows
from shared.translation import phrase

PREFIX = "/api/v1/inventory"
router = APIRouter(prefix=PREFIX, tags=["inventory"])

Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Note = Annotated[str, Field(max_length=5000)]


class ItemOut(BaseModel):
    """An item. Prices are per piece; `purchase_price` is net."""

    id: uuid.UUID
    number: int
    product_id: uuid.UUID
    product_name: str
    sku: str
    brand_name: str | None
    category_name: str
    size: str
    size_region: str
    quantity: int
    reserved_quantity: int
    purchase_price: Decimal | None
    gross_purchase_price: Decimal | None
    landed_costs: Decimal
    currency: str
    purchase_date: date | None
    supplier: str | None
    supplier_id: uuid.UUID | None
    status: ItemStatus
    detailed_status: DetailedStatus | None
    condition: Condition
    box_condition: BoxCondition
    tax_scheme: TaxScheme
    list_price: Decimal | None
    floor_price: Decimal | None
    ceiling_price: Decimal | None
    location: str | None
    consignor_id: uuid.UUID | None
    barcode: str | None
    notes: str | None
    version: int
    listed_at: datetime | None
    sold_at: datetime | None
    updated_at: datetime
    created_at: datetime


class ItemFields(BaseModel):
    """What may be said about an item."""

    model_config = ConfigDict(extra="forbid")

    quantity: int | None = Field(None, ge=0, le=100_000)
    purchase_price: Price | None = None
    gross_purchase_price: Price | None = None
    landed_costs: Price | None = None
    vat_rate: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    tax_scheme: TaxScheme | None = None
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    purchase_date: date | None = None
    delivery_date: date | None = None
    supplier: str | None = Field(None, max_length=255)
    supplier_id: uuid.UUID | None = None
    detailed_status: DetailedStatus | None = None
    condition: Condition | None = None
    box_condition: BoxCondition | None = None
    defects: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=20)
    list_price: Price | None = None
    floor_price: Price | None = None
    ceiling_price: Price | None = None
    location: str | None = Field(None, max_length=50)
    barcode: str | None = Field(None, max_length=50)
    serial: str | None = Field(None, max_length=100)
    evidence: str | None = Field(None, max_length=255)
    notes: Note | None = None

    @model_validator(mode="after")
    def _band(self) -> ItemFields:
        if self.floor_price is not None and self.ceiling_price is not None and self.floor_price > self.ceiling_price:
            raise ValueError("the floor lies above the ceiling")
        return self


class ItemIn(ItemFields):
    """A new item: a product by id or code, and a size such as "US 9.5" or "EU 43"."""

    product_id: uuid.UUID | None = None
    sku: str | None = Field(None, min_length=1, max_length=100)
    size: str = Field(min_length=1, max_length=20)
    size_region: str | None = Field(None, max_length=10)
    status: ItemStatus = ItemStatus.IN_STOCK

    @model_validator(mode="after")
    def _which(self) -> ItemIn:
        if (self.product_id is None) == (self.sku is None):
            raise ValueError("give product_id or sku, one of the two")
        return self


class ItemPatch(ItemFields):
    """Changes. `status` is a step of its life; `version` (or If-Match) is the one you edited."""

    size: str | None = Field(None, min_length=1, max_length=20)
    status: ItemStatus | None = None
    reason: str | None = Field(None, max_length=255)
    version: int | None = Field(None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _documented_words(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("status"), str) and values["status"] in ALIASES:
            values = {**values, "status": ALIASES[values["status"]]}
        return values


class HistoryOut(BaseModel):
    """A step of an item's life."""

    from_status: ItemStatus | None
    to_status: ItemStatus
    at: datetime
    by: str | None
    reason: str
    source: str


def get_filter(
    q: Annotated[str | None, Query(max_length=100, description="Name, SKU, barcode or number")] = None,
    brand: Annotated[str | None, Query(max_length=100)] = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[str | None, Query(max_length=200, description="One or several words with commas")] = None,
    size: Annotated[str | None, Query(max_length=20)] = None,
    location: Annotated[str | None, Query(max_length=50)] = None,
    supplier_id: uuid.UUID | None = None,
    min_price: Annotated[Decimal | None, Query(ge=0, max_digits=12)] = None,
    max_price: Annotated[Decimal | None, Query(ge=0, max_digits=12)] = None,
    archived: bool = False,
    consigned: Annotated[bool | None, Query(description="Only pairs of others, or only ours")] = None,
) -> ItemFilter:
    """Read a list's filters; an unknown status is an error, not an empty list."""
    known = {word.value for word in ItemStatus}
    if status and (unknown := {word.strip() for word in status.split(",")} - known):
        raise ValidationException(
            phrase("There is no status %(states)s", states=", ".join(sorted(unknown))),
            field_errors={"status": f"one of {', '.join(sorted(known))}"},
        )
    return ItemFilter(
        q, brand, category, status, size, location, supplier_id, min_price, max_price, archived, consigned
    )


FilterDep = Annotated[ItemFilter, Depends(get_filter)]
ITEMS: TypeAdapter[Paginated[ItemOut]] = TypeAdapter(Paginated[ItemOut])


def _told(chosen: ItemFilter) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in ItemFilter.__slots__ if getattr(chosen, name) not in (None, False)}


@router.get("/items", response_model=Paginated[ItemOut])
async def items(_reader: Reader, session: SessionDep, page: PageDep, chosen: FilterDep) -> Response:
    """Items, newest first."""
    rows, total, cursor = await InventoryService(session).list(chosen, page.skip, page.limit, page.cursor)
    place = pagination(page.skip, page.limit, total, len(rows), cursor)
    body = paginated([ItemOut.model_construct(**row) for row in rows], place, _told(chosen))
    return Response(ITEMS.dump_json(body), media_type="application/json")


@router.post("/items", status_code=201)
async def create_item(body: ItemIn, writer: Writer, session: SessionDep) -> ItemOut:
    """Make an item."""
    service = InventoryService(session)
    item_id = await service.create(writer, body.model_dump(exclude_none=True))
    return ItemOut(**await service.get(item_id))


@router.get("/items/{item_id}")
async def item(item_id: uuid.UUID, _reader: Reader, session: SessionDep, response: Response) -> ItemOut:
    """One item; its version stands in ETag."""
    found = ItemOut(**await InventoryService(session).get(item_id))
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch("/items/{item_id}")
async def change_item(
    item_id: uuid.UUID, body: ItemPatch, writer: Writer, session: SessionDep, if_match: IfMatch = None
) -> ItemOut:
    """Change what is told, leave the rest."""
    told = body.model_dump(exclude_unset=True, exclude={"version"})
    service = InventoryService(session)
    await service.change(writer, item_id, told, version_told(if_match, body.version))
    return ItemOut(**await service.get(item_id))


@router.put("/items/{item_id}")
async def put_item(
    item_id: uuid.UUID, body: ItemPatch, writer: Writer, session: SessionDep, if_match: IfMatch = None
) -> Success[ItemOut]:
    """The documented way to change an item; the same as PATCH."""
    found = await change_item(item_id, body, writer, session, if_match)
    return Success(message="Updated successfully", data=found)


@router.delete("/items/{item_id}", status_code=204)
async def archive_item(item_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Put an item away; `POST .../restore` brings it back."""
    await InventoryService(session).archive(writer, item_id, archived=True)


@router.post("/items/{item_id}/restore", status_code=204)
async def restore_item(item_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Bring an item back."""
    await InventoryService(session).archive(writer, item_id, archived=False)


@router.get("/items/{item_id}/history")
async def item_history(item_id: uuid.UUID, _reader: Reader, session: SessionDep) -> list[HistoryOut]:
    """Every step of an item, newest first."""
    await InventoryService(session).get(item_id)
    names = ("from_status", "to_status", "at", "by", "reason", "source")
    return [
        HistoryOut(**dict(zip(names, row, strict=True))) for row in await InventoryRepository(session).history(item_id)
    ]


@router.post("/items/{item_id}/reserve")
async def reserve(
    item_id: uuid.UUID,
    writer: Writer,
    session: SessionDep,
    quantity: Annotated[int, Query(ge=1, le=100_000)] = 1,
    reason: Annotated[str, Query(max_length=255)] = "",
    hours: Annotated[int | None, Query(ge=1, le=8760)] = None,
) -> dict[str, Any]:
    """Hold some back, for some hours or until they are released."""
    return await InventoryService(session).reserve(writer, item_id, quantity, reason, hours)


@router.post("/items/{item_id}/release")
async def release(
    item_id: uuid.UUID,
    writer: Writer,
    session: SessionDep,
    quantity: Annotated[int, Query(ge=1, le=100_000)] = 1,
    reason: Annotated[str, Query(max_length=255)] = "",
) -> dict[str, Any]:
    """Let some go again."""
    return await InventoryService(session).release(writer, item_id, quantity, reason)


@router.get("/summary")
async def summary(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """The whole stock in figures: its value is cost times quantity of what is unsold."""
    return await InventoryService(session).summary()


@router.get("/metrics")
async def metrics(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """Products, totals and statuses."""
    return await InventoryRepository(session).figures()


@router.get("/low-stock")
async def low_stock(
    _reader: Reader, session: SessionDep, page: PageDep, threshold: Annotated[int, Query(ge=1, le=10_000)] = 5
) -> Paginated[dict[str, Any]]:
    """Sizes that sold within 90 days and of which few are left."""
    rows, total = await InventoryRepository(session).low(threshold, page.skip, page.limit)
    names = ("product_id", "product_name", "sku", "size", "available", "sold_90_days")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return paginated(found, pagination(page.skip, page.limit, total, len(rows)), {"threshold": threshold})


@router.get("/export")
async def export(
    _reader: Reader,
    database: DatabaseDep,
    chosen: FilterDep,
    kind: Annotated[Kind, Query(alias="format")] = "csv",
    language: Literal["en", "de"] = "en",
) -> StreamingResponse:
    """Exactly the filtered items as CSV, JSON, Excel or Parquet, streamed."""

    async def blocks() -> AsyncIterator[list[tuple[Any, ...]]]:
        async with database.reading() as session:
            async for block in InventoryRepository(session).stream(chosen):
                yield [tuple(row) for row in block]

    return stream_rows("inventory", NAMES, blocks(), kind, language)
