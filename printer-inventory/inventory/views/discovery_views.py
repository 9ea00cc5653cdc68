"""Pages of searches: ask for one, watch it, take what it found into the fleet."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from webshell.problems import wants_json
from webshell.templatetags.webshell import number as shown

from inventory.models import Discovery, Standing
from inventory.polling.snmp.discover import expected_seconds
from inventory.rules.discovery import STANDINGS
from inventory.services import discovery, found_devices
from inventory.services.fleet import PAGE_SIZES
from inventory.services.printers import AddressTakenError
from inventory.views.discovery_forms import AddForm, DiscoveryForm, active_organizations

HISTORY_PAGE: Final = 50
allowed = permission_required("inventory.add_printer", raise_exception=True)


@require_GET
@allowed
def discovery_list(request: HttpRequest) -> HttpResponse:
    """The searches made so far, newest first."""
    rows = Discovery.objects.select_related("requested_by", "organization").defer("communities")
    counted = rows.annotate(
        found=Count("devices"),
        printers=Count("devices", filter=Q(devices__is_printer=True)),
        new=Count("devices", filter=Q(devices__standing=Standing.NEW)),
    )
    pages = Paginator(rows, HISTORY_PAGE)
    page = min(found_devices.number(request.GET.get("page")) or 1, pages.num_pages)
    first = (page - 1) * HISTORY_PAGE
    context = {
        "discoveries": list(counted[first : first + HISTORY_PAGE]),
        "page": page,
        "pages": pages,
        "total": pages.count,
        "first": first + 1,
        "last": min(first + HISTORY_PAGE, pages.count),
    }
    return render(request, "inventory/discovery/list.html", context)


@require_http_methods(["GET", "POST"])
@allowed
def start_discovery(request: HttpRequest) -> HttpResponse:
    """The form, and with POST the search."""
    form = DiscoveryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(discovery.request_discovery(form.wish, request.user.pk))
    status = 422 if request.method == "POST" else 200
    return render(request, "inventory/discovery/form.html", {"form": form}, status=status)


@require_POST
@allowed
def estimate(request: HttpRequest) -> HttpResponse:
    """How many addresses the form's networks have and how long they take, as a piece of the page."""
    form = DiscoveryForm(request.POST)
    context: dict[str, Any] = {"problem": ""}
    if form.is_valid():
        wish = form.wish
        context |= {"addresses": wish.space.total, "packets": wish.space.total * wish.asked.per_address}
        context["time"] = duration(expected_seconds(wish.space.total, wish.asked))
    elif request.POST.get("networks", "").strip():
        context["problem"] = next(iter(form.errors.values()))[0]
    return render(request, "inventory/discovery/estimate.html", context)


@require_GET
@allowed
def discovery_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One search: how far it is, and what it has found so far."""
    return render(request, "inventory/discovery/detail.html", _context(request, pk))


@require_GET
@allowed
def discovery_devices(request: HttpRequest, pk: int) -> HttpResponse:
    """The table of found devices alone, for the page to fetch while the search runs."""
    return render(request, "inventory/discovery/devices.html", _context(request, pk))


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    job = get_object_or_404(Discovery.objects.select_related("requested_by", "organization"), pk=pk)
    chosen = found_devices.DeviceFilter.parse(request.GET)
    rows = found_devices.select(job, chosen)
    pages = Paginator(rows, chosen.page_size)
    page = min(chosen.page, pages.num_pages)
    first = (page - 1) * chosen.page_size
    counts = discovery.standings(job)
    return {
        "job": job,
        "progress": discovery.progress_of(job),
        "left": duration(discovery.seconds_left(job)),
        "filter": chosen,
        "devices": list(rows[first : first + chosen.page_size]),
        "tabs": _tabs(counts, chosen.standing),
        "new": counts.get("new", 0),
        "found": sum(counts.values()),
        "organizations": active_organizations(),
        "page": page,
        "pages": pages,
        "total": pages.count,
        "page_sizes": PAGE_SIZES,
        "page_size": chosen.page_size,
        "first": first + 1 if pages.count else 0,
        "last": min(first + chosen.page_size, pages.count),
    }


def _tabs(counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    tabs = [{"label": _("All"), "url": "?", "active": not chosen, "count": shown(sum(counts.values()))}]
    for name in STANDINGS:
        if counts.get(name) or name == chosen:
            label = str(Standing(name).label).capitalize()
            figure = shown(counts.get(name, 0))
            tabs.append({"label": label, "url": f"?standing={name}", "active": name == chosen, "count": figure})
    return tabs


@require_GET
@allowed
def discovery_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a search is, as the progress element reads it."""
    return JsonResponse(_progress_json(get_object_or_404(Discovery, pk=pk)))


@require_POST
@allowed
def stop_discovery(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a search; what it has found stays."""
    job = get_object_or_404(Discovery, pk=pk)
    discovery.stop_discovery(pk)
    job.refresh_from_db()
    return JsonResponse(_progress_json(job), status=202) if wants_json(request) else redirect(job)


def _progress_json(job: Discovery) -> dict[str, Any]:
    return {
        "id": job.pk,
        "name": _("Search %(networks)s") % {"networks": job},
        "url": reverse("inventory:discovery_progress", args=[job.pk]),
        "stop_url": reverse("inventory:discovery_stop", args=[job.pk]),
        **discovery.progress_of(job).to_json(),
    }


@require_POST
@allowed
def add_found(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the selected new devices (`ids`), or with `scope=filter` all new ones, into the fleet."""
    job = get_object_or_404(Discovery, pk=pk)
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This organization is gone or inactive. Choose another one."))
        return redirect(job)
    everything = form.cleaned_data["scope"] == "filter"
    ids = None if everything else [one for text in request.POST.getlist("ids") if (one := found_devices.number(text))]
    try:
        added = discovery.add_devices(pk, ids, form.cleaned_data["organization"], request.user.pk)
    except AddressTakenError as error:
        messages.error(request, str(error))
        return redirect(job)
    if added:
        text = ngettext(
            "%(count)s printer added; it is being polled.",
            "%(count)s printers added; they are being polled.",
            len(added),
        )
        messages.success(request, text % {"count": shown(len(added))})
    else:
        messages.warning(request, _("Nothing added: only devices marked as new can be added."))
    return redirect(job)


def duration(seconds: float) -> str:
    """Return a length of time in the largest unit that fits: "17 s", "3 min", "2 h"."""
    if seconds < 90:
        return _("%(count)s s") % {"count": max(1, round(seconds))}
    if seconds < 90 * 60:
        return _("%(count)s min") % {"count": round(seconds / 60)}
    return _("%(count)s h") % {"count": shown(round(seconds / 3600))}
