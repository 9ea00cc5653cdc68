"""Pages: what is offered where, the changes under way, and the button that offers a pair."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domains.inventory.services.inventory_service import InventoryService
from domains.inventory.services.listing_service import ListingService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.error_handling.exceptions import SoleFlipException
from shared.rules.import_values import BadValue, amount
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)
PAGE = 50
Typed = Annotated[str, Form(max_length=20)]


@router.get("/listings")
async def listings(
    request: Request,
    looking: Looking,
    session: SessionDep,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """What is offered, and the changes asked of marketplaces."""
    return to_login() if looking is None else await _page(request, looking, session, skip)


async def _page(
    request: Request, looking: Principal, session: SessionDep, skip: int = 0, status: int = 200, **more: Any
) -> Response:
    service = ListingService(session)
    return render(
        request, "listings.html", looking, status, listings=await service.list(None, None, None, skip, PAGE), skip=skip,
        changes=await service.operations(open_only=False, skip=0, limit=20), may_write=looking.may(Need.WRITE),
        page_size=PAGE, **more,
    )  # fmt: skip


def _price(typed: str) -> Decimal | None:
    if not typed.strip():
        return None
    found = amount(typed)
    if found is None:
        raise BadValue(_("Enter a price, such as 130"))
    return found


@router.get("/inventory/{item_id}/offer")
async def offer_form(item_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep) -> Response:
    """Ask for the price a pair is to be offered at."""
    if looking is None:
        return to_login()
    return render(request, "offer.html", looking, item=await InventoryService(session).get(item_id), typed=None)


@router.post("/inventory/{item_id}/offer")
async def offer(
    item_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep, price: Typed = ""
) -> Response:
    """Offer a pair at StockX; what was typed stays in the form when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        await ListingService(session).list_item(looking, item_id, _price(price))
    except (SoleFlipException, BadValue) as error:
        await session.rollback()
        item = await InventoryService(session).get(item_id)
        return render(request, "offer.html", looking, 400, item=item, typed=price, message=str(error))
    return RedirectResponse("/listings", 303)


@router.post("/listings/{listing_id}")
async def change(
    listing_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep,
    price: Typed = "", action: Annotated[str, Form(pattern="^(price|delete)$")] = "price",
) -> Response:  # fmt: skip
    """Ask for another price, or for the listing to be taken down."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        service = ListingService(session)
        if action == "delete":
            await service.take_down(looking, listing_id, "taken down by hand")
        else:
            await service.change_price(looking, listing_id, _price(price or "?") or Decimal(0))
    except (SoleFlipException, BadValue) as error:
        await session.rollback()
        return await _page(request, looking, session, status=400, message=str(error))
    return RedirectResponse("/listings", 303)


@router.post("/listings/changes/{operation_id}")
async def decide(
    operation_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep,
    action: Annotated[str, Form(pattern="^(retry|done)$")],
) -> Response:  # fmt: skip
    """Try a change again, or say that it was done by hand."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        service = ListingService(session)
        await (service.retry if action == "retry" else service.done_by_hand)(looking, operation_id)
    except SoleFlipException as error:
        await session.rollback()
        return await _page(request, looking, session, status=error.status_code, message=error.message)
    return RedirectResponse("/listings", 303)
