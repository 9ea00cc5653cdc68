"""Pricing as pages: what to do with each pair, approved in bulk and undone; one pair with its market; runs; the switch."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domains.pricing.services.decision_service import DecisionService
from domains.pricing.services.item_service import ItemService
from domains.pricing.services.market_service import JOB as FETCH
from domains.pricing.services.price_writer import PriceWriter
from domains.pricing.services.repricing_service import RepricingService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.database.words import DecisionKind
from shared.error_handling.exceptions import SoleFlipException
from shared.repositories.jobs import JobRepository
from shared.rules.decisions import again
from shared.rules.import_values import BadValue, amount
from shared.translation import Speech
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, said, to_login

router = APIRouter(include_in_schema=False)
PAGE = 50
KINDS = tuple(each.value for each in (DecisionKind.LIST_AT, DecisionKind.SELL_NOW, DecisionKind.HOLD))


@router.get("/pricing")
async def pricing(
    request: Request,
    looking: Looking,
    session: SessionDep,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    run: uuid.UUID | None = None,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The review: a decision per pair."""
    if looking is None:
        return to_login()
    return await _review(request, looking, session, kind=kind, run=run, skip=skip)


async def _review(
    request: Request, looking: Principal, session: SessionDep, kind: str | None = None, run: uuid.UUID | None = None,
    skip: int = 0, status: int = 200, message: str = "",
) -> Response:  # fmt: skip
    chosen = DecisionKind(kind) if kind in KINDS else None
    rows, counts = await DecisionService(session).list(chosen, skip, PAGE)
    say = said(request, looking)
    for each in rows:
        each["sentence"] = again(each["options"], each["currency"], say) or each["sentence"]
    service = RepricingService(session)
    done = await service.stored.run(run) if run else None
    waiting, trouble = await ItemService(session).queue(20)
    return render(
        request, "pricing.html", looking, status, decisions=rows, counts=counts, kinds=KINDS, kind=chosen,
        total=counts.get(chosen, 0) if chosen else sum(counts.values()), shown=len(rows), skip=skip,
        query=f"kind={chosen}&" if chosen else "", control=await service.status(), run=done,
        runs=await service.stored.runs(0, 5), waiting=waiting, trouble=trouble, message=message,
        jobs=await JobRepository(session).under_way(3, "pricing."),
        may_write=looking.may(Need.WRITE), may_admin=looking.may(Need.ADMIN),
    )  # fmt: skip


@router.post("/pricing/approve")
async def approve(
    request: Request,
    looking: Looking,
    session: SessionDep,
    ids: Annotated[list[uuid.UUID] | None, Form()] = None,
    accept_loss: Annotated[bool, Form()] = False,
) -> Response:
    """Carry out what was chosen; the next page offers to undo it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    if not ids:
        return await _review(request, looking, session, status=400, message=_("Choose at least one pair"))
    run = await DecisionService(session).approve(looking, ids[:500], accept_loss=accept_loss)
    return RedirectResponse(f"/pricing?run={run.id}", 303)


@router.post("/pricing/decide")
async def decide(looking: Looking, session: SessionDep) -> Response:
    """Decide anew, now."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await DecisionService(session).decide_all()
    return RedirectResponse("/pricing", 303)


@router.post("/pricing/market")
async def fetch_market(
    looking: Looking, session: SessionDep, product_id: Annotated[uuid.UUID | None, Form()] = None,
    item_id: Annotated[uuid.UUID | None, Form()] = None,
) -> Response:  # fmt: skip
    """Have the worker fetch StockX's market, of everything in stock or of one product."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await JobRepository(session).ask_once(FETCH, {"product_id": str(product_id)} if product_id else {}, looking.user_id)
    return RedirectResponse(f"/pricing/items/{item_id}" if item_id else "/pricing", 303)


@router.post("/pricing/reprice")
async def reprice(
    request: Request, looking: Looking, session: SessionDep, apply: Annotated[bool, Form()] = False
) -> Response:
    """Plan live listings; applied only when asked."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        run = await RepricingService(session).reprice(looking, dry_run=not apply)
    except SoleFlipException as error:
        return await _review(request, looking, session, status=409, message=error.message)
    return RedirectResponse(f"/pricing/runs/{run.id}", 303)


