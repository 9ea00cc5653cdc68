"""The pages: the months, one month, who changed what in it; and its file."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET
from sheets import csv_style
from webshell.downloads import download

from inventory.models import Organization
from inventory.rules.months import previous_month
from monthly_report.models import BulkChangeLog, CounterChangeLog, MonthlyReport
from monthly_report.rules.comparing import MonthDevice
from monthly_report.services import listing, months
from monthly_report.services.exporting import export_month
from monthly_report.views.common import month_or_404, visible_month, whole
from monthly_report.views.grid_views import PERMISSIONS
from monthly_report.views.words import COUNTER_WORDS, FIGURE_WORDS, GRID_WORDS, REFUSAL_WORDS, SHOWN_WORDS

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHANGES_PAGE: Final = 100


@require_GET
def month_list(request: HttpRequest) -> HttpResponse:
    """The months with how far each is filled, by whom, and how it differs from the one before."""
    seen = months.only_visible(MonthlyReport.objects.all(), request.user)
    years = sorted({day.year for day in seen.dates("month", "year")}, reverse=True)
    year = whole(request.GET.get("year"), 2000, 2099, 0)
    context = {
        "months": listing.months(year or None, hidden=request.user.has_perm(months.VISIBILITY)),
        "years": years,
        "year": year,
        "now": timezone.now(),
    }
    return render(request, "monthly_report/months.html", context)


@require_GET
def months_json(request: HttpRequest) -> HttpResponse:
    """The months as JSON, with the field names the documents give."""
    now = timezone.now()
    found = listing.months(hidden=request.user.has_perm(months.VISIBILITY))
    return JsonResponse({"ok": True, "months": [_summary(one, now) for one in found]})


def _summary(one: listing.MonthSummary, now: datetime) -> dict[str, Any]:
    control = one.control
    return {
        "month_str": f"{one.month:%Y-%m}",
        "year": one.month.year,
        "month_number": one.month.month,
        "count": one.rows,
        "pages": one.pages,
        "is_editable": bool(control and control.is_open(now)),
        "is_published": bool(control and control.is_published),
        "edit_until": control.edit_until.isoformat() if control and control.edit_until else None,
        "completion_percentage": one.percent,
        "unique_users_count": one.editors,
        "auto_fill_potential_percentage": one.reachable * 100 // one.rows if one.rows else 0,
        "auto_fill_actual_percentage": one.automatic * 100 // one.rows if one.rows else 0,
    }


@require_GET
def month_page(request: HttpRequest, month: str) -> HttpResponse:
    """One month: the grid fetches its rows itself."""
    day = month_or_404(month)
    control = visible_month(request, day)
    now = timezone.now()
    chosen = listing.parse_filter(request.GET, request.GET.getlist("org"))
    context = {
        "day": day,
        "month": f"{day:%Y-%m}",
        "control": control,
        "is_open": control.is_open(now),
        "filter": chosen,
        "organizations": Organization.objects.filter(monthly_reports__month=day).distinct().values("id", "name"),
        "shown": SHOWN_WORDS.items(),
        "grid": _grid(request, day, is_open=control.is_open(now)),
        "previous": f"{previous_month(day):%Y-%m}",
        "default_until": months.end_of(day),
        "mail_key": secrets.token_urlsafe(16),
    }
    return render(request, "monthly_report/month.html", context)


def _grid(request: HttpRequest, day: date, *, is_open: bool) -> dict[str, Any]:
    year, month = day.year, day.month
    return {
        "rows": reverse("monthly_report:api_month", args=[year, month]),
        "update": reverse("monthly_report:update_counters", args=[0]),
        "reset": reverse("monthly_report:reset_manual_flag", args=[0]),
        "override": reverse("monthly_report:set_override"),
        "changes": reverse("monthly_report:changes", args=[f"{day:%Y-%m}"]),
        "device": reverse("monthly_report:device_info", args=[0]),
        "printer": reverse("inventory:printer_detail", args=[0]),
        "hints": f"/ws/monthly-report/{day:%Y}/{day:%m}/",
        "editable": is_open,
        "zone": timezone.get_current_timezone_name(),
        "permissions": {name: request.user.has_perm(f"monthly_report.{name}") for name in PERMISSIONS},
        "counters": {name: str(word) for name, word in COUNTER_WORDS.items()},
        "words": {name: str(word) for name, word in GRID_WORDS.items()},
        "refusals": {name: str(word) for name, word in REFUSAL_WORDS.items()},
    }


@require_GET
def export(request: HttpRequest, year: int | str, month: int | None = None) -> StreamingHttpResponse:
    """The rows of the page's filter as a spreadsheet (`format=csv` for CSV) that imports again unchanged."""
    day = month_or_404(year, month)
    visible_month(request, day)
    rows = listing.rows_of(day, listing.parse_filter(request.GET, request.GET.getlist("org")))
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    pieces = export_month(rows, day, kind, csv_style(get_language() or "en"))  # type: ignore[arg-type] # one of two words
    media = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    return download(request, pieces, f"monthly_report_{day:%Y-%m}.{kind}", media)


