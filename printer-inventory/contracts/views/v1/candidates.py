"""`/api/v1/contracts/import/sessions/{id}/candidates/`: devices of an applied import that could be polled, for programs.

The same steps as on the page *Devices to poll*: have GLPI asked where they are, have their addresses asked who they are, make
those printers that are sure, leave others out. What waits for others is a job of the import, one at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError

from access.api import opens
from contracts.models import AutoPollCandidate, AutoPollJob, ImportSession
from contracts.rules.autopoll import may_become_printer
from contracts.services import autopoll
from contracts.views.v1.imports import BASE, IMPORT, PageNumber, PageSize, RowId, SessionId
from inventory.views.v1.problems import PROBLEMS
from inventory.views.v1.schemas import Problem

router = Router(tags=["contract imports"])

CANDIDATES = f"{BASE}{{session_id}}/candidates/"
MAY = ("contracts.access_contracts_app", "contracts.import_contracts")
MAKE = opens("printers:write", *MAY, "inventory.add_printer")
RETIRE = opens("printers:write", *MAY, "inventory.delete_printer")
Seen = Literal["waiting", "glpi_active", "glpi_stale", "not_found", "no_ip", "ip_conflict", "error"]
Tab = Literal[
    "waiting", "glpi_active", "glpi_stale", "not_found", "no_ip", "ip_conflict", "error", "printer", "ignored"
]


class CandidateOut(Schema):
    """A device that nobody polls: what GLPI says of it, what its address answered, what became of it."""

    id: int
    serial_number: str
    device_id: int | None
    organization: str
    model: str
    status: Seen = Field(description="what GLPI says")
    reason: str = Field(description="why it cannot be polled, as far as that is known")
    glpi_name: str
    address: str | None
    pages: int | None = Field(description="the life counter in GLPI")
    seen_at: datetime | None = Field(description="when GLPI last heard of the device itself")
    answers: bool | None = Field(description="whether its address answers with this serial number; null: not asked")
    answer: str
    is_sure: bool = Field(description="whether it may become a printer now")
    printer_id: int | None
    ignored_at: datetime | None


class CandidatePage(Schema):
    """Candidates by serial number; `counts` has a number per status, and of those that became printers or are left out."""

    items: list[CandidateOut]
    counts: dict[str, int]
    total: int
    page: int
    pages: int


class JobOut(Schema):
    """Work on the candidates, in the job words of all systems."""

    id: int
    task: Literal["probe", "verify"]
    state: Literal["queued", "running", "done", "failed", "stopped", "lost"]
    done: int
    total: int
    reason: str


class Work(Schema):
    """`probe`: look all candidates up in GLPI. `verify`: ask the addresses of these, or of all that have one."""

    task: Literal["probe", "verify"]
    ids: list[RowId] | None = Field(None, min_length=1, max_length=autopoll.MOST_AT_ONCE)


class Chosen(Schema):
    """Candidates of this import; others are passed over."""

    ids: list[RowId] = Field(min_length=1, max_length=autopoll.MOST_AT_ONCE)


class LeaveOut(Chosen):
    """Whether these are left out, or taken back in."""

    ignored: bool = True


class Refused(Schema):
    """A candidate that did not become a printer, and why not."""

    id: int
    serial_number: str
    reason: str


class Made(Schema):
    """What became printers, linked to their devices and asked at once; each stands for itself."""

    made: list[CandidateOut]
    refused: list[Refused]


class Counted(Schema):
    """How many candidates were changed, and how many there are of each kind now."""

    rows: int
    counts: dict[str, int]


def _session(pk: int) -> ImportSession:
    """Return an applied import; 404 for none, 409 for one that is not applied or was taken back."""
    session = get_object_or_404(ImportSession.objects.all(), pk=pk)
    if session.state != ImportSession.State.DONE or session.undone_at is not None:
        raise HttpError(409, "This import is not applied, so it brought no devices to poll. Apply it first.")
    return session


def _job(job: AutoPollJob) -> JobOut:
    return JobOut.model_validate({name: getattr(job, name) for name in JobOut.model_fields})


def _candidate(one: AutoPollCandidate) -> CandidateOut:
    device = one.contract_device
    return CandidateOut(
        id=one.pk,
        serial_number=one.serial_number,
        device_id=one.contract_device_id,
        organization=device.organization.name if device else "",
        model=str(device.model) if device else "",
        status=one.status,  # type: ignore[arg-type] # the column has exactly these words
        reason=one.error,
        glpi_name=one.glpi_name,
        address=one.glpi_ip,
        pages=one.glpi_counter,
        seen_at=one.glpi_date,
        answers=one.verify_ok,
        answer=one.verify_message,
        is_sure=one.created_printer_id is None and may_become_printer(one.status, one.verify_ok),
        printer_id=one.created_printer_id,
        ignored_at=one.ignored_at,
    )


@router.get(CANDIDATES, response={200: CandidatePage, PROBLEMS: Problem}, auth=IMPORT)
def list_poll_candidates(
    request: HttpRequest,
    session_id: SessionId,
    status: Annotated[Tab | None, Query(description="only these; left out: all")] = None,
    page: PageNumber = 1,
    per_page: PageSize = 100,
) -> CandidatePage:
    """List the candidates; there are none until GLPI was asked once (`candidates/job/`, task `probe`)."""
    del request
    session = _session(session_id)
    pages = Paginator(autopoll.in_tab(session, status or ""), per_page)
    found = pages.get_page(page)
    return CandidatePage(
        items=[_candidate(one) for one in found],
        counts=autopoll.counts(session),
        total=pages.count,
        page=found.number,
        pages=pages.num_pages,
    )


@router.get(f"{CANDIDATES}job/", response={200: JobOut, PROBLEMS: Problem}, auth=IMPORT)
def get_candidates_job(request: HttpRequest, session_id: SessionId) -> JobOut:
    """Return the latest work on the candidates; 404 when there was none."""
    del request
    job = AutoPollJob.objects.filter(session=_session(session_id)).first()
    if job is None:
        raise HttpError(404, "GLPI was not asked about this import's devices yet. Ask it with the task probe.")
    return _job(job)


@router.post(f"{CANDIDATES}job/", response={202: JobOut, PROBLEMS: Problem}, auth=IMPORT)
def ask_about_candidates(request: HttpRequest, session_id: SessionId, payload: Work) -> Status[JobOut]:
    """Queue work on the candidates; while some is under way, that is returned instead."""
    return Status(202, _job(autopoll.ask(_session(session_id), payload.task, request.user.pk, payload.ids)))


@router.post(f"{CANDIDATES}job/stop/", response={200: JobOut, PROBLEMS: Problem}, auth=IMPORT)
def stop_candidates_job(request: HttpRequest, session_id: SessionId) -> JobOut:
    """End the work that is under way; what was found is kept. 409 when nothing is."""
    del request
    session = _session(session_id)
    if not autopoll.stop(session):
        raise HttpError(409, "Nothing is under way any more.")
    return _job(AutoPollJob.objects.filter(session=session)[0])


@router.post(f"{CANDIDATES}printers/", response={200: Made, PROBLEMS: Problem}, auth=MAKE)
def make_candidates_printers(request: HttpRequest, session_id: SessionId, payload: Chosen) -> Made:
    """Make candidates printers. Sent twice, the second finds them made and makes none."""
    session = _session(session_id)
    made, refused = autopoll.create_printers(session, payload.ids, request.user.pk)
    listed = autopoll.in_tab(session, "printer").filter(pk__in=[one.pk for one in made])
    return Made(
        made=[_candidate(one) for one in listed],
        refused=[Refused(id=one.pk, serial_number=one.serial_number, reason=why) for one, why in refused],
    )


@router.post(f"{CANDIDATES}retire/", response={200: Counted, PROBLEMS: Problem}, auth=RETIRE)
def retire_candidates_printers(request: HttpRequest, session_id: SessionId, payload: Chosen) -> Counted:
    """Retire printers that were made of these candidates; what they have told stays on record."""
    session = _session(session_id)
    rows = autopoll.undo_printers(session, payload.ids, request.user.pk, timezone.now())
    return Counted(rows=rows, counts=autopoll.counts(session))


@router.post(f"{CANDIDATES}ignore/", response={200: Counted, PROBLEMS: Problem}, auth=IMPORT)
def leave_candidates_out(request: HttpRequest, session_id: SessionId, payload: LeaveOut) -> Counted:
    """Leave candidates out, or take them back in; those that became printers stay what they are."""
    del request
    session = _session(session_id)
    rows = autopoll.ignore(session, payload.ids, timezone.now() if payload.ignored else None)
    return Counted(rows=rows, counts=autopoll.counts(session))
