"""/api/v1/consignment: owners, their pairs, what is added to or taken off their accounts."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, EmailStr, Field, model_validator

from domains.consignment.services.consignor_service import ConsignorService
from domains.consignment.services.pair_service import PairService
from shared.api.dependencies import IfMatch, PageDep, Reader, SessionDep, Writer, version_told
from shared.api.envelopes import Paginated, paginated, pagination
from shared.database.words import Bearer, BoxCondition, Condition, ConsignorKind, ItemStatus, StatementLineKind

PREFIX = "/api/v1/consignment"
router = APIRouter(prefix=PREFIX, tags=["consignment"])

Amount = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=12, decimal_places=2)]
Share = Annotated[Decimal, Field(ge=0, le=100, max_digits=6, decimal_places=3)]
Days = Annotated[int, Field(ge=0, le=3650)]


class TermsIn(BaseModel):
    """What an owner gets; amounts are per piece."""

    model_config = ConfigDict(extra="forbid")

    share_percent: Share | None = None
    fixed_fee: Amount | None = None
    minimum_payout: Amount | None = None
    fees_by: Bearer | None = None
    shipping_by: Bearer | None = None
    storage_free_days: Days | None = None
    storage_fee_per_day: Amount | None = None


class ConsignorPatch(TermsIn):
    """Changes of an owner; `version` (or If-Match) is the one you edited. The account number is given in full."""

    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    kind: ConsignorKind | None = None
    contact: str | None = Field(None, max_length=255)
    email: EmailStr | None = None
    phone: str | None = Field(None, max_length=50)
    address: str | None = Field(None, max_length=500)
    vat_number: str | None = Field(None, max_length=50)
    iban: str | None = Field(None, max_length=50)
    payout_after_days: Days | None = None
    return_after_days: Days | None = None
    notes: str | None = Field(None, max_length=5000)
    version: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _never_empty(self) -> ConsignorPatch:
        needed = {"name", "kind", "payout_after_days", *TermsIn.model_fields}
        if empty := sorted(name for name in self.model_fields_set & needed if getattr(self, name) is None):
            raise ValueError(f"{', '.join(empty)} cannot be empty")
        return self


class ConsignorIn(ConsignorPatch):
    """A new owner."""

    name: Annotated[str, Field(min_length=1, max_length=255)]


class ConsignorOut(BaseModel):
    """An owner with what of theirs is here, sold and owed. Of the account number only its ends."""

    id: uuid.UUID
    name: str
    kind: ConsignorKind
    contact: str | None
    email: str | None
    phone: str | None
    address: str | None
    vat_number: str | None
    iban: str | None
    share_percent: Decimal
    fixed_fee: Decimal
    minimum_payout: Decimal
    fees_by: Bearer
    shipping_by: Bearer
    storage_free_days: int
    storage_fee_per_day: Decimal
    payout_after_days: int
    return_after_days: int | None
    notes: str | None
    archived_at: datetime | None
    version: int
    created_at: datetime
    here: int
    asked: Decimal
    overdue: int
    sold: int
    owed: Decimal
    last_statement: date | None


class PairIn(TermsIn):
    """A pair that is brought in: a product by id or code, and a size; the owner's terms unless others are told."""

    product_id: uuid.UUID | None = None
    sku: str | None = Field(None, min_length=1, max_length=100)
    size: str = Field(min_length=1, max_length=20)
    quantity: int = Field(1, ge=1, le=1000)
    list_price: Amount | None = None
    floor_price: Amount | None = None
    condition: Condition | None = None
    box_condition: BoxCondition | None = None
    location: str | None = Field(None, max_length=50)
    barcode: str | None = Field(None, max_length=50)
    notes: str | None = Field(None, max_length=5000)
    return_by: date | None = None

    @model_validator(mode="after")
    def _which(self) -> PairIn:
        if (self.product_id is None) == (self.sku is None):
            raise ValueError("give product_id or sku, one of the two")
        return self


class BroughtIn(BaseModel):
    """Pairs that are brought in together: all of them are taken, or none."""

    model_config = ConfigDict(extra="forbid")

    pairs: list[PairIn] = Field(min_length=1, max_length=200)
    received_on: date = Field(default_factory=lambda: datetime.now(UTC).date())


