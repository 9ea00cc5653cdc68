"""Reference lists, exports, and who is asking."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Path, Router, Status
from ninja.errors import HttpError
from webshell.downloads import download

from access.api import opens
from access.models import ApiToken
from inventory.models import Export, JobState, Organization
from inventory.services import exports, fleet, reference
from inventory.views.export_views import TYPES
from inventory.views.v1.problems import PROBLEMS
from inventory.views.v1.schemas import ExportOut, ExportWish, Me, ModelOut, Named, Problem
from inventory.views.v1.shapes import export_out

router = Router()

OPEN = "inventory.access_inventory_app"
READ = opens("printers:read", OPEN, "inventory.view_printer")
EXPORT = opens("exports:run", OPEN, "inventory.export_printers")
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/me/", response={200: Me, PROBLEMS: Problem}, auth=opens(""), tags=["access"])
def who_am_i(request: HttpRequest) -> Me:
    """Return who is asking and what the token was made for."""
    token = request.auth if isinstance(request.auth, ApiToken) else None  # type: ignore[attr-defined] # ninja's
    return Me(
        username=request.user.get_username(),
        token=token.name if token else None,
        scopes=token.scopes if token else None,
        expires_at=token.expires_at if token else None,
    )


@router.get("/organizations/", response={200: list[Named], PROBLEMS: Problem}, auth=READ, tags=["reference"])
def list_organizations(request: HttpRequest) -> list[Named]:
    """List the active organizations by name."""
    del request
    return [Named(id=one.pk, name=one.name) for one in Organization.objects.filter(active=True)]


@router.get("/device-models/", response={200: list[ModelOut], PROBLEMS: Problem}, auth=READ, tags=["reference"])
def list_device_models(request: HttpRequest) -> list[ModelOut]:
    """List the device models with their manufacturers."""
    del request
    return [ModelOut.model_validate(row) for row in reference.device_models()]


@router.post("/exports/", response={202: ExportOut, PROBLEMS: Problem}, auth=EXPORT, tags=["exports"])
def start_export(request: HttpRequest, payload: ExportWish) -> Status[ExportOut]:
    """Ask for a file; asked again while it is being made, the first one is returned."""
    made = exports.request_export(
        int(request.user.pk or 0),
        payload.format,
        fleet.canonical(payload.query),
        payload.columns,
        language=payload.language,
        zone=timezone.get_current_timezone_name(),
    )
    return Status(202, export_out(made))


@router.get("/exports/{export_id}/", response={200: ExportOut, PROBLEMS: Problem}, auth=EXPORT, tags=["exports"])
def get_export(request: HttpRequest, export_id: RowId) -> ExportOut:
    """Return how far an export of yours is."""
    return export_out(_mine(request, export_id))


@router.post("/exports/{export_id}/stop/", response={200: ExportOut, PROBLEMS: Problem}, auth=EXPORT, tags=["exports"])
def stop_export(request: HttpRequest, export_id: RowId) -> ExportOut:
    """Stop it; one that has ended stays as it is."""
    export = _mine(request, export_id)
    exports.stop(export, timezone.now())
    export.refresh_from_db()
    return export_out(export)


@router.get("/exports/{export_id}/file/", response={200: bytes, PROBLEMS: Problem}, auth=EXPORT, tags=["exports"])
def download_export(request: HttpRequest, export_id: RowId) -> HttpResponseBase:
    """Return the file; 409 while it is not whole, 410 once it has been forgotten."""
    export = _mine(request, export_id)
    if export.state != JobState.DONE:
        raise HttpError(409, "The file is not whole yet. Look at its progress and try again.")
    if not export.pieces.exists():
        raise HttpError(410, "Files are kept for a day. Export again.")
    name = f"printers_{timezone.localtime(export.requested_at):%Y-%m-%d_%H%M}.{export.kind}"
    return download(request, exports.content(export), name, TYPES[export.kind], size=export.size)


def _mine(request: HttpRequest, pk: int) -> Export:
    return get_object_or_404(Export.objects.all(), pk=pk, requested_by=request.user.pk)
