"""/api/v1/suppliers/accounts: logins at suppliers. No password, proxy or card ever leaves."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from domains.suppliers.services.account_service import AccountService
from shared.api.dependencies import Admin, PageDep, Reader, SessionDep, Writer
from shared.error_handling.exceptions import ValidationException
from shared.translation import phrase

router = APIRouter(prefix="/api/v1/suppliers/accounts", tags=["supplier accounts"])
MAPPING: TypeAdapter[dict[str, uuid.UUID]] = TypeAdapter(dict[str, uuid.UUID])


class PurchaseIn(BaseModel):
    """Something bought, or not, with an account."""

    model_config = ConfigDict(extra="forbid")

    purchase_amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
    currency: str = Field("EUR", pattern="^[A-Z]{3}$")
    product_id: uuid.UUID | None = None
    order_reference: str | None = Field(None, max_length=100)
    purchase_date: AwareDatetime | None = None
    success: bool = True
    failure_reason: str | None = Field(None, max_length=255)
    response_time_ms: int | None = Field(None, ge=0, le=10_000_000)


@router.post("/import-csv")
async def load(
    admin: Admin, session: SessionDep, file: Annotated[UploadFile, File(description="CSV or Excel, up to 10 MB")],
    supplier_mapping: Annotated[str, Form(max_length=20_000, description="JSON: LISTNAME to supplier id")] = "{}",
    default_supplier_id: Annotated[uuid.UUID | None, Form()] = None,
) -> dict[str, Any]:  # fmt: skip
    """Store accounts of a file; one with card numbers in it is refused as a whole."""
    try:
        mapping = MAPPING.validate_python(json.loads(supplier_mapping))
    except (ValueError, ValidationError, RecursionError):
        raise ValidationException(
            phrase("supplier_mapping is no JSON object of names and ids"), field_errors={"supplier_mapping": "JSON"}
        ) from None
    return await AccountService(session).load(admin, file.file, mapping, default_supplier_id)


@router.get("/suppliers/{supplier_id}/overview")
async def overview(supplier_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """A supplier's accounts in figures."""
    return await AccountService(session).overview(supplier_id)


@router.get("/suppliers/{supplier_id}/accounts")
async def accounts(
    supplier_id: uuid.UUID, _reader: Reader, session: SessionDep, page: PageDep,
    status: Annotated[str | None, Query(max_length=20)] = None, verified_only: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """A supplier's accounts, most spent first."""
    return await AccountService(session).list(supplier_id, status, page.skip, page.limit, verified=verified_only)


@router.get("/accounts/{account_id}/statistics")
async def statistics(account_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """An account with its purchases."""
    return await AccountService(session).statistics(account_id)


@router.post("/accounts/{account_id}/purchase", status_code=201)
async def purchase(account_id: uuid.UUID, body: PurchaseIn, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Note a purchase."""
    return await AccountService(session).purchase(writer, account_id, body.model_dump(exclude_none=True))


@router.post("/accounts/recalculate-statistics")
async def recalculate(_writer: Writer, session: SessionDep, supplier_id: uuid.UUID | None = None) -> dict[str, int]:
    """Count every account's statistics from its purchases again."""
    return {"accounts": await AccountService(session).accounts.count_again(supplier=supplier_id)}


@router.get("/import-summary")
async def summary(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """Accounts by status."""
    statuses = await AccountService(session).accounts.statuses()
    return {"total_accounts": sum(statuses.values()), "status_distribution": statuses}
