"""Statements as pages: drawn up, issued, paid, printed."""

from __future__ import annotations

import io
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from segno.helpers import make_epc_qr

from domains.consignment.api.forms import Typed, read, typed, wrong_fields
from domains.consignment.api.statements import IssueIn, PaymentIn, as_pdf
from domains.consignment.services.consignor_service import ConsignorService, today
from domains.consignment.services.statement_service import StatementService, with_balance
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.error_handling.exceptions import ResourceNotFoundException, SoleFlipException
from shared.translation import phrase
from shared.web.pages import Looking, render, said, to_login

router = APIRouter(include_in_schema=False)


@router.get("/consignors/{consignor_id}/statement")
async def draft(
    request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep,
    until: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:  # fmt: skip
    """The next statement as it stands."""
    if looking is None:
        return to_login()
    return await _draft(request, looking, session, consignor_id, Typed(until=until or ""))


async def _draft(
    request: Request,
    looking: Principal,
    session: SessionDep,
    consignor_id: uuid.UUID,
    told: Typed,
    error: SoleFlipException | None = None,
) -> Response:
    service = StatementService(session)
    found = None
    if error is None:
        try:
            found = await service.draft(consignor_id, read(IssueIn, told).until)
        except ResourceNotFoundException:
            raise
        except SoleFlipException as wrong:
            error = wrong
    status = 400 if error and request.method == "POST" else 200
    return render(
        request, "statement_draft.html", looking, status, draft=found, told=told, today=today(),
        consignor=await ConsignorService(session).get(consignor_id), message=error.message if error else "",
        lines=with_balance(found.opening, found.lines) if found else [], may_write=looking.may(Need.WRITE),
    )  # fmt: skip


@router.post("/consignors/{consignor_id}/statement")
async def issue(request: Request, consignor_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Issue it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        made = await StatementService(session).issue(looking, consignor_id, read(IssueIn, told).until)
    except SoleFlipException as error:
        await session.rollback()
        return await _draft(request, looking, session, consignor_id, told, error)
    return RedirectResponse(f"/consignment/statements/{made.id}", 303)


@router.get("/consignment/statements/{statement_id}")
async def one(request: Request, statement_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """A statement."""
    return to_login() if looking is None else await _one(request, looking, session, statement_id)


async def _one(
    request: Request, looking: Principal, session: SessionDep, statement_id: uuid.UUID, status: int = 200, **more: Any
) -> Response:
    found = await StatementService(session).get(statement_id)
    consignor = await ConsignorService(session).get(found["row"].consignor_id)
    return render(
        request, "statement.html", looking, status, statement=found["row"], lines=found["lines"], state=found["state"],
        consignor=consignor, today=today(), may_write=looking.may(Need.WRITE), **{"told": Typed(), "wrong": {}, **more},
    )  # fmt: skip


@router.get("/consignment/statements/{statement_id}/print")
async def on_paper(request: Request, statement_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """A statement as a letter, to print."""
    if looking is None:
        return to_login()
    found = await StatementService(session).get(statement_id)
    return render(
        request, "statement_print.html", looking, statement=found["row"], lines=found["lines"], state=found["state"]
    )


@router.get("/consignment/statements/{statement_id}/pdf")
async def pdf(request: Request, statement_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """A statement as PDF, in the language of who looks."""
    return to_login() if looking is None else await as_pdf(session, statement_id, said(request, looking))


@router.get("/consignment/statements/{statement_id}/girocode.svg")
async def girocode(statement_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """What is to be paid as a code banking apps read (EPC069-12), for who may pay."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    found = await StatementService(session).get(statement_id)
    row = found["row"]
    if found["state"] != "open":
        raise ResourceNotFoundException(phrase("Nothing is to be paid here"))
    account = await ConsignorService(session).bank_account(looking, row.consignor_id)
    code = make_epc_qr(name=row.party["name"][:70], iban=account, amount=row.closing, text=f"Statement {row.number}")
    buffer = io.BytesIO()
    code.save(buffer, kind="svg", scale=4, border=2, light="#fff", xmldecl=False)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(buffer.getvalue(), media_type="image/svg+xml", headers=headers)


@router.post("/consignment/statements/{statement_id}/payment")
async def pay(request: Request, statement_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Note that it was paid."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = await typed(request)
    try:
        body = read(PaymentIn, told)
        await StatementService(session).pay(looking, statement_id, body.paid_on, body.reference)
    except SoleFlipException as error:
        await session.rollback()
        more = {"told": told, "wrong": wrong_fields(error), "message": str(error)}
        return await _one(request, looking, session, statement_id, 400, **more)
    return RedirectResponse(f"/consignment/statements/{statement_id}", 303)


@router.post("/consignment/statements/{statement_id}/payment/undo")
async def take_payment_back(
    request: Request, statement_id: uuid.UUID, looking: Looking, session: SessionDep
) -> Response:
    """Say that it was not paid after all."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        await StatementService(session).take_payment_back(looking, statement_id)
    except SoleFlipException as error:
        await session.rollback()
        return await _one(request, looking, session, statement_id, error.status_code, message=error.message)
    return RedirectResponse(f"/consignment/statements/{statement_id}", 303)
