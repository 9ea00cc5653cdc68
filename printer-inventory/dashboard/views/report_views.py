"""The overview, a page per report, and their files."""

from __future__ import annotations

from typing import Any, Final, Literal

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from sheets import csv_style
from webshell.downloads import download

from access import reach
from contracts.models import City, ContractDevice
from dashboard.services import exporting, figures
from dashboard.services.reports import BY_SLUG, REPORTS
from dashboard.services.scope import PERIODS, Scope
from dashboard.services.shapes import Report
from inventory.models import Organization

PAGE: Final = 50
SHORT: Final = 6
TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
may_export = permission_required("inventory.export_printers", raise_exception=True)


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every report in short: its plot and the first rows of its table; one statement per report (three for supplies, twice)."""
    scope = Scope.parse(request.GET, timezone.now())
    panels = []
    for report in REPORTS:
        found = report.find(scope)
        panels.append(
            {
                "report": report,
                "plot": found.plot,
                "rows": found.rows[:SHORT],
                "columns": report.brief_columns,
                "total": len(found.rows),
            }
        )
    context = {"panels": panels, **_frame(request, scope), "stats": _stats(panels)}
    return render(request, "dashboard/overview.html", context)


@require_GET
def report_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One report: its plot, its whole table in pages, and its files."""
    report, scope = _report(slug), Scope.parse(request.GET, timezone.now())
    found = report.find(scope)
    pages = Paginator(found.rows, PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "report": report,
        "plot": found.plot,
        "rows": page.object_list,
        "page": page.number,
        "pages": pages,
        "total": pages.count,
        "first": page.start_index(),
        "last": page.end_index(),
        "cut": pages.count >= figures.MOST,
        "export_url": reverse("dashboard:export", args=[slug]),
        "tabs": _tabs(request, slug),
        **_frame(request, scope),
    }
    return render(request, "dashboard/report.html", context)


@require_GET
@may_export
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A report's table as a file (`?format=xlsx|csv` and the page's filter)."""
    report, scope = _report(slug), Scope.parse(request.GET, timezone.now())
    kind: Literal["xlsx", "csv"] = "csv" if request.GET.get("format") == "csv" else "xlsx"
    pieces = exporting.stream(report, scope, kind, csv_style(get_language() or "en"))
    return download(request, pieces, f"{slug}-{scope.today}.{kind}", TYPES[kind])


@require_GET
@may_export
def export_all(request: HttpRequest) -> HttpResponse:
    """Every report as Excel files in one archive."""
    scope = Scope.parse(request.GET, timezone.now())
    return HttpResponse(
        exporting.everything(scope),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="dashboard-{scope.today}.zip"',
            "Cache-Control": "private, no-store",
        },
    )


def _report(slug: str) -> Report:
    try:
        return BY_SLUG[slug]
    except KeyError:
        raise Http404 from None


def _stats(panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the five figures on top, from what the panels have found."""
    plots = {panel["report"].slug: panel for panel in panels}
    fleet = plots["fleet"]["plot"]["series"]
    counts = [sum(series["values"]) for series in fleet] if fleet else [0, 0, 0]
    pages = sum(sum(series["values"]) for series in plots["volume"]["plot"]["series"])
    return [
        {"label": _("Read within 24 h"), "figure": counts[0], "slug": "fleet"},
        {"label": _("Silent"), "figure": plots["silent"]["total"], "slug": "silent"},
        {"label": _("Never read"), "figure": counts[2], "slug": "fleet"},
        {"label": _("Low supplies"), "figure": plots["supplies"]["total"], "slug": "supplies"},
        {"label": _("Pages in the period"), "figure": pages, "slug": "volume"},
        {"label": _("Incidents"), "figure": plots["incidents"]["total"], "slug": "incidents"},
    ]


def _tabs(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    query = request.GET.copy()
    query.pop("page", None)
    end = f"?{query.urlencode()}" if query else ""
    return [
        {
            "label": report.title,
            "url": f"{reverse('dashboard:report', args=[report.slug])}{end}",
            "active": report.slug == slug,
            "count": None,
        }
        for report in REPORTS
    ]


def _frame(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Return what the filter bar draws; two statements."""
    words = {7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("12 months")}
    return {
        "scope": scope,
        "periods": [{"days": days, "label": words[days]} for days in PERIODS],
        "organizations": Organization.objects.filter(active=True).order_by("name").values("id", "name"),
        "cities": _cities().order_by("name").values("id", "name"),
        "whole_fleet": scope.reach is None,
        "query": request.GET.urlencode(),
    }


def _cities() -> QuerySet[City]:
    """Return the cities to choose from: people with a limit learn of those where their devices stand."""
    if reach.current() is None:
        return City.objects.all()
    return City.objects.filter(pk__in=ContractDevice.objects.values("city"))
