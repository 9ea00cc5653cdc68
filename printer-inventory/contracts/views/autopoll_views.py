"""The page of an import's candidates for polling: look up, ask, make printers, leave out, undo."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST
from sheets import Out
from webshell.templatetags.webshell import number as shown

from contracts.models import AutoPollCandidate, AutoPollJob, ImportSession
from contracts.rules.autopoll import may_become_printer
from contracts.services import autopoll
from contracts.views.import_views import allowed, ids_of
from inventory.services import glpi_server
from inventory.views import wizard

PAGE: Final = 100
Status = AutoPollCandidate.Status
LOOKS: Final = {
    Status.WAITING: ("waiting", "hourglass"),
    Status.ACTIVE: ("ok", "check-circle-fill"),
    Status.STALE: ("warning", "clock-history"),
    Status.NOT_FOUND: ("waiting", "question-circle"),
    Status.NO_IP: ("warning", "wifi-off"),
    Status.CONFLICT: ("warning", "exclamation-triangle-fill"),
    Status.ERROR: ("failed", "x-circle-fill"),
}
TABS: Final[dict[str, Any]] = {
    **dict(Status.choices),
    "printer": gettext_lazy("became printers"),
    "ignored": gettext_lazy("left out"),
}
may_create = permission_required("inventory.add_printer", raise_exception=True)


def _session(pk: int) -> ImportSession:
    return get_object_or_404(ImportSession, pk=pk, state=ImportSession.State.DONE, undone_at=None)


@require_GET
@allowed
def candidates(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidates by what GLPI says of them, and the work that is under way."""
    session = _session(pk)
    tab = request.GET.get("status", "")
    tab = tab if tab in TABS else ""
    counted = autopoll.counts(session)
    pages = Paginator(autopoll.in_tab(session, tab), PAGE)
    page = pages.get_page(request.GET.get("page"))
    tabs = [{"label": _("All"), "url": "?", "active": not tab, "count": shown(sum(counted.values()))}]
    tabs += [
        {"label": label, "url": f"?status={name}", "active": name == tab, "count": shown(counted.get(name, 0))}
        for name, label in TABS.items()
        if counted.get(name) or name == tab
    ]
    context = {
        "session": session,
        "job": AutoPollJob.objects.filter(session=session).first(),
        "rows": [
            {"row": one, "look": LOOKS[Status(one.status)], "sure": may_become_printer(one.status, one.verify_ok)}
            for one in page.object_list
        ],
        "tabs": tabs,
        "tab": tab,
        "known": sum(counted.values()),
        "addressed": session.candidates.filter(created_printer=None, ignored_at=None).exclude(glpi_ip=None).count(),
        "glpi_ready": glpi_server.is_set_up(),
        "page": page.number,
        "pages": pages,
        "total": pages.count,
        "first": page.start_index(),
        "last": page.end_index(),
    }
    return render(request, "contracts/imports/candidates.html", context)


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(f"{reverse('contracts:autopoll', args=[pk])}{'?' + query if query else ''}")


