"""`/api/v1/printers/`: the fleet, read and edited."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Path, Query, Router, Status
from ninja.errors import HttpError

from access.api import opens
from inventory.forms import PrinterForm
from inventory.models import PageCounter, Printer
from inventory.services import fleet, printers
from inventory.views.v1.problems import PROBLEMS, InvalidError
from inventory.views.v1.schemas import (
    FleetQuery,
    Moment,
    PrinterIn,
    PrinterOut,
    PrinterPage,
    PrinterPatch,
    Problem,
    ReadingPage,
)
from inventory.views.v1.shapes import etag_of, printer_out, reading_out

router = Router(tags=["printers"])

OPEN = "inventory.access_inventory_app"
READ = opens("printers:read", OPEN, "inventory.view_printer")
PrinterId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def loaded(pk: int) -> Printer:
    """Return a printer with all that is told about it, in one query; 404 when there is none."""
    return get_object_or_404(fleet.with_facts(Printer.objects.all()), pk=pk)


@router.get("/", response={200: PrinterPage, PROBLEMS: Problem}, auth=READ)
def list_printers(request: HttpRequest, query: Query[FleetQuery]) -> PrinterPage:
    """List printers: filtered, sorted and paged as the page does it. Three queries whatever the page's size."""
    del request
    chosen = query.chosen()
    rows = fleet.select(chosen, timezone.now())
    pages = Paginator(rows, chosen.page_size)
    following = None
    if chosen.page < pages.num_pages:
        words = {**query.model_dump(exclude_unset=True), "page": chosen.page + 1}
        following = f"{reverse('api-1:list_printers')}?{urlencode(words, doseq=True)}"
    return PrinterPage(
        items=[printer_out(one) for one in fleet.page_of(rows, chosen)],
        total=pages.count,
        page=chosen.page,
        pages=pages.num_pages,
        per_page=chosen.page_size,
        next=following,
    )


@router.post(
    "/",
    response={201: PrinterOut, PROBLEMS: Problem},
    auth=opens("printers:write", OPEN, "inventory.add_printer"),
)
def add_printer(request: HttpRequest, payload: PrinterIn, response: HttpResponse) -> Status[PrinterOut]:
    """Add a printer; it is due at once. 409 when another active printer has the address or MAC address."""
    form = PrinterForm(_form_data(payload.model_dump()))
    _check(form)
    try:
        made = loaded(printers.add_printer(form.values(), request.user.pk).pk)
    except printers.AddressTakenError as error:
        raise HttpError(409, str(error)) from error
    response["Location"] = reverse("api-1:get_printer", args=[made.pk])
    response["ETag"] = etag_of(made)
    return Status(201, printer_out(made))


@router.get("/{printer_id}/", response={200: PrinterOut, PROBLEMS: Problem}, auth=READ)
def get_printer(request: HttpRequest, printer_id: PrinterId, response: HttpResponse) -> PrinterOut:
    """Return one printer; its ETag is what PATCH wants as If-Match."""
    del request
    printer = loaded(printer_id)
    response["ETag"] = etag_of(printer)
    return printer_out(printer)


@router.patch(
    "/{printer_id}/",
    response={200: PrinterOut, PROBLEMS: Problem},
    auth=opens("printers:write", OPEN, "inventory.change_printer"),
)
def edit_printer(
    request: HttpRequest, printer_id: PrinterId, payload: PrinterPatch, response: HttpResponse
) -> PrinterOut:
    """Change fields. `If-Match` is required (428) and must carry the version that was read (412): nobody's edit is lost.

    Of the ETag only the version counts, so that a poll in between is no conflict.
    """
    version = _version_of(request.headers.get("If-Match"))
    printer = get_object_or_404(Printer, pk=printer_id)
    stored = {**model_to_dict(printer, fields=PrinterForm.Meta.fields), "snmp_community": ""}
    wanted = stored | _form_data(payload.model_dump(exclude_unset=True))
    form = PrinterForm(wanted, instance=Printer.objects.get(pk=printer_id))
    _check(form)
    try:
        printers.edit_printer(printer, form.values(), printer.version if version is None else version, request.user.pk)
    except printers.ConflictError as error:
        raise HttpError(412, "Somebody has edited this printer since you read it. Read it again.") from error
    except printers.AddressTakenError as error:
        raise HttpError(409, str(error)) from error
    edited = loaded(printer_id)
    response["ETag"] = etag_of(edited)
    return printer_out(edited)


@router.delete(
    "/{printer_id}/",
    response={204: None, PROBLEMS: Problem},
    auth=opens("printers:write", OPEN, "inventory.delete_printer"),
)
def retire_printer(request: HttpRequest, printer_id: PrinterId) -> Status[None]:
    """Retire a printer: it is no longer polled, its history stays. Repeating it changes nothing."""
    printer = get_object_or_404(Printer, pk=printer_id)
    if printer.is_active:
        printers.retire(printer, request.user.pk, timezone.now())
    return Status(204, None)


@router.post(
    "/{printer_id}/restore/",
    response={200: PrinterOut, PROBLEMS: Problem},
    auth=opens("printers:write", OPEN, "inventory.delete_printer"),
)
def restore_printer(request: HttpRequest, printer_id: PrinterId) -> PrinterOut:
    """Take a retired printer back into the fleet. 409 when its address is in use by now."""
    printer = get_object_or_404(Printer, pk=printer_id)
    if not printer.is_active:
        try:
            printers.restore(printer, request.user.pk, timezone.now())
        except printers.AddressTakenError as error:
            raise HttpError(409, str(error)) from error
    return printer_out(loaded(printer_id))


@router.get("/{printer_id}/readings/", response={200: ReadingPage, PROBLEMS: Problem}, auth=READ)
def list_readings(
    request: HttpRequest,
    printer_id: PrinterId,
    since: Moment | None = None,
    before: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ReadingPage:
    """List readings, newest first, from `since` (inclusive) to `before` (exclusive)."""
    del request
    get_object_or_404(Printer, pk=printer_id)
    rows = PageCounter.objects.filter(printer=printer_id, recorded_at__gte=since or datetime(1990, 1, 1, tzinfo=UTC))
    if before is not None:
        rows = rows.filter(recorded_at__lt=before)
    found = list(rows.select_related("task").defer("reading").order_by("-recorded_at")[: limit + 1])
    more = found[limit - 1].recorded_at if len(found) > limit else None
    return ReadingPage(items=[reading_out(one) for one in found[:limit]], next=more)


def _form_data(values: dict[str, Any]) -> dict[str, Any]:
    """Return a schema's fields under the form's names."""
    names = {"organization_id": "organization", "device_model_id": "device_model"}
    return {names.get(name, name): value for name, value in values.items()}


def _check(form: PrinterForm) -> None:
    if not form.is_valid():
        names = {"organization": "organization_id", "device_model": "device_model_id"}
        texts = [(names.get(name, name), str(text)) for name, errors in form.errors.items() for text in errors]
        raise InvalidError([{"field": name, "message": text} for name, text in texts])


def _version_of(header: str | None) -> int | None:
    """Return the version that If-Match names, None for `*`. Raise 428 without one, 412 for one that was never ours."""
    if header is None:
        raise HttpError(428, "Send If-Match with the ETag you read, so that nobody's edit is lost; or *, to overwrite.")
    if header.strip() == "*":
        return None
    number = header.strip().strip('"').partition(".")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise HttpError(412, "If-Match does not carry an ETag of this printer. Read it again.")
    return int(number)
