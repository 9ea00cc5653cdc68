"""/api/v1/orders: the orders of every marketplace."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from domains.orders.api.downloads import as_download
from domains.orders.repositories.order_repository import NAMES, OrderFilter, OrderRepository
from domains.orders.services.order_service import OrderService
from domains.orders.services.shipping_labels import ShippingLabels
from shared.api.dependencies import DatabaseDep, IfMatch, PageDep, Reader, SessionDep, SettingsDep, Writer, version_told
from shared.api.envelopes import Paginated, paginated, pagination
from shared.database.words import MatchState, OrderStatus, ReturnKind, TaxScheme
from shared.error_handling.exceptions import ValidationException
from shared.streaming.tables import Kind, stream_rows
from shared.translation import phrase

PREFIX = "/api/v1/orders"
router = APIRouter(prefix=PREFIX, tags=["orders"])

Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class OrderOut(BaseModel):
    """An order. Amounts are in `currency`; cost, VAT and profit in euros, empty until its pair is known."""

    id: uuid.UUID
    platform: str
    external_id: str
    status: OrderStatus
    platform_status: str | None
    match_state: MatchState
    product_name: str
    sku: str | None
    size: str | None
    quantity: int
    currency: str
    gross_sale: Decimal
    platform_fee: Decimal
    payment_fee: Decimal
    shipping_cost: Decimal
    other_fees: Decimal
    net_proceeds: Decimal
    expected_payout: Decimal | None
    tax_scheme: TaxScheme | None
    vat_due: Decimal
    cost_of_goods: Decimal | None
    gross_profit: Decimal | None
    net_profit: Decimal | None
    roi: Decimal | None
    buyer_country: str | None
    buyer_city: str | None
    invoice_number: str | None
    tracking_number: str | None
    inventory_item_id: uuid.UUID | None
    product_id: uuid.UUID | None
    ship_by: datetime | None
    shipped_at: datetime | None
    completed_at: datetime | None
    payout_received: bool
    payout_date: datetime | None
    notes: str | None
    version: int
    sold_at: datetime


class FeeOut(BaseModel):
    """A line between sale and payout."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    source: str
    label: str
    amount: Decimal
    currency: str


class StepOut(BaseModel):
    """A step of an order."""

    model_config = ConfigDict(from_attributes=True)

    from_status: OrderStatus | None
    to_status: OrderStatus
    at: datetime
    source: str
    reason: str


class ReturnOut(BaseModel):
    """What came back."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    kind: ReturnKind
    reason: str
    opened_at: datetime
    refund_amount: Decimal
    cost: Decimal


class OrderDetail(OrderOut):
    """An order with its fees, steps and returns."""

    fees: list[FeeOut]
    history: list[StepOut]
    returns: list[ReturnOut]


class OrderIn(BaseModel):
    """A sale entered by hand; fees that are not told follow from the marketplace's schedule."""

    model_config = ConfigDict(extra="forbid")

    platform: str = Field(max_length=100)
    external_id: str = Field(min_length=1, max_length=200)
    product_name: str = Field(min_length=1, max_length=255)
    sku: str | None = Field(None, max_length=100)
    size: str | None = Field(None, max_length=20)
    quantity: int = Field(1, ge=1, le=10_000)
    currency: str = Field("EUR", pattern="^[A-Z]{3}$")
    gross_sale: Amount
    platform_fee: Amount | None = None
    payment_fee: Amount | None = None
    shipping_cost: Amount | None = None
    buyer_destination_country: str | None = Field(None, max_length=50)
    buyer_destination_city: str | None = Field(None, max_length=100)
    status: OrderStatus = OrderStatus.CREATED
    sold_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    notes: str | None = Field(None, max_length=5000)


class OrderPatch(BaseModel):
    """Changes; `status` is a step of its life, `version` (or If-Match) the one you edited."""

    model_config = ConfigDict(extra="forbid")

    status: OrderStatus | None = None
    reason: str | None = Field(None, max_length=255)
    tracking_number: str | None = Field(None, max_length=100)
    invoice_number: str | None = Field(None, max_length=100)
    notes: str | None = Field(None, max_length=5000)
    version: int | None = Field(None, ge=1)


class MatchIn(BaseModel):
    """The pair an order sold; none when it was no pair of ours."""

    model_config = ConfigDict(extra="forbid")

    item_id: uuid.UUID | None


class ReturnIn(BaseModel):
    """A sale that comes back."""

    model_config = ConfigDict(extra="forbid")

    kind: ReturnKind = ReturnKind.CUSTOMER
    reason: str = Field("", max_length=255)
    refund_amount: Amount = Decimal(0)
    cost: Amount = Decimal(0)


def get_filter(
    q: Annotated[str | None, Query(max_length=100, description="Product, SKU or order number")] = None,
    platform: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[str | None, Query(max_length=200, description="One or several words with commas")] = None,
    match_state: MatchState | None = None,
    country: Annotated[str | None, Query(max_length=50)] = None,
    brand: Annotated[str | None, Query(max_length=100)] = None,
    paid: bool | None = None,
    sold_from: date | None = None,
    sold_until: date | None = None,
    to_ship: Annotated[bool | None, Query(description="Sold and still here")] = None,
) -> OrderFilter:
    """Read a list's filters."""
    known = {word.value for word in OrderStatus}
    if status and (unknown := {word.strip() for word in status.split(",")} - known):
        raise ValidationException(
            phrase("There is no status %(states)s", states=", ".join(sorted(unknown))),
            field_errors={"status": "is not known"},
        )
    return OrderFilter(q, platform, status, match_state, country, brand, paid, sold_from, sold_until, to_ship)


