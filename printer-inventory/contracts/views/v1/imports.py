"""`/api/v1/contracts/import/sessions/`: the import wizard for programs, in the same two phases as its pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Path, Query, Router, Schema, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from sheets import ApplyRefusedError

from access.api import opens
from contracts.models import ContractStatus, ImportRow, ImportSession, ServiceProvider
from contracts.rules.device_rows import LABELS
from contracts.services import filters, import_sessions
from contracts.services.importing_sheets import LIMITS
from inventory.views.v1.problems import PROBLEMS, InvalidError
from inventory.views.v1.schemas import Problem

router = Router(tags=["contract imports"])

IMPORT = opens("contracts:import", "contracts.access_contracts_app", "contracts.import_contracts")
SessionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=200)]
BASE = "/contracts/import/sessions/"


class SessionWish(Schema):
    """What holds for the rows of the files."""

    name: str = Field("", max_length=200, description="left empty, the first file's")
    status_id: int = Field(ge=1, le=2**63 - 1, description="for new devices whose row names none")
    provider_id: int | None = Field(None, ge=1, le=2**63 - 1)
    create_cities: bool = True
    create_models: bool = False


class SessionOut(Schema):
    """An import. `counts` has a number per label, and under `apply` how many rows would be applied now."""

    id: int
    name: str
    state: Literal["queued", "running", "offered", "done", "failed", "lost"]
    task: Literal["look", "apply", "undo"]
    done: int
    total: int
    reason: str
    counts: dict[str, int]
    token: str = Field(description="of what is decided now; to be sent back to apply it")
    result: dict[str, Any]
    uploaded_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None


class SessionPage(Schema):
    """Imports, newest first."""

    items: list[SessionOut]
    total: int
    page: int
    pages: int


class ProblemOut(Schema):
    """What is wrong with a row, or worth knowing about it."""

    code: str
    text: str
    column: str = ""
    level: str


class RowOut(Schema):
    """A row with its verdict: what it holds, what it would change from what to what, which device it is about."""

    id: int
    file: str
    number: int
    label: str
    decision: Literal["pending", "apply", "skip"]
    values: dict[str, Any]
    changes: dict[str, dict[str, Any]]
    problems: list[ProblemOut]
    device_id: int | None


class RowPage(Schema):
    """Rows in the order of the files."""

    items: list[RowOut]
    total: int
    page: int
    pages: int


class Decisions(Schema):
    """What is to become of rows: of those with these ids, or of all with a label."""

    decision: Literal["pending", "apply", "skip"]
    ids: list[RowId] = Field(default_factory=list, max_length=5000)
    label: str = ""


class Decided(Schema):
    """How many rows were decided on."""

    rows: int
    session: SessionOut


class Token(Schema):
    """The session's token."""

    token: str = Field(max_length=64)


class MissingOut(Schema):
    """A device under contract that stands in no row."""

    id: int
    organization: str
    city: str
    address: str
    room_number: str
    manufacturer: str
    model: str
    serial_number: str
    status: str


class MissingPage(Schema):
    """Missing devices, by organization and place."""

    items: list[MissingOut]
    total: int
    page: int
    pages: int


def session_out(session: ImportSession) -> SessionOut:
    """Return an import as programs read it; while it is applied, with how far that is."""
    facts = import_sessions.progress(session)
    return SessionOut.model_validate(
        {
            **{name: getattr(session, name) for name in SessionOut.model_fields if name not in ("done", "total")},
            "done": facts["done"],
            "total": facts["total"],
        }
    )


def _session(pk: int) -> ImportSession:
    return get_object_or_404(ImportSession.objects.all(), pk=pk)


def _row(row: ImportRow) -> RowOut:
    device = row.applied_device_id or (int(row.target) if row.target else None)
    return RowOut(
        id=row.pk,
        file=row.file.original_name,
        number=row.number,
        label=row.label,
        decision=row.decision,  # type: ignore[arg-type] # the column has exactly these words
        values=row.values,
        changes=row.changes,
        problems=[ProblemOut.model_validate({"column": "", **one}) for one in row.problems],
        device_id=device,
    )


@router.get(BASE, response={200: SessionPage, PROBLEMS: Problem}, auth=IMPORT)
def list_import_sessions(request: HttpRequest, page: PageNumber = 1, per_page: PageSize = 50) -> SessionPage:
    """List the imports, newest first."""
    del request
    pages = Paginator(ImportSession.objects.all(), per_page)
    found = pages.get_page(page)
    return SessionPage(
        items=[session_out(one) for one in found], total=pages.count, page=found.number, pages=pages.num_pages
    )


