"""Owners as pages: the list, one with their pairs, sales, statements and account, and bringing pairs in."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from domains.consignment.api.consignors import AdjustmentIn, ConsignorIn, ConsignorPatch, PairIn
from domains.consignment.api.forms import Typed, read, typed, wrong_fields
from domains.consignment.services.consignor_service import ConsignorService, today
from domains.consignment.services.pair_service import PairService
from domains.consignment.services.statement_service import StatementService, state_of
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.error_handling.exceptions import SoleFlipException
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)
PAGE = 50
SALES = 200
Where = Literal["here", "sold", "back", "bought", "all"]


class ReceivedOn(BaseModel):
    """The day pairs are brought in."""

    received_on: date | None = None


Undo = Annotated[str | None, Query(pattern="^(pair|adjustment|buy|consign):[0-9a-f-]{36}$")]


@router.get("/consignors")
async def consignors(
    request: Request, looking: Looking, session: SessionDep,
    q: Annotated[str | None, Query(max_length=100)] = None, archived: bool = False,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:  # fmt: skip
    """The list."""
    if looking is None:
        return to_login()
    rows, total = await ConsignorService(session).page(q, skip, PAGE, archived=archived)
    waiting, open_count = await StatementService(session).stored.page(None, 0, 5, open_only=True)
    return render(
        request, "consignors.html", looking, consignors=rows, total=total, shown=len(rows), skip=skip, q=q or "",
        archived=archived, query=f"q={q}&" if q else "", waiting=waiting, open_count=open_count, today=today(),
        may_write=looking.may(Need.WRITE),
    )  # fmt: skip


@router.get("/consignors/new")
async def new(request: Request, looking: Looking) -> Response:
    """The form of a new owner."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    return _form(request, looking, None, Typed(kind="private", share_percent="80", payout_after_days="14"))


def _form(
    request: Request, looking: Principal, consignor: dict[str, Any] | None, told: Typed, error: Exception | None = None
) -> Response:
    return render(
        request, "consignor_form.html", looking, 400 if error else 200, consignor=consignor, told=told,
        wrong=wrong_fields(error) if error else {}, message=str(error) if error else "",
    )  # fmt: skip


@router.post("/consignors/new")
async def create(request: Request, looking: Looking, session: SessionDep) -> Response:
    """Make an owner; what was typed stays in the form when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        body = read(ConsignorIn, told)
        made = await ConsignorService(session).create(looking, body.model_dump(exclude_none=True, exclude={"version"}))
    except SoleFlipException as error:
        await session.rollback()
        return _form(request, looking, None, told, error)
    return RedirectResponse(f"/consignors/{made}", 303)


@router.get("/consignors/{consignor_id}/edit")
async def edit(request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """The form of an owner; the account number is asked for anew only when it changes."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    found = await ConsignorService(session).get(consignor_id)
    told = Typed({name: str(value) for name, value in found.items() if value is not None and name != "iban"})
    return _form(request, looking, found, told)


