"""/api/v1/consignment: pairs that change hands, from ours to an owner's and from an owner's to ours."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from domains.consignment.api.consignors import PREFIX, TermsIn
from domains.consignment.services.ownership_service import OwnershipService
from shared.api.dependencies import SessionDep, Writer

router = APIRouter(prefix=PREFIX, tags=["consignment"])


class ConsignIn(TermsIn):
    """Whose a pair in stock is; the owner's terms unless others are told.

    A pair with a purchase price needs `give_up_cost`: it was entered as bought by us, and that price counts no more.
    """

    consignor_id: uuid.UUID
    received_on: date | None = None
    return_by: date | None = None
    give_up_cost: bool = False


class BuyIn(BaseModel):
    """What we pay for a consigned pair, per piece; `paid` when it was paid at once and is not to be paid with a statement."""

    model_config = ConfigDict(extra="forbid")

    price: Decimal = Field(gt=0, le=1_000_000, max_digits=12, decimal_places=2)
    bought_on: date = Field(default_factory=lambda: datetime.now(UTC).date())
    paid: bool = False
    reference: str | None = Field(None, max_length=100)


@router.post("/items/{owned_item_id}/consign", status_code=204)
async def consign(owned_item_id: uuid.UUID, body: ConsignIn, writer: Writer, session: SessionDep) -> None:
    """Say that a pair in our stock belongs to an owner; not while it is reserved, offered or sold."""
    terms = body.model_dump(exclude_none=True, exclude={"consignor_id", "received_on", "give_up_cost"})
    service = OwnershipService(session)
    await service.consign(
        writer, owned_item_id, body.consignor_id, terms, body.received_on, give_up_cost=body.give_up_cost
    )


@router.delete("/items/{owned_item_id}/consign", status_code=204)
async def take_consignment_back(owned_item_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Say that it is ours after all, with the cost it had; not once it was sold for the owner."""
    await OwnershipService(session).take_consignment_back(writer, owned_item_id)


@router.post("/pairs/{consigned_item_id}/purchase", status_code=204)
async def buy(consigned_item_id: uuid.UUID, body: BuyIn, writer: Writer, session: SessionDep) -> None:
    """Buy a consigned pair of its owner: ours from then on, the price on the owner's next statement."""
    await OwnershipService(session).buy(
        writer, consigned_item_id, body.price, body.bought_on, paid=body.paid, reference=body.reference
    )


@router.delete("/pairs/{consigned_item_id}/purchase", status_code=204)
async def take_purchase_back(consigned_item_id: uuid.UUID, writer: Writer, session: SessionDep) -> None:
    """Say that it was not bought after all; not once a statement tells of it."""
    await OwnershipService(session).take_purchase_back(writer, consigned_item_id)
