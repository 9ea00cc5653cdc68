"""Polls: asking printers now, and what became of it."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Status
from ninja.errors import HttpError

from access.api import opens
from inventory.models import InventoryTask, Printer
from inventory.services import notifying, requests
from inventory.views.v1.problems import PROBLEMS
from inventory.views.v1.schemas import Moment, PollOut, PollPage, PollsAsked, PollWish, Problem
from inventory.views.v1.shapes import poll_out

router = Router(tags=["polls"])

OPEN = "inventory.access_inventory_app"
READ = opens("printers:read", OPEN, "inventory.view_printer")
RUN = opens("polls:run", OPEN, "inventory.run_inventory")
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post("/polls/", response={202: PollsAsked, PROBLEMS: Problem}, auth=RUN)
def ask_printers(request: HttpRequest, payload: PollWish) -> Status[PollsAsked]:
    """Ask printers now. One that is being asked already keeps its poll, so repeating this does no harm."""
    rows = requests.request_polls(payload.printer_ids, request.user.pk)
    notifying.polls_asked([row.printer_id for row in rows])
    return Status(202, PollsAsked(polls=[{"printer_id": row.printer_id, "poll_id": row.task_id} for row in rows]))


@router.get("/polls/{poll_id}/", response={200: PollOut, PROBLEMS: Problem}, auth=READ)
def get_poll(request: HttpRequest, poll_id: RowId) -> PollOut:
    """Return how one poll stands."""
    del request
    return poll_out(get_object_or_404(InventoryTask, pk=poll_id))


@router.post("/printers/{printer_id}/poll/", response={202: PollOut, PROBLEMS: Problem}, auth=RUN)
def ask_printer(request: HttpRequest, printer_id: RowId) -> Status[PollOut]:
    """Ask one printer now. 409 for a retired one, or one of an inactive organization."""
    get_object_or_404(Printer, pk=printer_id)
    rows = requests.request_polls([printer_id], request.user.pk)
    if not rows:
        raise HttpError(409, "A retired printer, or one of an inactive organization, is not polled.")
    notifying.polls_asked([printer_id])
    return Status(202, poll_out(InventoryTask.objects.get(pk=rows[0].task_id)))


@router.get("/printers/{printer_id}/polls/", response={200: PollPage, PROBLEMS: Problem}, auth=READ)
def list_polls(
    request: HttpRequest,
    printer_id: RowId,
    before: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> PollPage:
    """List a printer's polls, newest due time first."""
    del request
    get_object_or_404(Printer, pk=printer_id)
    rows = InventoryTask.objects.filter(printer=printer_id)
    if before is not None:
        rows = rows.filter(due_at__lt=before)
    found = list(rows.order_by("-due_at")[: limit + 1])
    more = found[limit - 1].due_at if len(found) > limit else None
    return PollPage(items=[poll_out(one) for one in found[:limit]], next=more)
