"""The import wizard of cartridges: upload, look at every row's verdict and leave rows out, apply once."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from sheets import ApplyRefusedError, SheetError
from webshell.templatetags.webshell import number as shown

from contracts.forms import CartridgeImportForm
from contracts.models import CartridgeImport
from contracts.services import cartridge_sessions
from contracts.services.importing_cartridges import COLUMNS
from contracts.views.import_views import DECISIONS, HISTORY, ids_of
from inventory.services.saying import said
from inventory.views import wizard

LABELS: Final = ("new", "update", "same", "dup_in_file", "error")
allowed = permission_required("contracts.add_cartridge", raise_exception=True)


@require_http_methods(["GET", "POST"])
@allowed
def start_import(request: HttpRequest) -> HttpResponse:
    """The upload, and the imports made so far."""
    form = CartridgeImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            session = cartridge_sessions.open_session(
                values["file"].name,
                values["file"].read(),
                request.user.pk,
                primary=values["primary"],
                skip_existing=values["skip_existing"],
            )
            return redirect(session)
        except SheetError as error:
            form.add_error("file", said(error))
    history = CartridgeImport.objects.defer("content").select_related("uploaded_by")[:HISTORY]
    context = {"form": form, "history": history, "columns": COLUMNS}
    return render(request, "contracts/cartridges/start.html", context, status=422 if request.method == "POST" else 200)


def _session(pk: int) -> CartridgeImport:
    return get_object_or_404(CartridgeImport.objects.defer("content").select_related("uploaded_by"), pk=pk)


@require_GET
@allowed
def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview with a verdict per row; once applied, what became of it."""
    session = _session(pk)
    label = request.GET.get("label", "")
    label = label if label in LABELS else ""
    applicable = session.counts.get("apply", 0)
    context = {
        "session": session,
        "applicable": applicable,
        "left_out": sum(session.counts.get(name, 0) for name in LABELS if name != "same") - applicable,
        **wizard.page_of_rows(session.rows.order_by("number"), session.counts, label, request.GET.get("page", "")),
    }
    return render(request, "contracts/cartridges/preview.html", context)


@require_POST
@allowed
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave rows out or take them in again (`ids`, or `all_of` a label)."""
    session = _session(pk)
    decision, label, ids = request.POST.get("decision", ""), request.POST.get("all_of", ""), ids_of(request)
    if decision in DECISIONS and (ids or label in LABELS):
        try:
            cartridge_sessions.decide(pk, label if label in LABELS else ids, decision)
        except ApplyRefusedError:
            messages.warning(request, _("This import had been applied already; nothing was done twice."))
    else:
        messages.warning(request, _("Choose rows and what is to become of them."))
    query = request.GET.urlencode()
    return redirect(f"{session.get_absolute_url()}{'?' + query if query else ''}")


@require_POST
@allowed
def apply_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply a preview; pressed twice, the second press finds it applied."""
    session = _session(pk)
    try:
        told = cartridge_sessions.apply_session(pk, request.POST.get("token", ""))
    except ApplyRefusedError as error:
        words = {
            "ALREADY_APPLIED": _("This import had been applied already; nothing was done twice."),
            "STALE": _("The catalogue has changed meanwhile, so the rows were judged anew. Look through them again."),
            "WRONG_TOKEN": _("The decisions have changed in another window. Look through them again."),
            "NOTHING": _("No row would add or change a cartridge."),
        }
        messages.warning(request, words[error.code])
    else:
        text = _("Cartridges added: %(made)s, links to models: %(links)s.")
        messages.success(request, text % {"made": shown(told.cartridges), "links": shown(told.links)})
    return redirect(session)


@require_GET
@allowed
def import_report(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rows with their verdicts as a spreadsheet (`format=csv` for CSV), to correct the file by."""
    rows = _session(pk).rows.order_by("number").iterator(chunk_size=2000)
    return wizard.report(request, rows, COLUMNS, f"cartridges-import-{pk}")


@require_GET
@allowed
def import_template(request: HttpRequest) -> StreamingHttpResponse:
    """An empty table with the columns that are understood."""
    return wizard.empty_table(request, COLUMNS, "cartridges.xlsx")
