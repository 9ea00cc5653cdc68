"""The JSON addresses that the two documents name (spec/printers.md 8); `/api/v1/` is their typed successor."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from webshell.problems import problem

from inventory.models import Printer
from inventory.services import documented, fleet, reference

LONGEST_DAYS = 366


@require_GET
def printers(request: HttpRequest) -> HttpResponse:
    """`{"printers": [...], "total", "page", "total_pages", "total_count", "start_index", "end_index"}`."""
    chosen = documented.parse(request.GET.dict())
    rows = fleet.select(chosen, timezone.now())
    pages = Paginator(rows, chosen.page_size)
    first = (chosen.page - 1) * chosen.page_size
    found = [documented.printer_row(one) for one in fleet.page_of(rows, chosen)]
    return JsonResponse(
        {
            "printers": found,
            "total": pages.count,
            "page": chosen.page,
            "total_pages": pages.num_pages,
            "total_count": pages.count,
            "start_index": first + 1 if found else 0,
            "end_index": first + len(found),
        }
    )


@require_GET
def printer(request: HttpRequest, pk: int) -> HttpResponse:
    """One printer, flat."""
    del request
    return JsonResponse(documented.printer_detail(get_object_or_404(fleet.with_facts(Printer.objects.all()), pk=pk)))


@require_GET
def models_by_manufacturer(request: HttpRequest) -> HttpResponse:
    """`?manufacturer_id=` to `{"models": [{"id", "name"}]}`."""
    text = request.GET.get("manufacturer_id") or request.GET.get("manufacturer", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return problem(request, 400, _("Unreadable request"), _("Name a manufacturer: ?manufacturer_id=1"))
    return JsonResponse(
        {"models": [{"id": one["id"], "name": one["name"]} for one in reference.device_models(int(text))]}
    )


@require_GET
def all_models(request: HttpRequest) -> HttpResponse:
    """`{"models": [{"id", "name", "manufacturer"}]}`."""
    del request
    return JsonResponse({"models": reference.device_models()})


@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """`?days=7` to how polls ended."""
    text = request.GET.get("days", "7")
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 7
    return JsonResponse(documented.statistics(min(max(days, 1), LONGEST_DAYS), timezone.now()))
