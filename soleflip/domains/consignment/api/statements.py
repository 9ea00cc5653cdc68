"""/api/v1/consignment: statements, drawn up, issued, paid, taken along."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from domains.consignment.api.consignors import PREFIX
from domains.consignment.services.statement_pdf import drawn
from domains.consignment.services.statement_service import EXPORT, StatementService, with_balance
from shared.api.dependencies import PageDep, Reader, SessionDep, Writer
from shared.api.envelopes import Paginated, paginated, pagination
from shared.database.models import ConsignmentLine, ConsignmentStatement
from shared.database.words import StatementLineKind
from shared.streaming.tables import stream_rows
from shared.translation import Speech, speech

router = APIRouter(prefix=PREFIX, tags=["consignment"])
State = Literal["open", "paid", "carried", "settled"]


class LineOut(BaseModel):
    """A line: `amount` is for the owner (positive) or off their account; a sale tells how it came about."""

    model_config = ConfigDict(from_attributes=True)

    position: int
    kind: StatementLineKind
    day: date
    order_id: uuid.UUID | None
    item_id: uuid.UUID | None
    reference: str
    text: str
    gross: Decimal | None
    fees: Decimal | None
    shipping: Decimal | None
    split: Decimal | None
    deductions: Decimal | None
    lifted: Decimal | None
    amount: Decimal
    balance: Decimal


class DraftOut(BaseModel):
    """A statement as it would be issued now."""

    consignor_id: uuid.UUID
    period_from: date
    period_until: date
    opening: Decimal
    closing: Decimal
    currency: str = "EUR"
    lines: list[LineOut]


class StatementOut(BaseModel):
    """A statement. `carried` means that a later one has taken its balance over, `settled` that nothing was owed."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    consignor_id: uuid.UUID
    number: str
    period_from: date
    period_until: date
    opening: Decimal
    closing: Decimal
    currency: str
    due_on: date
    issued_at: datetime
    paid_on: date | None
    paid_amount: Decimal | None
    payment_reference: str | None


class StatementDetail(StatementOut):
    """A statement with both sides as they were, its lines and its state."""

    party: dict[str, Any]
    state: State
    lines: list[LineOut]


class IssueIn(BaseModel):
    """The last day of the statement; without one, the end of last month, or today."""

    model_config = ConfigDict(extra="forbid")

    until: date | None = None


class PaymentIn(BaseModel):
    """When it was paid, and the payment's reference."""

    model_config = ConfigDict(extra="forbid")

    paid_on: date = Field(default_factory=lambda: datetime.now(UTC).date())
    reference: str | None = Field(None, max_length=100)


def _lines(rows: list[tuple[ConsignmentLine, Decimal]]) -> list[LineOut]:
    names = [name for name in LineOut.model_fields if name != "balance"]
    return [LineOut(**{name: getattr(row, name) for name in names}, balance=balance) for row, balance in rows]


def _detail(found: dict[str, Any]) -> StatementDetail:
    row: ConsignmentStatement = found["row"]
    plain = StatementOut.model_validate(row).model_dump()
    return StatementDetail(**plain, party=row.party, state=found["state"], lines=_lines(found["lines"]))


@router.get("/consignors/{consignor_id}/draft")
async def draft(consignor_id: uuid.UUID, _reader: Reader, session: SessionDep, until: date | None = None) -> DraftOut:
    """An owner's next statement as it stands; nothing is stored."""
    found = await StatementService(session).draft(consignor_id, until)
    return DraftOut(
        consignor_id=consignor_id, period_from=found.period_from, period_until=found.period_until, opening=found.opening,
        closing=found.closing, lines=_lines(with_balance(found.opening, found.lines)),
    )  # fmt: skip


@router.post("/consignors/{consignor_id}/statements", status_code=201)
async def issue(consignor_id: uuid.UUID, body: IssueIn, writer: Writer, session: SessionDep) -> StatementDetail:
    """Issue a statement: it gets the next number and stays as it is. Asked twice for the same day it is the same one."""
    service = StatementService(session)
    made = await service.issue(writer, consignor_id, body.until)
    return _detail(await service.get(made.id))


@router.get("/statements")
async def statements(
    _reader: Reader, session: SessionDep, page: PageDep, consignor_id: uuid.UUID | None = None,
    open_only: Annotated[bool, Query(description="Only those to be paid")] = False,
) -> Paginated[StatementOut]:  # fmt: skip
    """Statements, latest first."""
    rows, total = await StatementService(session).stored.page(consignor_id, page.skip, page.limit, open_only=open_only)
    found = [StatementOut.model_validate(each["row"]) for each in rows]
    return paginated(found, pagination(page.skip, page.limit, total, len(found)))


@router.get("/statements/{statement_id}")
async def one(statement_id: uuid.UUID, _reader: Reader, session: SessionDep) -> StatementDetail:
    """A statement with its lines."""
    return _detail(await StatementService(session).get(statement_id))


@router.get("/statements/{statement_id}/export")
async def export(
    statement_id: uuid.UUID, _reader: Reader, session: SessionDep,
    kind: Annotated[Literal["csv", "xlsx", "json"], Query(alias="format")] = "csv",
    language: Literal["en", "de"] = "en",
) -> StreamingResponse:  # fmt: skip
    """A statement as CSV, Excel or JSON: opening balance, lines, closing balance."""
    service = StatementService(session)
    found = await service.get(statement_id)
    rows = service.export(found)

    async def blocks() -> AsyncIterator[list[list[Any]]]:
        yield rows

    return stream_rows(f"statement-{found['row'].number}", EXPORT, blocks(), kind, language)


@router.get("/statements/{statement_id}/pdf", response_class=Response)
async def pdf(
    statement_id: uuid.UUID, _reader: Reader, session: SessionDep, language: Literal["en", "de"] = "en"
) -> Response:
    """A statement as PDF, the letter that goes to its owner."""
    return await as_pdf(session, statement_id, speech(language))


async def as_pdf(session: SessionDep, statement_id: uuid.UUID, say: Speech) -> Response:
    """Return a statement as a PDF to be saved, drawn beside the event loop."""
    found = await StatementService(session).get(statement_id)
    data = await asyncio.to_thread(drawn, found, say)
    name = "".join(each for each in found["row"].number if each.isascii() and (each.isalnum() or each == "-"))
    headers = {
        "Content-Disposition": f'attachment; filename="statement-{name}.pdf"', "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store",
    }  # fmt: skip
    return Response(data, media_type="application/pdf", headers=headers)


@router.post("/statements/{statement_id}/payment")
async def pay(statement_id: uuid.UUID, body: PaymentIn, writer: Writer, session: SessionDep) -> StatementDetail:
    """Note that a statement was paid; noted again it stays as noted first."""
    service = StatementService(session)
    await service.pay(writer, statement_id, body.paid_on, body.reference)
    return _detail(await service.get(statement_id))


@router.delete("/statements/{statement_id}/payment", status_code=204)
async def take_payment_back(statement_id: uuid.UUID, writer: Writer, session: SessionDep) -> Response:
    """Say that it was not paid after all; not once a later statement tells of the payment."""
    await StatementService(session).take_payment_back(writer, statement_id)
    return Response(status_code=204)
