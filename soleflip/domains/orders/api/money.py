"""/api/v1/money: payouts, fees, profit and loss, tax reports."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domains.orders.repositories.money_repository import PayoutRepository
from domains.orders.services.money_service import MoneyService
from shared.api.dependencies import PageDep, Reader, SessionDep, Writer
from shared.api.envelopes import Paginated, paginated, pagination
from shared.error_handling.exceptions import ResourceNotFoundException, ValidationException
from shared.translation import phrase

PREFIX = "/api/v1/money"
router = APIRouter(prefix=PREFIX, tags=["money"])

Signed = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]


class LineIn(BaseModel):
    """A part of a payout: of an order, or (without one) an adjustment."""

    model_config = ConfigDict(extra="forbid")

    order: str | None = Field(None, max_length=200)
    amount: Signed
    text: str | None = Field(None, max_length=255)


class PayoutIn(BaseModel):
    """Money that arrived."""

    model_config = ConfigDict(extra="forbid")

    platform: str = Field(max_length=100)
    external_id: str = Field(min_length=1, max_length=100)
    paid_at: AwareDatetime
    amount: Signed
    lines: list[LineIn] = Field(min_length=1, max_length=5000)


class PayoutOut(BaseModel):
    """A payout and what of it is not explained."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    external_id: str
    paid_at: datetime
    amount: Decimal
    currency: str
    difference: Decimal
    reconciled: bool


@router.post("/payouts", status_code=201)
async def record_payout(body: PayoutIn, writer: Writer, session: SessionDep) -> PayoutOut:
    """Enter a payout; it is reconciled to the cent."""
    lines = [line.model_dump() for line in body.lines]
    made = await MoneyService(session).record_payout(
        writer, body.platform, body.external_id, body.paid_at, body.amount, lines
    )
    return PayoutOut.model_validate(made)


@router.get("/payouts")
async def payouts(_reader: Reader, session: SessionDep, page: PageDep) -> Paginated[PayoutOut]:
    """Payouts, latest first."""
    rows = PayoutRepository(session)
    found = [PayoutOut.model_validate(row) for row in await rows.latest(page.skip, page.limit)]
    return paginated(found, pagination(page.skip, page.limit, await rows.count(), len(found)))


@router.get("/payouts/{payout_id}")
async def payout(payout_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """One payout with its lines: what was expected of each and what came."""
    rows = PayoutRepository(session)
    found = await rows.get_by_id(payout_id)
    if found is None:
        raise ResourceNotFoundException(phrase("Payout %(payout_id)s not found", payout_id=payout_id))
    lines = [
        {
            "order": each.external_order_id,
            "order_id": each.order_id,
            "amount": each.amount,
            "expected": each.expected,
            "text": each.text,
        }
        for each in await rows.lines(payout_id)
    ]
    return {**PayoutOut.model_validate(found).model_dump(), "lines": lines}


@router.get("/fees/quote")
async def quote(
    _reader: Reader,
    session: SessionDep,
    platform: Annotated[str, Query(max_length=100)],
    price: Annotated[Decimal | None, Query(gt=0, le=1_000_000, decimal_places=2)] = None,
    payout: Annotated[Decimal | None, Query(gt=0, le=1_000_000, decimal_places=2)] = None,
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$")] = "EUR",
    day: date | None = None,
) -> dict[str, Any]:
    """What a price pays out, or which price pays out so much."""
    if (price is None) == (payout is None):
        raise ValidationException(phrase("Give price or payout, one of the two"))
    return await MoneyService(session).quote(platform, price, payout, currency, day or datetime.now(UTC).date())


@router.get("/profit-and-loss")
async def profit_and_loss(
    _reader: Reader,
    session: SessionDep,
    start: Annotated[date, Query(alias="from")],
    until: date,
    by: Literal["day", "week", "month", "year"] = "month",
) -> dict[str, Any]:
    """Sales, fees, cost, VAT and profit by period and marketplace."""
    return await MoneyService(session).profit_and_loss(by, start, until)


@router.get("/tax/vat")
async def vat(
    _reader: Reader, session: SessionDep, start: Annotated[date, Query(alias="from")], until: date
) -> list[dict[str, Any]]:
    """Sales by month, VAT scheme and country."""
    return await MoneyService(session).vat_summary(start, until)


@router.get("/tax/dac7")
async def dac7(
    _reader: Reader, session: SessionDep, year: Annotated[int, Query(ge=2000, le=2100)]
) -> list[dict[str, Any]]:
    """What each marketplace will have reported for a year."""
    return await MoneyService(session).dac7(year)
