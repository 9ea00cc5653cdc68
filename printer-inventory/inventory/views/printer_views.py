"""Pages of printers: the fleet, one printer, add, edit, retire."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.cache import caches
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.reach import organizations
from inventory.forms import PrinterForm
from inventory.models import MatchRule, Organization, Printer
from inventory.services import events, exports, fleet, history, printers, quarantine
from inventory.views.columns import COLUMNS
from inventory.views.rows import printer_rows as rows_html

ROWS_LIMIT = 500


@require_GET
def printer_list(request: HttpRequest) -> HttpResponse:
    """The fleet: filtered, sorted and cut by the database."""
    now = timezone.now()
    chosen = fleet.parse_filter(request.GET, request.GET.getlist("org"))
    rows = fleet.select(chosen, now)
    pages = Paginator(rows, chosen.page_size)
    page = min(chosen.page, pages.num_pages)
    chosen = replace(chosen, page=page)
    context = {
        "filter": chosen,
        "chips": chips_of(chosen),
        "columns": COLUMNS,
        "rows": rows_html(request, fleet.page_of(rows, chosen)) if pages.count else "",
        "page": page,
        "pages": pages,
        "total": pages.count,
        "page_sizes": fleet.PAGE_SIZES,
        "first": (page - 1) * chosen.page_size + 1 if pages.count else 0,
        "last": min(page * chosen.page_size, pages.count),
        "now": now,
        "export_direct": exports.DIRECT_ROWS,
    }
    return render(request, "inventory/printer_list.html", context)


@require_GET
def printer_rows(request: HttpRequest) -> HttpResponse:
    """The rows of given printers again, for the list to put in place of what it shows."""
    ids = [int(text) for text in request.GET.get("ids", "").split(",") if text.isascii() and text.isdigit()][
        :ROWS_LIMIT
    ]
    return HttpResponse(rows_html(request, fleet.by_ids(ids)))


@require_GET
def filter_choices(request: HttpRequest) -> HttpResponse:
    """What the filter menu offers; fetched when it is opened, so that the list itself stays light."""
    chosen = fleet.parse_filter(request.GET, request.GET.getlist("org"))
    context = {
        "filter": chosen,
        "states": fleet.STATES,
        "silences": fleet.SILENCES,
        "rules": MatchRule.choices,
        **reference_lists(),
    }
    return render(request, "inventory/partials/filters.html", context)


def reference_lists() -> dict[str, Any]:
    """Return organizations and models in use, from the inventory cache: an entry per set of organizations that may be seen."""
    cache, key = caches["inventory"], f"reference-lists:{organizations()}"
    lists: dict[str, Any] | None = cache.get(key)
    if lists is None:
        models = Printer.objects.filter(is_active=True, device_model__isnull=False).order_by()
        in_use = models.values(
            "device_model", "device_model__name", "device_model__manufacturer", "device_model__manufacturer__name"
        ).annotate(count=Count("pk"))
        lists = {
            "organizations": list(Organization.objects.values("id", "name").annotate(count=Count("printers"))),
            "models": sorted(
                in_use, key=lambda row: (row["device_model__manufacturer__name"], row["device_model__name"])
            ),
        }
        cache.set(key, lists, timeout=60)
    return lists


def chips_of(chosen: fleet.FleetFilter) -> list[dict[str, Any]]:
    """Return the active filters as words with the address that removes each."""
    url = reverse("inventory:printer_list")
    chips: list[dict[str, Any]] = []

    def chip(label: str, **without: Any) -> None:
        chips.append({"label": label, "remove": f"{url}?{chosen.query(**without)}"})

    if chosen.search:
        chip(_("matching “%(text)s”") % {"text": chosen.search}, search="")
    if chosen.organizations or chosen.without_organization:
        names = [row["name"] for row in reference_lists()["organizations"] if row["id"] in chosen.organizations]
        names += [_("no organization")] if chosen.without_organization else []
        chip(
            _("of %(names)s") % {"names": ", ".join(names) or _("an unknown organization")},
            organizations=(),
            without_organization=False,
        )
    if chosen.manufacturer or chosen.model:
        chip(_model_words(chosen), manufacturer=None, model=None)
    if chosen.state:
        chip(str(fleet.STATES[chosen.state]), state="")
    if chosen.silent:
        chip(_("silent for %(time)s") % {"time": chosen.silent.replace("h", " h").replace("d", " d")}, silent="")
    if chosen.low:
        chip(_("a supply at %(percent)s %% or less") % {"percent": chosen.low}, low=None)
    if chosen.rule:
        label = dict(MatchRule.choices).get(chosen.rule, _("nothing yet"))
        chip(_("recognised by %(rule)s") % {"rule": label}, rule="")
    if chosen.active != "true":
        chip(_("retired") if chosen.active == "false" else _("retired ones too"), active="true")
    return chips


def _model_words(chosen: fleet.FleetFilter) -> str:
    for row in reference_lists()["models"]:
        if chosen.model == row["device_model"]:
            return f"{row['device_model__manufacturer__name']} {row['device_model__name']}"
        if not chosen.model and chosen.manufacturer == row["device_model__manufacturer"]:
            return str(row["device_model__manufacturer__name"])
    return _("an unknown model")


@require_GET
def printer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One printer: who it is, how it stands, what it has read, what happened to it."""
    printer = get_object_or_404(fleet.with_facts(Printer.objects.all()), pk=pk)
    context = {
        "printer": printer,
        "tasks": history.recent_polls(printer),
        "events": events.timeline(printer),
        "doubts": quarantine.open_doubts(printer),
        "now": timezone.now(),
        "chart_url": reverse("inventory:printer_history", args=[printer.pk]),
        "periods": [
            ("day", _("Day")),
            ("week", _("Week")),
            ("month", _("Month")),
            ("year", _("Year")),
            ("all", _("All")),
        ],
    }
    return render(request, "inventory/printer_detail.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("inventory.add_printer", raise_exception=True)
def add_printer(request: HttpRequest) -> HttpResponse:
    """Add a printer; the page can ask the address first."""
    form = PrinterForm(request.POST or None, initial={"ip_address": request.GET.get("address", "")})
    if request.method == "POST" and form.is_valid():
        try:
            printer = printers.add_printer(form.values(), request.user.pk)
        except printers.AddressTakenError as error:
            form.add_error("ip_address", str(error))
        else:
            messages.success(request, _("%(printer)s added; it is being polled.") % {"printer": printer})
            poll_now(printer, request.user.pk)
            return redirect(printer)
    return render(request, "inventory/printer_form.html", {"form": form}, status=422 if form.errors else 200)


def poll_now(printer: Printer, user_id: int | None) -> None:
    """Ask for a poll of one printer."""
    from inventory.services import notifying, requests

    rows = requests.request_polls([printer.pk], user_id)
    notifying.polls_asked([row.printer_id for row in rows])


@require_http_methods(["GET", "POST"])
@permission_required("inventory.change_printer", raise_exception=True)
def edit_printer(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a printer; refused when somebody else has changed it meanwhile."""
    printer = get_object_or_404(Printer.objects.select_related("device_model__manufacturer"), pk=pk)
    form = PrinterForm(request.POST or None, instance=Printer.objects.get(pk=pk))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            version = form.cleaned_data["version"]
            try:
                printers.edit_printer(printer, form.values(), -1 if version is None else version, request.user.pk)
            except printers.ConflictError:
                status = 409
                form.add_error(
                    None,
                    _(
                        "Somebody else has changed this printer since you opened it. "
                        "Open it again and repeat your change."
                    ),
                )
            except printers.AddressTakenError as error:
                form.add_error("ip_address", str(error))
            else:
                return redirect(printer)
    return render(request, "inventory/printer_form.html", {"form": form, "printer": printer}, status=status)


@require_POST
@permission_required("inventory.delete_printer", raise_exception=True)
def retire_printer(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire a printer; the message that follows can undo it."""
    printer = get_object_or_404(Printer, pk=pk)
    printers.retire(printer, request.user.pk, timezone.now())
    undo = reverse("inventory:printer_restore", args=[pk])
    messages.success(
        request, _("%(printer)s retired; its history stays.") % {"printer": printer}, extra_tags=f"undo:{undo}"
    )
    return redirect("inventory:printer_list")


@require_POST
@permission_required("inventory.delete_printer", raise_exception=True)
def restore_printer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a retired printer back."""
    printer = get_object_or_404(Printer, pk=pk)
    try:
        printers.restore(printer, request.user.pk, timezone.now())
    except printers.AddressTakenError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(printer)s is back in the fleet.") % {"printer": printer})
    return redirect(printer)
