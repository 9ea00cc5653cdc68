"""The page on which an operator sees at a glance whether the fleet is being read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from inventory.models import FleetAlarm, Verdict
from inventory.services import fleet_health

KEPT: Final = 60
"""Seconds for which the plots are kept: they look at a day of polls."""
ALARMS: Final = 10


@require_GET
@permission_required("inventory.view_fleet_health", raise_exception=True)
def fleet_health_page(request: HttpRequest) -> HttpResponse:
    """Figures, plots and the networks in which most printers are silent."""
    now = timezone.now()
    stands, took, waiting = fleet_health.standing(now), fleet_health.latency(now), fleet_health.waiting_messages()
    context = {
        "now": now,
        "stands": stands,
        "took": took,
        "answered": fleet_health.verdicts(now),
        "networks": fleet_health.worst_networks(now),
        "queues": waiting,
        "waiting": None if waiting is None else sum(waiting.values()),
        "alarms": FleetAlarm.objects.all()[:ALARMS],
        "last_sweep_at": _before(now, stands.last_sweep_age),
    }
    return render(request, "inventory/fleet_health.html", context)


@require_GET
@permission_required("inventory.view_fleet_health", raise_exception=True)
def fleet_health_hours(request: HttpRequest) -> HttpResponse:
    """The last day's polls by hour and verdict, as a bar chart reads them."""
    del request
    cache, now = caches["inventory"], timezone.now()
    found: dict[str, Any] | None = cache.get("fleet-health-hours")
    if found is None:
        found = fleet_health.by_hour(now)
        cache.set("fleet-health-hours", found, timeout=KEPT)
    colors = {
        "SUCCESS": "--ok",
        "FAILED": "--failed",
        "VALIDATION_ERROR": "--warning",
        "HISTORICAL_INCONSISTENCY": "--plot-2",
    }
    return JsonResponse(
        {
            "labels": [date_format(timezone.localtime(hour), "H:i") for hour in found["hours"]],
            "series": [
                {"label": str(Verdict(word).label), "values": values, "color": colors[word]}
                for word, values in found["series"].items()
                if any(values)
            ],
            "unit": _("polls"),
        }
    )


@require_GET
@permission_required("inventory.view_fleet_health", raise_exception=True)
def fleet_health_ages(request: HttpRequest) -> HttpResponse:
    """How many printers were last read how long ago, as a bar chart reads it."""
    del request
    steps = fleet_health.by_age(timezone.now())
    labels = [
        _("within %(time)s") % {"time": _spoken(label)} if not label.startswith(">") else f"> {_spoken(label[1:])}"
        for label, _count in steps[:-1]
    ]
    return JsonResponse(
        {
            "labels": [*labels, _("never")],
            "series": [{"label": _("printers"), "values": [count for _label, count in steps]}],
            "unit": _("printers"),
        }
    )


def _before(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now - timedelta(seconds=seconds)


def _spoken(label: str) -> str:
    """Return "4 h" or "7 d" in the visitor's language."""
    number, unit = label.split()
    return (_("%(count)s d") if unit == "d" else _("%(count)s h")) % {"count": number}