@router.get("/pricing/runs/{run_id}")
async def one_run(request: Request, run_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """A run: each item's old and new price with the reasons."""
    if looking is None:
        return to_login()
    service = RepricingService(session)
    lines = await service.lines(run_id)
    run = await service.stored.run(run_id)
    return render(
        request,
        "run.html",
        looking,
        run=run,
        lines=lines,
        may_write=looking.may(Need.WRITE),
        control=await service.status(),
    )


@router.post("/pricing/runs/{run_id}/rollback")
async def roll_back(request: Request, run_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Undo a run."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        back = await PriceWriter(session).roll_back(looking, run_id)
    except SoleFlipException as error:
        return await _review(request, looking, session, status=409, message=error.message)
    return RedirectResponse(f"/pricing?run={back.id}", 303)


@router.post("/pricing/kill")
async def kill(
    looking: Looking, session: SessionDep, reason: Annotated[str, Form(min_length=1, max_length=255)]
) -> Response:
    """Stop all automatic prices."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await RepricingService(session).kill(looking, reason)
    return RedirectResponse("/pricing", 303)


@router.post("/pricing/revive")
async def revive(looking: Looking, session: SessionDep) -> Response:
    """Let automatic prices run again."""
    if looking is None:
        return to_login()
    looking.require(Need.ADMIN)
    await RepricingService(session).revive(looking)
    return RedirectResponse("/pricing", 303)


@router.post("/pricing/toggle")
async def toggle(looking: Looking, session: SessionDep, enabled: Annotated[bool, Form()] = False) -> Response:
    """Switch repricing by the clock."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await RepricingService(session).switch(looking, {"repricing_enabled": enabled})
    return RedirectResponse("/pricing", 303)


@router.get("/pricing/items/{item_id}")
async def one_item(request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """A pair: what to do with it, its market, its listings, its prices."""
    if looking is None:
        return to_login()
    return await _item(request, looking, session, item_id)


async def _item(
    request: Request, looking: Principal, session: SessionDep, item_id: uuid.UUID, status: int = 200, **more: Any
) -> Response:
    found = await ItemService(session).shown(item_id)
    return render(
        request, "item.html", looking, status, **found, plot=_plot(found["market_days"], said(request, looking)),
        may_write=looking.may(Need.WRITE), **{"told": "", **more},
    )  # fmt: skip


def _plot(days: list[dict[str, Any]], say: Speech) -> dict[str, Any]:
    if len(days) < 2:
        return {"times": [], "series": []}
    names = ((_("Ask"), "lowest_ask"), (_("Last sale"), "last_sale"), (_("Bid"), "highest_bid"))
    return {
        "times": [_seconds(each["day"]) for each in days], "unit": "€",
        "series": [
            {"label": say.gettext(label), "values": [None if each[name] is None else float(each[name]) for each in days]}
            for label, name in names
        ],
    }  # fmt: skip


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(12), UTC).timestamp())


@router.post("/pricing/items/{item_id}/price")
async def set_price(
    request: Request,
    item_id: uuid.UUID,
    looking: Looking,
    session: SessionDep,
    price: Annotated[str, Form(max_length=20)],
) -> Response:
    """Ask a price: listed at StockX, or its listing changed; it can be undone."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        run = await ItemService(session).ask_price(looking, item_id, _whole(price))
    except (SoleFlipException, BadValue) as error:
        await session.rollback()
        return await _item(request, looking, session, item_id, 400, told=price, message=str(error))
    return RedirectResponse(f"/pricing/runs/{run.id}", 303)


def _whole(text: str) -> Decimal:
    found = amount(text)
    if found is None or found < 1 or found != found.to_integral_value():
        raise BadValue(_("StockX takes whole euros, such as 135"))
    return found
