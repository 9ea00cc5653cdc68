"""The page of what the fleet complains about now."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from webshell.templatetags.webshell import number as shown

from inventory.services import alerts
from inventory.services.fleet import PAGE_SIZES
from inventory.views.printer_views import reference_lists

WORDS: Final = {
    "critical": gettext_lazy("Critical"),
    "warning": gettext_lazy("Warning"),
    "other": gettext_lazy("Other"),
}


@require_GET
def alert_list(request: HttpRequest) -> HttpResponse:
    """Alerts and conditions of the fleet: counts, filters, one page."""
    chosen = alerts.AlertFilter.parse(request.GET)
    figures = alerts.figures(chosen)
    pages = Paginator(range(figures.total), chosen.page_size)
    page = min(chosen.page, pages.num_pages)
    organizations = reference_lists()["organizations"]
    context = {
        "filter": chosen,
        "figures": figures,
        "alerts": alerts.page_of(chosen, page),
        "tabs": _tabs(request, chosen, figures),
        "kinds": [
            {"key": kind, "label": alerts.kind_words(kind), "count": shown(n)} for kind, n in figures.kinds.items()
        ],
        "chips": _chips(request, chosen, organizations),
        "organizations": organizations,
        "page": page,
        "pages": pages,
        "total": figures.total,
        "page_sizes": PAGE_SIZES,
        "page_size": chosen.page_size,
        "first": (page - 1) * chosen.page_size + 1 if figures.total else 0,
        "last": min(page * chosen.page_size, figures.total),
    }
    return render(request, "inventory/alerts/list.html", context)


def _url(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    for key, value in changes.items():
        query.pop(key, None)
        if value:
            query[key] = value
    return f"{reverse('inventory:alert_list')}?{query.urlencode()}"


def _tabs(request: HttpRequest, chosen: alerts.AlertFilter, figures: alerts.Figures) -> list[dict[str, Any]]:
    everything = shown(sum(figures.severities.values()))
    tabs = [{"label": _("All"), "url": _url(request, severity=""), "active": not chosen.severity, "count": everything}]
    return tabs + [
        {
            "label": WORDS[name],
            "url": _url(request, severity=name),
            "active": chosen.severity == name,
            "count": shown(figures.severities.get(name, 0)),
        }
        for name in alerts.SEVERITIES
    ]


def _chips(
    request: HttpRequest, chosen: alerts.AlertFilter, organizations: list[dict[str, Any]]
) -> list[dict[str, str]]:
    chips = []
    if chosen.search:
        label = _("matching “%(text)s”") % {"text": chosen.search}
        chips.append({"label": label, "remove": _url(request, q="")})
    if chosen.organization:
        names = [row["name"] for row in organizations if row["id"] == chosen.organization]
        label = _("of %(names)s") % {"names": names[0] if names else _("an unknown organization")}
        chips.append({"label": label, "remove": _url(request, org="")})
    if chosen.kind:
        chips.append({"label": alerts.kind_words(chosen.kind), "remove": _url(request, kind="")})
    return chips
