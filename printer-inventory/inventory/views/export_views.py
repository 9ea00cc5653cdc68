"""The fleet as a file: small ones at once, large ones as a job that can be left alone."""

from __future__ import annotations

from typing import Final, Literal

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from sheets import csv_style, stream_table
from webshell.downloads import download
from webshell.problems import problem, wants_json

from inventory.models import Export, JobState
from inventory.services import export_table, exports, fleet

TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
PAGE: Final = 50
allowed = permission_required("inventory.export_printers", raise_exception=True)


@require_GET
@allowed
def export_now(request: HttpRequest) -> HttpResponseBase:
    """Everything the list's filter matches (`?format=xlsx|csv&cols=address,serial&<filter>`), sent while it is read."""
    kind = _kind(request.GET.get("format"))
    fields = export_table.columns(request.GET.get("cols", "").split(","))
    found = exports.selected(request.GET.urlencode(), timezone.now())
    pieces = stream_table(
        export_table.outs(fields),
        export_table.rows(found, fields),
        kind=kind,
        sheet=_("Printers"),
        csv_as=csv_style(get_language() or "en"),
        zone=timezone.get_current_timezone(),
    )
    return download(request, pieces, _name(kind), TYPES[kind])


@require_POST
@allowed
def start_export(request: HttpRequest) -> HttpResponse:
    """Ask for a large file as a job (`?<filter>`, fields `format` and `cols`); 202 with its progress for programs."""
    chosen = fleet.parse_filter(request.GET, request.GET.getlist("org"))
    columns = [key for key in request.POST.get("cols", "").split(",") if key]
    job = exports.request_export(
        int(request.user.pk or 0),
        _kind(request.POST.get("format")),
        chosen.query(),
        columns,
        language=get_language() or "en",
        zone=timezone.get_current_timezone_name(),
    )
    return JsonResponse({"success": True, **export_json(job)}, status=202) if wants_json(request) else redirect(job)


@require_GET
@allowed
def export_list(request: HttpRequest) -> HttpResponse:
    """This person's exports, newest first."""
    rows = Export.objects.filter(requested_by=request.user.pk)
    pages = Paginator(rows, PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "exports": page.object_list,
        "page": page.number,
        "pages": pages,
        "total": pages.count,
        "first": page.start_index(),
        "last": page.end_index(),
        "kept_since": timezone.now() - exports.KEEP_FILE,
    }
    return render(request, "inventory/exports/list.html", context)


@require_GET
@allowed
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One export: how far it is, and the file once it is whole."""
    job = _mine(request, pk)
    return render(
        request, "inventory/exports/detail.html", {"job": job, "progress": exports.job_of(job), "gone": _gone(job)}
    )


@require_GET
@allowed
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is."""
    return JsonResponse(export_json(_mine(request, pk)))


@require_POST
@allowed
def stop_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it; what was written is thrown away."""
    job = _mine(request, pk)
    stopped = exports.stop(job, timezone.now())
    job.refresh_from_db()
    return JsonResponse({"success": stopped, **export_json(job)}) if wants_json(request) else redirect(job)


@require_GET
@allowed
def download_export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file; 409 while it is not whole, 410 once it has been forgotten."""
    job = _mine(request, pk)
    if job.state != JobState.DONE:
        return problem(
            request, 409, _("Not finished"), _("The file is not whole yet. Look at its progress and try again.")
        )
    if _gone(job):
        return problem(request, 410, _("Forgotten"), _("Files are kept for a day. Export the list again."))
    return download(request, exports.content(job), _name(job.kind), TYPES[job.kind], size=job.size)


def export_json(job: Export) -> dict[str, object]:
    """Return an export as the progress element reads it."""
    ready = job.state == JobState.DONE
    return {
        "id": job.pk,
        "name": _("Export to %(kind)s") % {"kind": job.get_kind_display()},
        "url": reverse("inventory:export_progress", args=[job.pk]),
        "stop_url": reverse("inventory:export_stop", args=[job.pk]),
        "download_url": reverse("inventory:export_download", args=[job.pk]) if ready else None,
        "requested_at": job.requested_at,
        **exports.job_of(job),
    }


def _mine(request: HttpRequest, pk: int) -> Export:
    """Return an export of this person; another's does not exist."""
    job = get_object_or_404(Export.objects.all(), pk=pk)
    if job.requested_by_id != request.user.pk:
        raise Http404
    return job


def _gone(job: Export) -> bool:
    return job.state == JobState.DONE and not job.pieces.exists()


def _kind(text: str | None) -> Literal["xlsx", "csv"]:
    return "csv" if text == "csv" else "xlsx"


def _name(kind: str) -> str:
    return f"printers_{timezone.localtime():%Y-%m-%d_%H%M}.{kind}"
