"""The sales of every marketplace as a page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from domains.orders.repositories.order_repository import OrderFilter
from domains.orders.services.order_service import OrderService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need
from shared.database.words import MatchState
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
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The list."""
    if looking is None:
        return to_login()
    chosen = OrderFilter(q or None, None, None, match_state, None, None, paid, None, None)
    rows, total, _ = await OrderService(session).list(chosen, skip, PAGE, None)
    asked = {"q": chosen.q, "match_state": match_state, "paid": None if paid is None else str(paid).lower()}
    query = urlencode({name: value for name, value in asked.items() if value})
    return render(
        request, "orders.html", looking, orders=rows, total=total, shown=len(rows), skip=skip, chosen=chosen,
        query=f"{query}&" if query else "", may_write=looking.may(Need.WRITE),
    )  # fmt: skip


@router.post("/orders/match")
async def match(looking: Looking, session: SessionDep) -> Response:
    """Look for the pairs of sales that have none; what is not sure waits in the list "to match"."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await OrderService(session).match_all(looking, AT_ONCE)
    return RedirectResponse("/orders?match_state=suggested", 303)