FilterDep = Annotated[OrderFilter, Depends(get_filter)]
ORDERS: TypeAdapter[Paginated[OrderOut]] = TypeAdapter(Paginated[OrderOut])


@router.get("", response_model=Paginated[OrderOut])
async def orders(_reader: Reader, session: SessionDep, page: PageDep, chosen: FilterDep) -> Response:
    """Orders, latest sale first."""
    rows, total, cursor = await OrderService(session).list(chosen, page.skip, page.limit, page.cursor)
    place = pagination(page.skip, page.limit, total, len(rows), cursor)
    told = {name: getattr(chosen, name) for name in OrderFilter.__slots__ if getattr(chosen, name) is not None}
    body = paginated([OrderOut.model_construct(**row) for row in rows], place, told)
    return Response(ORDERS.dump_json(body), media_type="application/json")


@router.post("", status_code=201)
async def create_order(body: OrderIn, writer: Writer, session: SessionDep) -> OrderOut:
    """Enter a sale by hand; its pair is looked for."""
    service = OrderService(session)
    made = await service.create(writer, body.model_dump())
    return OrderOut(**await service.get(made))


@router.get("/export")
async def export(
    _reader: Reader,
    database: DatabaseDep,
    chosen: FilterDep,
    kind: Annotated[Kind, Query(alias="format")] = "csv",
    language: Literal["en", "de"] = "en",
) -> StreamingResponse:
    """Exactly the filtered orders as CSV, JSON, Excel or Parquet, streamed."""

    async def blocks() -> AsyncIterator[list[tuple[Any, ...]]]:
        async with database.reading() as session:
            async for block in OrderRepository(session).stream(chosen):
                yield [tuple(row) for row in block]

    return stream_rows("orders", NAMES, blocks(), kind, language)


@router.get("/matching")
async def review_queue(_reader: Reader, session: SessionDep, page: PageDep) -> list[dict[str, Any]]:
    """Sales whose pair is not sure, each with the pairs that fit, best first."""
    names = ("order_id", "external_id", "product_name", "size", "sold_at", "gross_sale")
    queue: dict[uuid.UUID, dict[str, Any]] = {}
    for row in await OrderRepository(session).queue(page.skip, page.limit):
        entry = queue.setdefault(row[0], {**dict(zip(names, row[:6], strict=True)), "candidates": []})
        pair = ("item_id", "number", "product_name", "size", "purchase_price", "score", "reasons")
        entry["candidates"].append(dict(zip(pair, row[6:], strict=True)))
    return list(queue.values())


@router.post("/matching")
async def match_all(
    writer: Writer, session: SessionDep, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> dict[str, int]:
    """Look for the pairs of sales that have none yet."""
    return await OrderService(session).match_all(writer, limit)


@router.get("/{order_id}")
async def order(order_id: uuid.UUID, _reader: Reader, session: SessionDep) -> OrderDetail:
    """One order with its fees, steps and returns."""
    found, rows = await OrderService(session).get(order_id), OrderRepository(session)
    return OrderDetail(
        **found,
        fees=[FeeOut.model_validate(each) for each in await rows.fees(order_id)],
        history=[StepOut.model_validate(each) for each in await rows.history(order_id)],
        returns=[ReturnOut.model_validate(each) for each in await rows.returns(order_id)],
    )


@router.get(
    "/{order_id}/shipping-label",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The label to print"}},
)
async def shipping_label(
    order_id: uuid.UUID, writer: Writer, database: DatabaseDep, settings: SettingsDep
) -> StreamingResponse:
    """The label StockX gives for an order, as a PDF; 404 while there is none."""
    return as_download(await ShippingLabels(settings, database).fetch(writer, order_id))


@router.patch("/{order_id}")
async def change_order(
    order_id: uuid.UUID, body: OrderPatch, writer: Writer, session: SessionDep, if_match: IfMatch = None
) -> OrderOut:
    """Change an order, or move it on."""
    service = OrderService(session)
    told = body.model_dump(exclude_unset=True, exclude={"version"})
    await service.change(writer, order_id, told, version_told(if_match, body.version))
    return OrderOut(**await service.get(order_id))


@router.post("/{order_id}/match")
async def decide_match(order_id: uuid.UUID, body: MatchIn, writer: Writer, session: SessionDep) -> OrderOut:
    """Say which pair an order sold."""
    service = OrderService(session)
    await service.decide(writer, order_id, body.item_id)
    return OrderOut(**await service.get(order_id))


@router.post("/{order_id}/returns", status_code=201)
async def open_return(order_id: uuid.UUID, body: ReturnIn, writer: Writer, session: SessionDep) -> OrderOut:
    """A sale comes back."""
    service = OrderService(session)
    await service.open_return(writer, order_id, body.kind, body.reason, body.refund_amount, body.cost)
    return OrderOut(**await service.get(order_id))
