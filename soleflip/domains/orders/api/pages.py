"""The sales of every marketplace as a page, and a page for each."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domains.orders.api.downloads import as_download
from domains.orders.repositories.order_repository import OrderFilter
from domains.orders.services.order_service import OrderService
from domains.orders.services.shipping_labels import ShippingLabels
from shared.api.dependencies import DatabaseDep, SessionDep, SettingsDep
from shared.auth.principal import Need, Principal
from shared.database.words import MatchState, OrderStatus
from shared.error_handling.exceptions import SoleFlipException
from shared.rules.orders import TO_SHIP
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)
PAGE = 50
AT_ONCE = 500


@router.get("/orders")
async def orders(
    request: Request,
    looking: Looking,
    session: SessionDep,
    q: Annotated[str | None, Query(max_length=100)] = None,
    match_state: MatchState | None = None,
    paid: bool | None = None,
    to_ship: bool | None = None,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The list; what is to be shipped stands in the order of its deadlines."""
    if looking is None:
        return to_login()
    service = OrderService(session)
    chosen = OrderFilter(q or None, None, None, match_state, None, None, paid, None, None, to_ship)
    if to_ship:
        rows, total = await service.to_ship(chosen, skip, PAGE)
    else:
        rows, total, _ = await service.list(chosen, skip, PAGE, None)
    flags = {"paid": paid, "to_ship": to_ship}
    asked = {"q": chosen.q, "match_state": match_state} | {
        name: str(flag).lower() for name, flag in flags.items() if flag is not None
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return render(
        request, "orders.html", looking, orders=rows, total=total, shown=len(rows), skip=skip, chosen=chosen,
        query=f"{query}&" if query else "", may_write=looking.may(Need.WRITE), to_ship=TO_SHIP, now=datetime.now(UTC),
        waiting=await service.orders.count_to_ship(),
    )  # fmt: skip


@router.post("/orders/match")
async def match(looking: Looking, session: SessionDep) -> Response:
    """Look for the pairs of sales that have none; what is not sure waits in the list "to match"."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await OrderService(session).match_all(looking, AT_ONCE)
    return RedirectResponse("/orders?match_state=suggested", 303)


async def _page(
    request: Request, looking: Principal, session: SessionDep, order_id: uuid.UUID, status: int = 200, **more: Any
) -> Response:
    service = OrderService(session)
    order = await service.get(order_id)
    return render(
        request, "order.html", looking, status, order=order, fees=await service.orders.fees(order_id),
        history=await service.orders.history(order_id), returns=await service.orders.returns(order_id),
        may_write=looking.may(Need.WRITE), may_ship=order["status"] in TO_SHIP, now=datetime.now(UTC), **more,
    )  # fmt: skip


@router.get("/orders/{order_id}")
async def order(order_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep) -> Response:
    """One order: what came of it, its shipping, its steps."""
    return to_login() if looking is None else await _page(request, looking, session, order_id)


@router.get("/orders/{order_id}/label")
async def label(
    order_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep, database: DatabaseDep,
    settings: SettingsDep,
) -> Response:  # fmt: skip
    """The shipping label as a PDF; while there is none, the order's page says so."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        return as_download(await ShippingLabels(settings, database).fetch(looking, order_id))
    except SoleFlipException as error:
        return await _page(request, looking, session, order_id, error.status_code, problem=error.message)


@router.post("/orders/{order_id}/ship")
async def ship(
    order_id: uuid.UUID, request: Request, looking: Looking, session: SessionDep,
    version: Annotated[int, Form(ge=1)], tracking: Annotated[str, Form(max_length=100)] = "",
) -> Response:  # fmt: skip
    """Say that an order is on its way."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = {"status": OrderStatus.SHIPPED, **({"tracking_number": tracking.strip()} if tracking.strip() else {})}
    try:
        await OrderService(session).change(looking, order_id, told, version)
    except SoleFlipException as error:
        await session.rollback()
        return await _page(request, looking, session, order_id, error.status_code, problem=error.message)
    return RedirectResponse(f"/orders/{order_id}", 303)
