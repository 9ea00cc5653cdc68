"""/api/suppliers/intelligence: who earns what; and the page of the suppliers."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from domains.suppliers.services.supplier_service import SupplierService
from shared.api.dependencies import Reader, SessionDep, Writer
from shared.rules import suppliers
from shared.rules.money import ZERO
from shared.web.pages import Looking, render, to_login

PREFIX = "/api/suppliers/intelligence"
router = APIRouter(tags=["suppliers"])


class SupplierIn(BaseModel):
    """A supplier."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=255, pattern=r"\S")
    email: EmailStr | None = None
    vat_rate: Decimal = Field(Decimal(19), ge=0, le=30, decimal_places=2)
    return_policy: str | None = Field(None, max_length=2000)
    contact_person: str | None = Field(None, max_length=100)
    phone: str | None = Field(None, max_length=50)
    website: str | None = Field(None, max_length=255, pattern=r"^https?://")
    address_line1: str | None = Field(None, max_length=255)
    city: str | None = Field(None, max_length=100)
    country: str = Field("Germany", max_length=50)
    return_policy_days: int | None = Field(14, ge=0, le=365)
    payment_terms: str | None = Field("Net 30", max_length=100)
    minimum_order_amount: Decimal | None = Field(None, ge=0, le=1_000_000, decimal_places=2)


@router.get(f"{PREFIX}/dashboard")
async def dashboard(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """How many, of which kind, who is best."""
    return await SupplierService(session).dashboard(datetime.now(UTC).date())


@router.get(f"{PREFIX}/recommendations")
async def recommendations(
    _reader: Reader, session: SessionDep, category: Annotated[str | None, Query(max_length=50)] = None
) -> list[dict[str, Any]]:
    """The twenty best by score."""
    found = [each for each in await SupplierService(session).performers() if category in (None, each["category"])]
    return sorted(found, key=lambda each: -each["score"])[:20]


@router.get(f"{PREFIX}/categories")
async def categories(_reader: Reader) -> dict[str, list[str]]:
    """The kinds, with the words that tell them."""
    return {kind: list(words) for kind, words in suppliers.CATEGORIES.items()}


@router.get(f"{PREFIX}/analytics/category/{{category}}")
async def of_category(category: str, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """A kind's suppliers together."""
    found = [each for each in await SupplierService(session).performers() if each["category"] == category]
    return {
        "category": category, "suppliers": len(found), "pieces": sum(each["pieces"] for each in found),
        "spent": sum((each["spent"] for each in found), ZERO), "profit": sum((each["profit"] for each in found), ZERO),
        "performers": found,
    }  # fmt: skip


@router.get(f"{PREFIX}/performance-summary/{{supplier_id}}")
async def summary(supplier_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """A supplier's months."""
    service = SupplierService(session)
    supplier = await service.held(supplier_id)
    names = ("month_year", "total_orders", "avg_delivery_time", "return_rate", "avg_roi", "score")
    months = [{name: getattr(row, name) for name in names} for row in await service.stored.months(supplier_id)]
    return {"supplier_id": supplier_id, "name": supplier.name, "months": months}


@router.post(f"{PREFIX}/suppliers", status_code=201)
async def make(body: SupplierIn, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Make a supplier."""
    row = await SupplierService(session).make(writer, body.model_dump())
    return {"supplier_id": row.id, "name": row.name, "category": row.supplier_category, "message": "Made"}


@router.post(f"{PREFIX}/suppliers/{{supplier_id}}/calculate-performance")
async def calculate(
    supplier_id: uuid.UUID, _writer: Writer, session: SessionDep, month_year: date | None = None
) -> dict[str, Any]:
    """Count a month (this one when none is told)."""
    return await SupplierService(session).calculate(supplier_id, month_year or datetime.now(UTC).date())


@router.get("/suppliers", include_in_schema=False)
async def page(request: Request, looking: Looking, session: SessionDep) -> Response:
    """The page."""
    if looking is None:
        return to_login()
    return render(request, "suppliers.html", looking, suppliers=await SupplierService(session).performers())