@router.post("/consignors/{consignor_id}/edit")
async def change(request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Change an owner."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told, service = await typed(request), ConsignorService(session)
    kept = Typed({name: value for name, value in told.items() if name != "iban" or value})
    try:
        body = read(ConsignorPatch, kept, keep_empty=True)
        values = body.model_dump(exclude_unset=True, exclude={"version"})
        await service.change(looking, consignor_id, values, body.version)
    except SoleFlipException as error:
        await session.rollback()
        return _form(request, looking, await service.get(consignor_id), told, error)
    return RedirectResponse(f"/consignors/{consignor_id}", 303)


@router.get("/consignors/{consignor_id}")
async def one(
    request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep, where: Where = "here",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0, undo: Undo = None,
) -> Response:  # fmt: skip
    """An owner."""
    if looking is None:
        return to_login()
    return await _one(request, looking, session, consignor_id, where=where, skip=skip, undo=undo)


async def _one(
    request: Request, looking: Principal, session: SessionDep, consignor_id: uuid.UUID, *, where: Where = "here",
    skip: int = 0, undo: str | None = None, status: int = 200, **more: Any,
) -> Response:  # fmt: skip
    service, statements = ConsignorService(session), StatementService(session)
    consignor = await service.get(consignor_id)
    pairs, total = await service.stored.pairs(consignor_id, where, skip, PAGE)
    issued, _ = await statements.stored.page(consignor_id, 0, PAGE)
    for each in issued:
        each["state"] = state_of(each["row"], later=each["later"])
    kind, _, key = (undo or "").partition(":")
    back = {
        "pair": f"/consignors/{consignor_id}/pairs/{key}/take-back",
        "adjustment": f"/consignors/{consignor_id}/adjustments/{key}/restore",
        "buy": f"/inventory/{key}/buy/undo",
        "consign": f"/inventory/{key}/consign/undo",
    }.get(kind)
    return render(
        request, "consignor.html", looking, status, consignor=consignor, pairs=pairs, total=total, shown=len(pairs), skip=skip,
        where=where, query=f"where={where}&", sales=await service.stored.sales(consignor_id, SALES), statements=issued,
        adjustments=await service.statements.adjustments(consignor_id, open_only=False), today=today(),
        history=await service.stored.history(consignor_id), undo=back, undo_kind=kind, may_write=looking.may(Need.WRITE),
        **{"told": Typed(), "wrong": {}, **more},
    )  # fmt: skip


@router.post("/consignors/{consignor_id}/archive")
async def archive(
    request: Request,
    consignor_id: uuid.UUID,
    looking: Looking,
    session: SessionDep,
    restore: Annotated[bool, Form()] = False,
) -> Response:
    """Put an owner away, or bring them back."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        await ConsignorService(session).archive(looking, consignor_id, archived=not restore)
    except SoleFlipException as error:
        await session.rollback()
        return await _one(request, looking, session, consignor_id, status=error.status_code, message=error.message)
    return RedirectResponse(f"/consignors/{consignor_id}", 303)


@router.post("/consignors/{consignor_id}/pairs/{item_id}/give-back")
async def give_back(
    request: Request, consignor_id: uuid.UUID, item_id: uuid.UUID, looking: Looking, session: SessionDep
) -> Response:
    """Give a pair back; the next page offers to undo it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        await PairService(session).give_back(looking, item_id)
    except SoleFlipException as error:
        await session.rollback()
        return await _one(request, looking, session, consignor_id, status=error.status_code, message=error.message)
    return RedirectResponse(f"/consignors/{consignor_id}?undo=pair:{item_id}", 303)


@router.post("/consignors/{consignor_id}/pairs/{item_id}/take-back")
async def take_back(
    request: Request, consignor_id: uuid.UUID, item_id: uuid.UUID, looking: Looking, session: SessionDep
) -> Response:
    """Take a pair in again."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        await PairService(session).take_back(looking, item_id)
    except SoleFlipException as error:
        await session.rollback()
        return await _one(request, looking, session, consignor_id, status=error.status_code, message=error.message)
    return RedirectResponse(f"/consignors/{consignor_id}", 303)


@router.post("/consignors/{consignor_id}/adjustments")
async def adjust(request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Add to an account or take off it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        body = read(AdjustmentIn, told)
        amount = -abs(body.amount) if told["direction"] == "off" else abs(body.amount)
        await ConsignorService(session).adjust(looking, consignor_id, body.happened_on, amount, body.text)
    except SoleFlipException as error:
        await session.rollback()
        return await _one(
            request,
            looking,
            session,
            consignor_id,
            status=400,
            told=told,
            wrong=wrong_fields(error),
            message=str(error),
        )
    return RedirectResponse(f"/consignors/{consignor_id}#account", 303)


@router.post("/consignors/{consignor_id}/adjustments/{adjustment_id}/{action}")
async def remove_adjustment(
    request: Request, consignor_id: uuid.UUID, adjustment_id: uuid.UUID, action: Literal["remove", "restore"],
    looking: Looking, session: SessionDep,
) -> Response:  # fmt: skip
    """Remove an adjustment (the next page offers to undo it), or put it back."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        await ConsignorService(session).remove_adjustment(looking, adjustment_id, removed=action == "remove")
    except SoleFlipException as error:
        await session.rollback()
        return await _one(request, looking, session, consignor_id, status=error.status_code, message=error.message)
    more = f"?undo=adjustment:{adjustment_id}" if action == "remove" else ""
    return RedirectResponse(f"/consignors/{consignor_id}{more}", 303)


@router.get("/inventory/bring-in")
async def choose(request: Request, looking: Looking, session: SessionDep) -> Response:
    """Whose pairs are brought in; with one owner only there is nothing to choose."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    rows, total = await ConsignorService(session).page(None, 0, PAGE)
    if total == 1:
        return RedirectResponse(f"/consignors/{rows[0]['id']}/bring-in", 303)
    return render(request, "bring_in_whose.html", looking, consignors=rows, total=total)


@router.get("/consignors/{consignor_id}/bring-in")
async def bring_in_form(request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """The form that takes in one pair after the other."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    return await _bring_in(request, looking, session, consignor_id, Typed())


async def _bring_in(
    request: Request,
    looking: Principal,
    session: SessionDep,
    consignor_id: uuid.UUID,
    told: Typed,
    error: Exception | None = None,
) -> Response:
    service = ConsignorService(session)
    consignor = await service.get(consignor_id)
    pairs, _ = await service.stored.pairs(consignor_id, "here", 0, 1000)
    days = [pair["received_on"] for pair in pairs]
    latest: date | None = max(days) if days else None
    return render(
        request, "bring_in.html", looking, 400 if error else 200, consignor=consignor, told=told,
        wrong=wrong_fields(error) if error else {}, message=str(error) if error else "", today=today(), latest=latest,
        brought=[pair for pair in reversed(pairs) if pair["received_on"] == latest][:PAGE],
    )  # fmt: skip


@router.post("/consignors/{consignor_id}/bring-in")
async def bring_in(request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Take in a pair; the next page is ready for the next one, what was typed stays when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        pair = read(PairIn, told)
        day = read(ReceivedOn, told).received_on or today()
        await PairService(session).bring_in(looking, consignor_id, [pair.model_dump(exclude_none=True)], day)
    except SoleFlipException as error:
        await session.rollback()
        return await _bring_in(request, looking, session, consignor_id, told, error)
    return RedirectResponse(f"/consignors/{consignor_id}/bring-in", 303)