@router.post(BASE, response={202: SessionOut, PROBLEMS: Problem}, auth=IMPORT)
def open_import_session(
    request: HttpRequest, payload: Form[SessionWish], files: File[list[UploadedFile]]
) -> Status[SessionOut]:
    """Upload files (Excel or CSV, 20 MB each) to be looked through by a worker; nothing is changed by that."""
    errors = []
    status = ContractStatus.objects.filter(pk=payload.status_id, is_active=True).first()
    if status is None:
        errors.append({"field": "status_id", "message": "There is no such status."})
    wanted = ServiceProvider.objects.filter(is_active=True)
    provider = wanted.filter(pk=payload.provider_id).first() if payload.provider_id else None
    if payload.provider_id and provider is None:
        errors.append({"field": "provider_id", "message": "There is no such service provider."})
    if any((one.size or 0) > LIMITS.file_bytes for one in files):
        errors.append({"field": "files", "message": "A file is larger than 20 MB. Split it."})
    if errors or status is None:
        raise InvalidError(errors)
    contents = [(_name(one), one.read()) for one in files]
    session = import_sessions.open_session(
        payload.name.replace("\x00", "") or contents[0][0],
        contents,
        status,
        provider,
        request.user.pk,
        create_cities=payload.create_cities,
        create_models=payload.create_models,
    )
    return Status(202, session_out(session))


def _name(file: UploadedFile) -> str:
    return (file.name or "file").replace("\x00", "") or "file"


@router.get(f"{BASE}{{session_id}}/", response={200: SessionOut, PROBLEMS: Problem}, auth=IMPORT)
def get_import_session(request: HttpRequest, session_id: SessionId) -> SessionOut:
    """Return how an import stands; ask again until it is `offered`, `done`, `failed` or `lost`."""
    del request
    return session_out(_session(session_id))


@router.get(f"{BASE}{{session_id}}/preview/", response={200: RowPage, PROBLEMS: Problem}, auth=IMPORT)
def list_import_rows(
    request: HttpRequest, session_id: SessionId, label: str = "", page: PageNumber = 1, per_page: PageSize = 100
) -> RowPage:
    """List the rows with their verdicts, all or those of a label."""
    del request
    rows = _session(session_id).rows.select_related("file").order_by("file", "number")
    if label:
        if label not in LABELS:
            raise InvalidError([{"field": "label", "message": f"One of {', '.join(LABELS)} is expected."}])
        rows = rows.filter(label=label)
    pages = Paginator(rows, per_page)
    found = pages.get_page(page)
    return RowPage(items=[_row(one) for one in found], total=pages.count, page=found.number, pages=pages.num_pages)


@router.post(f"{BASE}{{session_id}}/decisions/", response={200: Decided, PROBLEMS: Problem}, auth=IMPORT)
def decide_import_rows(request: HttpRequest, session_id: SessionId, payload: Decisions) -> Decided:
    """Decide on rows; a row that moves a device between organizations is applied only by such a word. The token changes."""
    del request
    _session(session_id)
    if payload.label and payload.label not in LABELS:
        raise InvalidError([{"field": "label", "message": f"One of {', '.join(LABELS)} is expected."}])
    if bool(payload.label) == bool(payload.ids):
        raise InvalidError([{"field": "ids", "message": "Name rows by ids or by a label, one of the two."}])
    try:
        rows = import_sessions.decide(session_id, payload.label or payload.ids, payload.decision)
    except ApplyRefusedError as error:
        raise HttpError(409, str(error)) from error
    return Decided(rows=rows, session=session_out(_session(session_id)))


@router.post(f"{BASE}{{session_id}}/apply/", response={202: SessionOut, PROBLEMS: Problem}, auth=IMPORT)
def apply_import_session(request: HttpRequest, session_id: SessionId, payload: Token) -> Status[SessionOut]:
    """Have what is decided applied, once. 409 when it is applied already, worked on, decided otherwise or would do nothing."""
    del request
    _session(session_id)
    try:
        return Status(202, session_out(import_sessions.ask_apply(session_id, payload.token)))
    except ApplyRefusedError as error:
        raise HttpError(409, str(error)) from error


@router.post(f"{BASE}{{session_id}}/undo/", response={202: SessionOut, PROBLEMS: Problem}, auth=IMPORT)
def undo_import_session(request: HttpRequest, session_id: SessionId) -> Status[SessionOut]:
    """Have an applied import taken back as a whole; `reason` says why not when something was built on it."""
    _session(session_id)
    try:
        return Status(202, session_out(import_sessions.ask_undo(session_id, request.user.pk)))
    except ApplyRefusedError as error:
        raise HttpError(409, str(error)) from error


@router.get(f"{BASE}{{session_id}}/missing/", response={200: MissingPage, PROBLEMS: Problem}, auth=IMPORT)
def list_missing_devices(
    request: HttpRequest, session_id: SessionId, page: PageNumber = 1, per_page: PageSize = 100
) -> MissingPage:
    """List the devices of the files' organizations that stand in no row."""
    del request
    pages = Paginator(import_sessions.missing_devices(_session(session_id)), per_page)
    found = pages.get_page(page)
    listed = filters.with_facts(found.object_list)  # type: ignore[arg-type] # a page of a query is a query
    items = [
        MissingOut(
            id=one.pk,
            organization=one.organization.name,
            city=one.city.name,
            address=one.address,
            room_number=one.room_number,
            manufacturer=one.model.manufacturer.name,
            model=one.model.name,
            serial_number=one.serial_number,
            status=one.status.name,
        )
        for one in listed
    ]
    return MissingPage(items=items, total=pages.count, page=found.number, pages=pages.num_pages)