class PairPatch(TermsIn):
    """Other terms for a pair that is not sold."""

    return_by: date | None = None

    @model_validator(mode="after")
    def _never_empty(self) -> PairPatch:
        if empty := sorted(self.model_fields_set - {"return_by"} - set(self.model_dump(exclude_none=True))):
            raise ValueError(f"{', '.join(empty)} cannot be empty")
        return self


class PairOut(BaseModel):
    """A consigned pair with its terms."""

    item_id: uuid.UUID
    number: int
    product_name: str
    sku: str
    size_region: str
    size: str
    condition: Condition
    status: ItemStatus
    quantity: int
    location: str | None
    list_price: Decimal | None
    floor_price: Decimal | None
    received_on: date
    return_by: date | None
    given_back_on: date | None
    bought_on: date | None
    share_percent: Decimal
    fixed_fee: Decimal
    minimum_payout: Decimal
    fees_by: Bearer
    shipping_by: Bearer
    sold_at: datetime | None
    version: int


class AdjustmentIn(BaseModel):
    """An amount for the owner (positive) or off their account (negative)."""

    model_config = ConfigDict(extra="forbid")

    happened_on: date = Field(default_factory=lambda: datetime.now(UTC).date())
    amount: Decimal = Field(ge=-1_000_000, le=1_000_000, max_digits=12, decimal_places=2)
    text: str = Field(min_length=1, max_length=255)


class AdjustmentOut(BaseModel):
    """An adjustment; with a `statement_id` it stands on a statement, with an `item_id` it belongs to a pair that was bought."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    happened_on: date
    amount: Decimal
    text: str
    kind: StatementLineKind
    item_id: uuid.UUID | None
    statement_id: uuid.UUID | None


class QuoteOut(BaseModel):
    """What a price would leave for the owner and for the shop."""

    price: Decimal
    platform: str
    fees: Decimal
    shipping: Decimal
    split: Decimal
    deductions: Decimal
    lifted: Decimal
    share: Decimal
    kept: Decimal


@router.get("/consignors")
async def consignors(
    _reader: Reader, session: SessionDep, page: PageDep,
    q: Annotated[str | None, Query(max_length=100, description="Name, contact or e-mail")] = None, archived: bool = False,
) -> Paginated[ConsignorOut]:  # fmt: skip
    """Owners by name, with what of theirs is here, sold and owed."""
    rows, total = await ConsignorService(session).page(q, page.skip, page.limit, archived=archived)
    found = [ConsignorOut(**row) for row in rows]
    return paginated(found, pagination(page.skip, page.limit, total, len(found)))


@router.post("/consignors", status_code=201)
async def create(body: ConsignorIn, writer: Writer, session: SessionDep) -> ConsignorOut:
    """Make an owner."""
    service = ConsignorService(session)
    made = await service.create(writer, body.model_dump(exclude_none=True, exclude={"version"}))
    return ConsignorOut(**await service.get(made))


@router.get("/consignors/{consignor_id}")
async def one(consignor_id: uuid.UUID, _reader: Reader, session: SessionDep) -> ConsignorOut:
    """One owner."""
    return ConsignorOut(**await ConsignorService(session).get(consignor_id))


@router.patch("/consignors/{consignor_id}")
async def change(
    consignor_id: uuid.UUID, body: ConsignorPatch, writer: Writer, session: SessionDep, if_match: IfMatch = None
) -> ConsignorOut:
    """Change what is told; terms of pairs that are here stay as agreed."""
    told = body.model_dump(exclude_unset=True, exclude={"version"})
    service = ConsignorService(session)
    await service.change(writer, consignor_id, told, version_told(if_match, body.version))
    return ConsignorOut(**await service.get(consignor_id))


@router.delete("/consignors/{consignor_id}", status_code=204)
async def archive(consignor_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Put an owner away; not while pairs of theirs are here or money is open."""
    await ConsignorService(session).archive(writer, consignor_id, archived=True)


