"""Pairs that change hands as pages: each asks once more and says what follows; the next page offers to undo it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domains.consignment.api.forms import Typed, read, typed, wrong_fields
from domains.consignment.api.ownership import BuyIn, ConsignIn
from domains.consignment.repositories.consignor_repository import ConsignorRepository
from domains.consignment.services.consignor_service import ConsignorService, today
from domains.consignment.services.ownership_service import OwnershipService
from domains.consignment.services.pair_service import PairService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.error_handling.exceptions import ResourceNotFoundException, SoleFlipException
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import consignment
from shared.translation import phrase
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)


@router.get("/inventory/{item_id}/consign")
async def consign_form(request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Ask whose a pair in stock is."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    return await _consign(request, looking, session, item_id, Typed())


async def _consign(
    request: Request, looking: Principal, session: SessionDep, item_id: uuid.UUID, told: Typed,
    error: SoleFlipException | None = None,
) -> Response:  # fmt: skip
    pair = await ConsignorRepository(session).in_stock(item_id)
    if pair is None:
        raise ResourceNotFoundException(phrase("Item %(item_id)s not found", item_id=item_id))
    return render(
        request, "consign.html", looking, 400 if error else 200, pair=pair, told=told, today=today(),
        owners=await ConsignorRepository(session).names(), wrong=wrong_fields(error) if error else {},
        message=str(error) if error else "",
    )  # fmt: skip


@router.post("/inventory/{item_id}/consign")
async def consign(request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Say whose it is; what was typed stays when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        body = read(ConsignIn, told)
        terms = body.model_dump(exclude_none=True, exclude={"consignor_id", "received_on", "give_up_cost"})
        await OwnershipService(session).consign(
            looking, item_id, body.consignor_id, terms, body.received_on, give_up_cost=body.give_up_cost
        )
    except SoleFlipException as error:
        await session.rollback()
        return await _consign(request, looking, session, item_id, told, error)
    return RedirectResponse(f"/consignors/{body.consignor_id}?undo=consign:{item_id}", 303)


@router.get("/inventory/{item_id}/buy")
async def buy_form(request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Ask what we pay for a consigned pair."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    return await _buy(request, looking, session, item_id, Typed())


async def _buy(
    request: Request, looking: Principal, session: SessionDep, item_id: uuid.UUID, told: Typed,
    error: SoleFlipException | None = None,
) -> Response:  # fmt: skip
    stored = ConsignorRepository(session)
    pair, agreed = await stored.in_stock(item_id), await stored.pair_of(item_id)
    if pair is None or agreed is None:
        raise ResourceNotFoundException(phrase("No consigned pair %(item_id)s", item_id=item_id))
    owner = await ConsignorService(session).get(agreed.consignor_id)
    asks: Decimal | None = pair["list_price"]
    quote: dict[str, Any] | None = None
    if asks and agreed.bought_on is None and agreed.given_back_on is None:
        quote = await PairService(session).quote(item_id, asks, "stockx")
    business = await CatalogueLookup(session).business()
    return render(
        request, "buy.html", looking, 400 if error else 200, pair=pair, agreed=agreed, consignor=owner, quote=quote,
        scheme=consignment.scheme_for(owner["kind"], business.default_tax_scheme), told=told, today=today(),
        wrong=wrong_fields(error) if error else {}, message=str(error) if error else "",
    )  # fmt: skip


@router.post("/inventory/{item_id}/buy")
async def buy(request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Buy it; what was typed stays when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        body = read(BuyIn, told)
        owner = await OwnershipService(session).buy(
            looking, item_id, body.price, body.bought_on, paid=body.paid, reference=body.reference
        )
    except SoleFlipException as error:
        await session.rollback()
        return await _buy(request, looking, session, item_id, told, error)
    return RedirectResponse(f"/consignors/{owner}?where=bought&undo=buy:{item_id}", 303)


@router.post("/inventory/{item_id}/{action}/undo")
async def undo(
    request: Request, item_id: uuid.UUID, action: Literal["buy", "consign"], looking: Looking, session: SessionDep
) -> Response:
    """Take a change of hands back; where that is too late, its page says why."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    service = OwnershipService(session)
    try:
        owner = await (service.take_purchase_back if action == "buy" else service.take_consignment_back)(
            looking, item_id
        )
    except SoleFlipException as error:
        await session.rollback()
        if isinstance(error, ResourceNotFoundException):
            raise
        again = _buy if action == "buy" else _consign
        return await again(request, looking, session, item_id, Typed(), error)
    return RedirectResponse(f"/consignors/{owner}" if action == "buy" else f"/pricing/items/{item_id}", 303)
