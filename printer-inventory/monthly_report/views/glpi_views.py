"""The export of the latest closed month's counters to GLPI: looked up, seen, written."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from sheets import Out
from webshell.templatetags.webshell import number as shown

from inventory.services import glpi_server
from inventory.views import wizard
from monthly_report.models import GlpiExport, GlpiExportRow, MonthControl
from monthly_report.services import glpi_export, months

PAGE: Final = 100
HISTORY: Final = 50
Status = GlpiExportRow.Status
LOOKS: Final = {
    Status.WAITING: ("waiting", "hourglass"),
    Status.RISE: ("running still", "arrow-up"),
    Status.FALL: ("warning", "exclamation-triangle-fill"),
    Status.DUE: ("waiting", "hourglass"),
    Status.WRITTEN: ("ok", "check-circle-fill"),
    Status.SAME: ("ok", "check-circle-fill"),
    Status.CHANGED: ("warning", "exclamation-triangle-fill"),
    Status.REFUSED: ("failed", "x-circle-fill"),
    Status.NOT_FOUND: ("waiting", "question-circle"),
    Status.MULTIPLE: ("warning", "files"),
    Status.SHARED: ("warning", "files"),
}
LEFT_OUT: Final = ("waiting", "dash-circle")
allowed = permission_required("monthly_report.export_to_glpi", raise_exception=True)


def _may_see(request: HttpRequest, month: Any) -> None:
    months.require_visible(request.user, MonthControl.objects.filter(month=month).first())


def _export(request: HttpRequest, pk: int) -> GlpiExport:
    found: GlpiExport = get_object_or_404(GlpiExport.objects.select_related("requested_by", "written_by"), pk=pk)
    _may_see(request, found.month)
    return found


@require_GET
@allowed
def home(request: HttpRequest) -> HttpResponse:
    """Which month would be exported, and the exports until now."""
    month = glpi_export.latest_closed(timezone.now())
    hidden = False
    if month is not None:
        try:
            _may_see(request, month)
        except PermissionDenied:
            month, hidden = None, True
    seen = months.only_visible(GlpiExport.objects.select_related("requested_by", "written_by"), request.user)
    written = Count("rows", filter=Q(rows__status=Status.WRITTEN))
    exports = seen.annotate(devices=Count("rows"), written=written)[:HISTORY]
    context = {"month": month, "hidden": hidden, "exports": exports, "glpi_ready": glpi_server.is_set_up()}
    return render(request, "monthly_report/glpi/home.html", context)


@require_POST
@allowed
def start(request: HttpRequest) -> HttpResponse:
    """Have the latest closed month looked up in GLPI; nothing is written by that."""
    month = glpi_export.latest_closed(timezone.now())
    if month is None:
        messages.warning(request, _("No month is closed yet. Close one for editing first."))
        return redirect("monthly_report:glpi_exports")
    _may_see(request, month)
    try:
        return redirect(glpi_export.start(month, request.user.pk))
    except glpi_export.NotNowError as error:
        messages.warning(request, str(error))
        return redirect("monthly_report:glpi_exports")


@require_GET
@allowed
def status(request: HttpRequest) -> JsonResponse:
    """How far the export is that was asked for last, as the progress element reads it."""
    job = months.only_visible(GlpiExport.objects.all(), request.user).first()
    if job is None:
        return JsonResponse({"state": "done", "done": 0, "total": 0, "text": "", "reason": "", "name": ""})
    words = {"done": shown(job.done), "total": shown(job.total)}
    return JsonResponse(
        {
            "name": str(job.get_task_display()),
            "url": request.path,
            "state": job.state,
            "done": job.done,
            "total": job.total,
            "text": _("%(done)s of %(total)s devices") % words if job.total else "",
            "reason": job.reason,
        }
    )


@require_GET
@allowed
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One export: what would be written, what GLPI has, and what became of each device."""
    export = _export(request, pk)
    rows = GlpiExportRow.objects.filter(export=export)
    counts = dict(rows.order_by().values_list("status").annotate(n=Count("pk")))
    tab = request.GET.get("status", "")
    tab = tab if tab in Status.values else ""
    pages = Paginator((rows.filter(status=tab) if tab else rows).select_related("organization"), PAGE)
    page = pages.get_page(request.GET.get("page"))
    tabs = [{"label": _("All"), "url": "?", "active": not tab, "count": shown(sum(counts.values()))}]
    tabs += [
        {"label": label, "url": f"?status={name}", "active": name == tab, "count": shown(counts.get(name, 0))}
        for name, label in Status.choices
        if counts.get(name) or name == tab
    ]
    context = {
        "export": export,
        "rows": [{"row": row, "look": LOOKS.get(Status(row.status), LEFT_OUT)} for row in page.object_list],
        "tabs": tabs,
        "tab": tab,
        "rises": counts.get(Status.RISE, 0),
        "falls": counts.get(Status.FALL, 0),
        "decides": bool(export.looked_at and not export.is_open and (counts.get("rise") or counts.get("fall"))),
        "unfinished": not export.is_open and export.state != "done",
        "page": page.number,
        "pages": pages,
        "total": pages.count,
        "first": page.start_index(),
        "last": page.end_index(),
    }
    return render(request, "monthly_report/glpi/export.html", context)


@require_POST
@allowed
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what rises written, and of what falls the rows whose box was ticked (`fall`)."""
    export = _export(request, pk)
    ids = {int(text) for text in request.POST.getlist("fall") if text.isascii() and text.isdigit() and len(text) < 19}
    try:
        count = glpi_export.write(export.pk, ids, request.user.pk, timezone.now())
    except glpi_export.NotNowError as error:
        messages.warning(request, str(error))
    else:
        text = ngettext("%(n)s counter is being written.", "%(n)s counters are being written.", count)
        messages.success(request, text % {"n": shown(count)})
    return redirect(export)


@require_POST
@allowed
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the rest done."""
    export = _export(request, pk)
    try:
        glpi_export.go_on(export.pk, timezone.now())
    except glpi_export.NotNowError as error:
        messages.warning(request, str(error))
    return redirect(export)


@require_POST
@allowed
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End what is under way."""
    export = _export(request, pk)
    if not glpi_export.stop(export.pk, timezone.now()):
        messages.info(request, _("Nothing is under way any more."))
    return redirect(export)


@require_GET
@allowed
def table(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The devices of a tab as a spreadsheet; `format=csv` for CSV."""
    export = _export(request, pk)
    rows = GlpiExportRow.objects.filter(export=export).select_related("organization")
    tab = request.GET.get("status", "")
    rows = rows.filter(status=tab) if tab in Status.values else rows
    outs = [
        Out(_("Serial number")), Out(_("Organization")), Out(_("Model")), Out(_("What becomes of it")), Out(_("Why not")),
        Out(_("Name in GLPI")), Out(_("GLPI before")), Out(_("Counter of the month")), Out(_("Difference")),
        Out(_("GLPI after")), Out(_("Written")),
    ]  # fmt: skip
    lines = (
        (
            row.serial_number,
            str(row.organization or ""),
            row.equipment_model,
            str(row.get_status_display()),
            row.error,
            row.glpi_name,
            row.before,
            row.pages,
            row.difference,
            row.after,
            timezone.localtime(row.written_at).strftime("%d.%m.%Y %H:%M") if row.written_at else "",
        )
        for row in rows.iterator(chunk_size=2000)
    )
    return wizard.table(request, outs, lines, f"glpi_{export.month:%Y-%m}", f"{export.month:%Y-%m}")