@require_GET
@permission_required("monthly_report.view_monthly_report_metrics", raise_exception=True)
def month_diff(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """How a month differs from the one before it; where that is hidden, every device of it would show, so that is refused."""
    day = month_or_404(year, month)
    visible_month(request, day)
    if MonthlyReport.objects.filter(month=previous_month(day)).exists():
        visible_month(request, previous_month(day))
    found = listing.difference(day)
    groups = {
        "added": found.added,
        "removed": found.removed,
        "ip_gained": found.address_gained,
        "ip_lost": found.address_lost,
        "autofill_lost": found.lost_autofill,
        "recoverable": found.recoverable,
    }
    lists = {name: [_device(one) for one in devices] for name, devices in groups.items()}
    return JsonResponse({"ok": True, "prev_month": f"{previous_month(day):%Y-%m}", **lists})


def _device(device: MonthDevice) -> dict[str, Any]:
    return {"key": device.key, "device": device.label, "has_ip": device.has_address}


@require_GET
@permission_required("monthly_report.view_monthly_report_metrics", raise_exception=True)
def month_editors(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """Who edited a month by hand, and how much."""
    day = month_or_404(year, month)
    visible_month(request, day)
    rows = [
        {
            "user_id": one.user_id,
            "username": one.name,
            "unique_devices": one.devices,
            "edited_auto": one.corrected,
            "filled_empty": one.filled,
        }
        for one in listing.editors(day)
    ]
    return JsonResponse({"ok": True, "users": rows})


@require_GET
@permission_required("monthly_report.view_change_history", raise_exception=True)
def changes(request: HttpRequest, month: str) -> HttpResponse:
    """Who changed which counter of a month, the latest first; `row`, `user`, `how` and `q` narrow it."""
    day = month_or_404(month)
    visible_month(request, day)
    found = CounterChangeLog.objects.filter(month=day).select_related("user", "monthly_report")
    query = request.GET
    if row := whole(query.get("row"), 1, 2**31, 0):
        found = found.filter(monthly_report=row)
    if user := whole(query.get("user"), 1, 2**31, 0):
        found = found.filter(user=user)
    if query.get("how") in CounterChangeLog.Source.values:
        found = found.filter(change_source=query["how"])
    if text := query.get("q", "").replace("\x00", "").strip()[:100]:
        found = found.filter(serial_number__icontains=text)
    pages = Paginator(found, CHANGES_PAGE)
    page = min(whole(query.get("page"), 1, 10**6, 1), pages.num_pages)
    context = {
        "day": day,
        "month": f"{day:%Y-%m}",
        "changes": [{"change": one, "word": FIGURE_WORDS[one.field_name]} for one in pages.page(page)],
        "bulk": BulkChangeLog.objects.filter(month=day).select_related("user")[:20],
        "editors": listing.editors(day),
        "sources": CounterChangeLog.Source.choices,
        "page": page,
        "pages": pages,
        "total": pages.count,
        "first": (page - 1) * CHANGES_PAGE + 1 if pages.count else 0,
        "last": min(page * CHANGES_PAGE, pages.count),
    }
    return render(request, "monthly_report/changes.html", context)
