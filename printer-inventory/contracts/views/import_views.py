"""The import wizard of the contracts: upload, look at every row's verdict and decide, apply once, see what was missing."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from sheets import ApplyRefusedError
from webshell.problems import wants_json
from webshell.templatetags.webshell import number as shown

from contracts.forms import ImportForm
from contracts.models import ImportRow, ImportSession
from contracts.rules.device_rows import APPLIED_BY_ITSELF, LABELS
from contracts.services import exporting, filters, import_sessions
from contracts.services.importing_sheets import COLUMNS, SHOWN
from inventory.services.saying import said
from inventory.views import wizard

HISTORY: Final = 20
MISSING_PAGE: Final = 200
DECISIONS: Final = ImportRow.Decision.values
allowed = permission_required("contracts.import_contracts", raise_exception=True)


@require_http_methods(["GET", "POST"])
@allowed
def start_import(request: HttpRequest) -> HttpResponse:
    """The upload, and the imports made so far."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        files = [(file.name, file.read()) for file in values["files"]]
        session = import_sessions.open_session(
            values["name"] or files[0][0],
            files,
            values["status"],
            values["provider"],
            request.user.pk,
            create_cities=values["create_cities"],
            create_models=values["create_models"],
        )
        return redirect(session)
    history = ImportSession.objects.select_related("uploaded_by", "target_status")[:HISTORY]
    context = {"form": form, "history": history, "columns": COLUMNS}
    return render(request, "contracts/imports/start.html", context, status=422 if request.method == "POST" else 200)


def _session(pk: int) -> ImportSession:
    rows = ImportSession.objects.select_related("uploaded_by", "target_status", "service_provider")
    return get_object_or_404(rows, pk=pk)


@require_GET
@allowed
def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the look-through is, then the preview with a verdict per row; once applied, what became of it."""
    session = _session(pk)
    label = request.GET.get("label", "")
    label = label if label in LABELS else ""
    rows = session.rows.select_related("file", "applied_device").order_by("file", "number")
    counts = session.counts
    context = {
        "session": session,
        "progress": import_sessions.progress(session),
        "files": session.files.defer("content"),
        "applicable": counts.get("apply", 0),
        "left_out": sum(counts.get(name, 0) for name in LABELS if name != "same") - counts.get("apply", 0),
        "conflicts": counts.get("moved", 0),
        "by_itself": APPLIED_BY_ITSELF,
        **wizard.page_of_rows(rows, counts, label, request.GET.get("page", "")),
    }
    return render(request, "contracts/imports/preview.html", context)


@require_GET
@allowed
def import_progress(request: HttpRequest, pk: int) -> JsonResponse:
    """How far an import is, as the progress element reads it."""
    session = _session(pk)
    facts = import_sessions.progress(session)
    done, total = facts["done"], facts["total"]
    text = _("%(done)s of %(total)s rows") if total else _("%(done)s rows")
    words = text % {"done": shown(done), "total": shown(total)}
    told = {"name": str(session.get_task_display()), "url": request.path, "text": words}
    return JsonResponse({**told, **facts, "reason": said(session.reason)})


def ids_of(request: HttpRequest) -> list[int]:
    """Return the ids of the rows that were chosen."""
    texts = request.POST.getlist("ids")[:5000]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


@require_POST
@allowed
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply or leave out rows (`ids`), or all of a label (`label`)."""
    session = _session(pk)
    decision, label = request.POST.get("decision", ""), request.POST.get("all_of", "")
    ids = ids_of(request)
    if decision in DECISIONS and (ids or label in LABELS):
        try:
            import_sessions.decide(pk, label if label in LABELS else ids, decision)
        except ApplyRefusedError as error:
            messages.warning(request, str(error))
    else:
        messages.warning(request, _("Choose rows and what is to become of them."))
    query = request.GET.urlencode()
    return redirect(f"{session.get_absolute_url()}{'?' + query if query else ''}")


@require_POST
@allowed
def apply_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a preview applied; pressed twice, the second press finds it under way or applied."""
    session = _session(pk)
    try:
        import_sessions.ask_apply(pk, request.POST.get("token", ""))
    except ApplyRefusedError as error:
        words = {
            "ALREADY_APPLIED": _("This import had been applied already; nothing was done twice."),
            "RUNNING": _("This import is being worked on already."),
            "WRONG_TOKEN": _("The decisions have changed in another window. Look through them again."),
            "NOTHING": _("No row would add or change a device."),
        }
        if wants_json(request):
            return JsonResponse({"code": error.code, "detail": words[error.code]}, status=409)
        messages.warning(request, words[error.code])
    return redirect(session)


@require_POST
@allowed
def undo_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Have an applied import taken back; what has been changed since is not lost: then it is refused, with the reason."""
    session = _session(pk)
    try:
        import_sessions.ask_undo(pk, request.user.pk)
    except ApplyRefusedError as error:
        words = {
            "RUNNING": _("This import is being worked on already."),
            "NOT_APPLIED": _("This import has not been applied, or has been undone already."),
        }
        if wants_json(request):
            return JsonResponse({"code": error.code, "detail": words[error.code]}, status=409)
        messages.warning(request, words[error.code])
    return redirect(session)


@require_GET
@allowed
def import_report(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rows with their verdicts as a spreadsheet (`format=csv` for CSV), to correct the file by."""
    rows = _session(pk).rows.order_by("file", "number").iterator(chunk_size=2000)
    return wizard.report(request, rows, SHOWN, f"contracts-import-{pk}")


@require_GET
@allowed
def import_template(request: HttpRequest) -> StreamingHttpResponse:
    """An empty table with the columns that are understood."""
    return wizard.empty_table(request, COLUMNS, "contract_devices.xlsx")


@require_GET
@allowed
def missing(request: HttpRequest, pk: int) -> HttpResponse:
    """The devices of the files' organizations that stand in no row."""
    session = _session(pk)
    pages = Paginator(import_sessions.missing_devices(session), MISSING_PAGE)
    asked = request.GET.get("page", "")
    page = min(int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 8 else 1, pages.num_pages) or 1
    context = {
        "session": session,
        "devices": filters.with_facts(pages.page(page).object_list),  # type: ignore[arg-type] # a page of a query is a query
        "page": page,
        "pages": pages,
        "total": pages.count,
        "first": (page - 1) * MISSING_PAGE + 1 if pages.count else 0,
        "last": min(page * MISSING_PAGE, pages.count),
        "back": reverse("contracts:import", args=[pk]),
    }
    return render(request, "contracts/imports/missing.html", context)


@require_GET
@allowed
def export_missing(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The missing devices as a spreadsheet."""
    rows = filters.with_facts(import_sessions.missing_devices(_session(pk))).iterator(chunk_size=2000)
    lines = (exporting.missing_line(device) for device in rows)
    return wizard.table(request, exporting.MISSING_OUTS, lines, f"missing-{pk}", exporting.SHEET)