@router.post("/consignors/{consignor_id}/restore", status_code=204)
async def restore(consignor_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Bring an owner back."""
    await ConsignorService(session).archive(writer, consignor_id, archived=False)


@router.get("/consignors/{consignor_id}/bank-account")
async def bank_account(consignor_id: uuid.UUID, writer: Writer, session: SessionDep) -> dict[str, str]:
    """The account number in full, for who pays; that you looked is kept."""
    return {"iban": await ConsignorService(session).bank_account(writer, consignor_id)}


@router.get("/consignors/{consignor_id}/pairs")
async def pairs(
    consignor_id: uuid.UUID, _reader: Reader, session: SessionDep, page: PageDep,
    where: Literal["here", "sold", "back", "bought", "all"] = "here",
) -> Paginated[PairOut]:  # fmt: skip
    """An owner's pairs that are here, sold, given back or bought by us, those longest here first."""
    service = ConsignorService(session)
    await service.get(consignor_id)
    rows, total = await service.stored.pairs(consignor_id, where, page.skip, page.limit)
    found = [PairOut(**row) for row in rows]
    return paginated(found, pagination(page.skip, page.limit, total, len(found)), {"where": where})


@router.post("/consignors/{consignor_id}/pairs", status_code=201)
async def bring_in(consignor_id: uuid.UUID, body: BroughtIn, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Bring pairs in."""
    told = [pair.model_dump(exclude_none=True) for pair in body.pairs]
    return {"items": await PairService(session).bring_in(writer, consignor_id, told, body.received_on)}


@router.patch("/pairs/{consigned_item_id}", status_code=204)
async def change_pair(consigned_item_id: uuid.UUID, body: PairPatch, writer: Writer, session: SessionDep) -> None:
    """Agree on other terms for a pair, or on another day to go back."""
    await PairService(session).change(writer, consigned_item_id, body.model_dump(exclude_unset=True))


@router.post("/pairs/{consigned_item_id}/give-back", status_code=204)
async def give_back(
    consigned_item_id: uuid.UUID,
    writer: Writer,
    session: SessionDep,
    reason: Annotated[str, Query(max_length=200)] = "",
) -> None:
    """Give a pair back to its owner."""
    await PairService(session).give_back(writer, consigned_item_id, reason)


@router.post("/pairs/{consigned_item_id}/take-back", status_code=204)
async def take_back(consigned_item_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Take a pair in again that was given back."""
    await PairService(session).take_back(writer, consigned_item_id)


@router.get("/pairs/{consigned_item_id}/quote")
async def quote(
    consigned_item_id: uuid.UUID, _reader: Reader, session: SessionDep,
    price: Annotated[Decimal, Query(gt=0, le=1_000_000, decimal_places=2)],
    platform: Annotated[str, Query(max_length=100)] = "stockx",
) -> QuoteOut:  # fmt: skip
    """What the owner would get, and the shop keep, of a price."""
    return QuoteOut(**await PairService(session).quote(consigned_item_id, price, platform))


@router.get("/consignors/{consignor_id}/adjustments")
async def adjustments(consignor_id: uuid.UUID, _reader: Reader, session: SessionDep) -> list[AdjustmentOut]:
    """What was added to or taken off an account by hand, oldest first."""
    service = ConsignorService(session)
    await service.get(consignor_id)
    return [
        AdjustmentOut.model_validate(row) for row in await service.statements.adjustments(consignor_id, open_only=False)
    ]


@router.post("/consignors/{consignor_id}/adjustments", status_code=201)
async def adjust(consignor_id: uuid.UUID, body: AdjustmentIn, writer: Writer, session: SessionDep) -> AdjustmentOut:
    """Add to an account or take off it."""
    made = await ConsignorService(session).adjust(writer, consignor_id, body.happened_on, body.amount, body.text)
    return AdjustmentOut.model_validate(made)


@router.delete("/adjustments/{adjustment_id}", status_code=204)
async def remove_adjustment(adjustment_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Remove an adjustment that no statement has yet."""
    await ConsignorService(session).remove_adjustment(writer, adjustment_id, removed=True)


@router.post("/adjustments/{adjustment_id}/restore", status_code=204)
async def restore_adjustment(adjustment_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Put an adjustment back."""
    await ConsignorService(session).remove_adjustment(writer, adjustment_id, removed=False)
