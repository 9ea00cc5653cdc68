"""Opportunities as a page: offers worth buying, and what to do with a budget."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domains.sales.services.opportunity_service import OpportunityService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.error_handling.exceptions import SoleFlipException
from shared.rules.import_values import BadValue, amount
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)
SHOWN = 100


@router.get("/opportunities")
async def opportunities(
    request: Request, looking: Looking, session: SessionDep, budget: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The list, best yearly return first."""
    return to_login() if looking is None else await _page(request, looking, session, budget)


async def _page(
    request: Request, looking: Principal, session: SessionDep, budget: str = "", status: int = 200, **more: Any
) -> Response:
    service = OpportunityService(session)
    found = [
        each for each in await service.found(min_profit=Decimal(5), min_roi=Decimal(3)) if each["acted"] != "dismissed"
    ]
    plan, message = None, more.pop("message", "")
    if budget:
        try:
            told = amount(budget)
            if told is not None and 0 < told <= 1_000_000:
                plan = await service.plan(told)
        except BadValue as error:
            message = str(error)
    return render(
        request, "opportunities.html", looking, status, offers=found[:SHOWN], total=len(found), plan=plan, budget=budget,
        may_write=looking.may(Need.WRITE), message=message, **{"told": {}, **more},
    )  # fmt: skip


@router.post("/opportunities/act")
async def act(
    looking: Looking,
    session: SessionDep,
    product_id: Annotated[uuid.UUID, Form()],
    source: Annotated[str, Form(max_length=50)],
    action: Annotated[str, Form(pattern="^(purchased|dismissed)$")],
) -> Response:
    """Remember what was done."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await OpportunityService(session).act(looking, product_id, source, action)
    return RedirectResponse("/opportunities", 303)


def _paid(text: str) -> Decimal:
    found = amount(text)
    if found is None or found <= 0:
        raise BadValue(_("Enter what it costs, such as 89.90"))
    return round(found, 2)


@router.post("/opportunities/offers")
async def keep_offer(
    request: Request,
    looking: Looking,
    session: SessionDep,
    code: Annotated[str, Form(max_length=100)],
    price: Annotated[str, Form(max_length=20)],
    size: Annotated[str, Form(max_length=20)] = "",
    shop: Annotated[str, Form(max_length=255)] = "",
) -> Response:
    """Enter an offer seen somewhere; what was typed stays when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = {"code": code.strip(), "price": price, "size": size.strip(), "shop": shop.strip()}
    try:
        offer = {
            "code": told["code"],
            "price": _paid(price),
            "size": told["size"] or None,
            "shop": told["shop"] or None,
        }
        await OpportunityService(session).keep_offer(looking, offer)
    except (SoleFlipException, BadValue) as error:
        await session.rollback()
        return await _page(request, looking, session, status=400, message=str(error), told=told)
    return RedirectResponse("/opportunities", 303)
