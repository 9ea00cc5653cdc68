"""/api/v1/money/tax: reports as tables to take along; and the page of the books."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from domains.orders.services.expense_service import ExpenseService
from domains.orders.services.money_service import MoneyService
from domains.orders.services.tax_service import Report, TaxService
from shared.api.dependencies import Reader, SessionDep, Writer
from shared.auth.principal import Need
from shared.error_handling.exceptions import SoleFlipException
from shared.rules.import_values import BadValue, amount
from shared.streaming.tables import stream_rows
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, said, to_login

router = APIRouter(tags=["money"])
PREFIX = "/api/v1/money"
CATEGORIES = ("Packaging", "Postage", "Software", "Travel", "Rent", "Other")


class ExpenseIn(BaseModel):
    """A cost that belongs to no item; with VAT in it at `vat_percent`."""

    model_config = ConfigDict(extra="forbid")

    spent_on: date
    category: str = Field(min_length=1, max_length=50)
    text: str = Field(min_length=1, max_length=255)
    gross: Decimal = Field(gt=0, le=1_000_000, max_digits=12, decimal_places=2)
    vat_percent: Decimal = Field(Decimal(19), ge=0, le=30)
    supplier: str | None = Field(None, max_length=255)
    evidence: str | None = Field(None, max_length=255)


@router.get(f"{PREFIX}/tax/export/{{report}}")
async def export(
    report: Report,
    _reader: Reader,
    session: SessionDep,
    start: Annotated[date, Query(alias="from")],
    until: date,
    kind: Annotated[Literal["csv", "xlsx", "json"], Query(alias="format")] = "csv",
    language: Literal["en", "de"] = "en",
) -> StreamingResponse:
    """A report as CSV, Excel or JSON: every sale, the margin book, VAT by month, or the income statement."""
    columns, rows = await TaxService(session).table(report, start, until)

    async def blocks() -> AsyncIterator[list[list[Any]]]:
        yield rows

    return stream_rows(f"{report}-{start}-{until}", columns, blocks(), kind, language)


@router.post(f"{PREFIX}/expenses", status_code=201)
async def spend(body: ExpenseIn, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Enter an expense."""
    return await ExpenseService(session).keep(writer, **body.model_dump())


@router.get(f"{PREFIX}/expenses")
async def expenses(
    _reader: Reader, session: SessionDep, start: Annotated[date, Query(alias="from")], until: date
) -> list[dict[str, Any]]:
    """The expenses of a period."""
    return await ExpenseService(session).list(start, until)


@router.get("/money", include_in_schema=False)
async def books(
    request: Request, looking: Looking, session: SessionDep, year: Annotated[int | None, Query(ge=2000, le=2100)] = None
) -> Response:
    """A year's books: profit and loss by month, VAT, expenses, reports to take along."""
    return to_login() if looking is None else await _books(request, looking, session, year)


async def _books(
    request: Request, looking: Any, session: SessionDep, year: int | None, status: int = 200, **more: Any
) -> Response:
    today = datetime.now(UTC).date()
    year = year or today.year
    start, end = date(year, 1, 1), date(year, 12, 31)
    taxes, say = TaxService(session), said(request, looking)
    found = await MoneyService(session).profit_and_loss("month", start, end)
    months: dict[date, dict[str, Decimal]] = {}
    for line in found["lines"]:
        kept = months.setdefault(line["period"], {"revenue": Decimal(0), "net_profit": Decimal(0)})
        kept["revenue"] += line["revenue"]
        kept["net_profit"] += line["net_profit"]
    plot = {
        "labels": [say.month(month) for month in sorted(months)], "unit": "€",
        "title": say.gettext(_("Revenue and profit by month")),
        "series": [
            {"label": say.gettext(_("Revenue")), "values": [float(months[month]["revenue"]) for month in sorted(months)]},
            {"label": say.gettext(_("Profit")), "values": [float(months[month]["net_profit"]) for month in sorted(months)]},
        ] if months else [],
    }  # fmt: skip
    return render(
        request, "money.html", looking, status, year=year, this_year=today.year, start=start, end=end, found=found,
        plot=plot, vat=await MoneyService(session).vat_summary(start, end), income=(await taxes.table("income", start, end))[1],
        unmatched=await taxes.unmatched(start, end), dac7=await MoneyService(session).dac7(year),
        expenses=await ExpenseService(session).list(start, end), categories=CATEGORIES, today=today,
        may_write=looking.may(Need.WRITE), **{"told": {}, **more},
    )  # fmt: skip


@router.post("/money/expenses", include_in_schema=False)
async def spend_by_form(
    request: Request,
    looking: Looking,
    session: SessionDep,
    spent_on: Annotated[str, Form(max_length=10)],
    category: Annotated[str, Form(max_length=50)],
    text: Annotated[str, Form(max_length=255)],
    gross: Annotated[str, Form(max_length=20)],
) -> Response:
    """Enter an expense; what was typed stays when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = {"spent_on": spent_on, "category": category, "text": text.strip(), "gross": gross}
    try:
        day = _day(spent_on)
        await ExpenseService(session).keep(
            looking, spent_on=day, category=category, text=told["text"], gross=_paid(gross), vat_percent=Decimal(19)
        )
    except (SoleFlipException, BadValue) as error:
        await session.rollback()
        return await _books(request, looking, session, None, 400, message=str(error), told=told)
    return RedirectResponse(f"/money?year={day.year}", 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue(_("Enter the day, such as 2026-03-31")) from None


def _paid(text: str) -> Decimal:
    found = amount(text)
    if found is None or found <= 0:
        raise BadValue(_("Enter what was paid, such as 12.90"))
    return round(found, 2)