@require_POST
@allowed
def probe(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the candidates looked up in GLPI; pressed twice, it happens once."""
    autopoll.ask(_session(pk), AutoPollJob.Task.PROBE, request.user.pk)
    return _back(request, pk)


@require_POST
@allowed
def verify(request: HttpRequest, pk: int, candidate_id: int | None = None) -> HttpResponse:
    """Have addresses asked who they are: of one candidate, of those chosen (`ids`), or of all that have one."""
    session = _session(pk)
    if candidate_id is not None:
        get_object_or_404(session.candidates, pk=candidate_id)
    only = [candidate_id] if candidate_id is not None else ids_of(request) or None
    autopoll.ask(session, AutoPollJob.Task.VERIFY, request.user.pk, only)
    return _back(request, pk)


@require_GET
@allowed
def progress(request: HttpRequest, pk: int) -> JsonResponse:
    """How far the latest work is, as the progress element reads it."""
    job = AutoPollJob.objects.filter(session=_session(pk)).first()
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


@require_POST
@allowed
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End the work that is under way."""
    if not autopoll.stop(_session(pk)):
        messages.info(request, _("Nothing is under way any more."))
    return _back(request, pk)


@require_POST
@allowed
@may_create
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the chosen candidates printers; the message that follows can undo it."""
    made, refused = autopoll.create_printers(_session(pk), ids_of(request), request.user.pk)
    if made:
        text = ngettext("%(n)s printer added and asked.", "%(n)s printers added and asked.", len(made))
        undo = f"{reverse('contracts:autopoll_undo', args=[pk])}?ids={','.join(str(one.pk) for one in made[:500])}"
        messages.success(request, text % {"n": shown(len(made))}, extra_tags=f"undo:{undo}" if len(made) <= 500 else "")
    for one, why in refused[:5]:
        messages.warning(request, f"{one.serial_number}: {why}")
    if len(refused) > 5:
        text = ngettext("%(n)s more was not added.", "%(n)s more were not added.", len(refused) - 5)
        messages.warning(request, text % {"n": shown(len(refused) - 5)})
    if not made and not refused:
        messages.warning(request, _("Choose devices that are no printers yet."))
    return _back(request, pk)


def _ids(request: HttpRequest) -> list[int]:
    texts = request.GET.get("ids", "").split(",")[:500]
    return ids_of(request) or [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


@require_POST
@allowed
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire printers that were made here (`ids`, in the body or the address)."""
    if not request.user.has_perm("inventory.delete_printer"):
        raise PermissionDenied
    count = autopoll.undo_printers(_session(pk), _ids(request), request.user.pk, timezone.now())
    text = ngettext("%(n)s printer retired again.", "%(n)s printers retired again.", count)
    messages.success(request, text % {"n": shown(count)})
    return redirect("contracts:autopoll", pk)


@require_POST
@allowed
def ignore(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the chosen candidates out, or with `back` take them in again."""
    ids = _ids(request)
    if "back" in request.GET or "back" in request.POST:
        autopoll.ignore(_session(pk), ids, None)
        return redirect("contracts:autopoll", pk)
    count = autopoll.ignore(_session(pk), ids, timezone.now())
    text = ngettext("%(n)s device left out.", "%(n)s devices left out.", count) % {"n": shown(count)}
    undo_url = f"{reverse('contracts:autopoll_ignore', args=[pk])}?back=1&ids={','.join(map(str, ids[:500]))}"
    messages.success(request, text, extra_tags=f"undo:{undo_url}" if 0 < len(ids) <= 500 else "")
    return _back(request, pk)


@require_GET
@allowed
def export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The candidates of a tab as a spreadsheet; `format=csv` for CSV."""
    tab = request.GET.get("status", "")
    rows = autopoll.in_tab(_session(pk), tab if tab in TABS else "").iterator(chunk_size=2000)
    outs = [
        Out(_("Serial number")), Out(_("Organization")), Out(_("Model")), Out(_("What GLPI says")), Out(_("Why not")),
        Out(_("Name in GLPI")), Out(_("Address")), Out(_("Last seen by GLPI")), Out(_("Pages in GLPI")),
        Out(_("What answered")), Out(_("Printer")),
    ]  # fmt: skip
    lines = (
        (
            one.serial_number,
            str(one.contract_device.organization) if one.contract_device else "",
            str(one.contract_device.model) if one.contract_device else "",
            str(one.get_status_display()),
            one.error,
            one.glpi_name,
            one.glpi_ip or "",
            timezone.localtime(one.glpi_date).strftime("%d.%m.%Y %H:%M") if one.glpi_date else "",
            one.glpi_counter,
            one.verify_message,
            str(one.created_printer or ""),
        )
        for one in rows
    )
    return wizard.table(request, outs, lines, f"autopoll-{pk}", "GLPI")
