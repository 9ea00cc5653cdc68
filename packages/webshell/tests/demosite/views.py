"""Pages of the demo site."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from . import fleet

STARTED = time.monotonic()
COLUMNS = [
    {"key": "model", "label": "Model", "shown": True},
    {"key": "serial", "label": "Serial number", "shown": True},
    {"key": "place", "label": "Organization", "shown": True},
    {"key": "total", "label": "Pages", "shown": True},
    {"key": "supplies", "label": "Supplies", "shown": True},
    {"key": "polled", "label": "Last poll", "shown": True},
]


class Ada:
    """Somebody who is signed in and holds the permissions named in the cookie `may`; no database is asked."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, may: str) -> None:
        """Take the permissions, separated by spaces; "staff" among them makes staff of her."""
        self.may = may.split()
        self.is_staff = "staff" in self.may

    def has_perm(self, permission: str) -> bool:
        """Tell whether the cookie names the permission."""
        return permission in self.may

    def get_username(self) -> str:
        """Return the account's name."""
        return "ada"

    def get_full_name(self) -> str:
        """Return the person's name."""
        return "Ada Lovelace"


def somebody(get_response: Any) -> Any:
    """Sign Ada in on every page unless the cookie `nobody` is set: there is no login to show things behind."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "nobody" not in request.COOKIES:
            request.user = Ada(request.COOKIES.get("may", ""))  # type: ignore[assignment]  # a stand-in without a database row
        response: HttpResponse = get_response(request)
        return response

    return middleware


class DeviceForm(forms.Form):
    """A form with every kind of control."""

    address = forms.GenericIPAddressField(help_text="Where the device answers now; it may change.")
    name = forms.CharField(max_length=40, required=False, label="Name")
    version = forms.ChoiceField(choices=[("2c", "SNMP v2c"), ("3", "SNMP v3")], label="Protocol")
    count = forms.IntegerField(min_value=1, max_value=9, initial=1, label="Trays")
    active = forms.BooleanField(required=False, initial=True, label="Poll this device")
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)


def parts(request: HttpRequest) -> HttpResponse:
    """Every part on one page."""
    now = timezone.now()
    times = [int((now - timedelta(hours=6 * back)).timestamp()) for back in range(120, 0, -1)]
    wave = [round(40 + 30 * math.sin(place / 9), 1) for place in range(120)]
    history = {
        "times": times,
        "unit": "%",
        "min": 0,
        "max": 100,
        "series": [
            {
                "label": "Black",
                "color": "--ink-black",
                "values": [None if 50 < place < 62 else value for place, value in enumerate(wave)],
            },
            {"label": "Cyan", "color": "--ink-cyan", "values": [round(90 - place / 2, 1) for place in range(120)]},
        ],
    }
    months = {"labels": ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"], "unit": "pages", "title": "Pages per month",
              "series": [{"label": "Pages", "values": [12_410, 9_804, None, 15_002, 13_377, 8_120]}]}  # fmt: skip
    context = {
        "states": [
            "queued",
            "running",
            "done",
            "failed",
            "stopped",
            "lost",
            "warning",
            "degraded",
            "quarantined",
            "retired",
            "unknown",
            "odd",
        ],
        "supplies": fleet.SHOWN_SUPPLIES,
        "compact": [fleet.supplies_of(number) for number in (1, 4, 5, 6, 9)],
        "recent": now - timedelta(minutes=3),
        "old": now - timedelta(days=45),
        "history": history,
        "months": months,
    }
    return render(request, "demosite/parts.html", context)


def device_list(request: HttpRequest) -> HttpResponse:
    """A list page: search, sort, paging, columns, density, views, bulk bar, live rows."""
    rows = fleet.devices()
    text = request.GET.get("q", "")
    if text:
        rows = [row for row in rows if text.lower() in f"{row['address']} {row['model']} {row['serial']}".lower()]
    sort = request.GET.get("sort", "")
    if sort.lstrip("-") == "total":
        rows.sort(key=lambda row: row["total"] or 0, reverse=sort.startswith("-"))
    pages = Paginator(rows, 50)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "devices": page.object_list,
        "columns": COLUMNS,
        "chips": [{"label": f"with “{text}”", "remove": "?"}] if text else [],
        "suggestions": [{"label": "made by Kyocera", "url": "?q=Kyocera"}],
        "page": page.number,
        "pages": pages,
        "total": pages.count,
        "first": page.start_index(),
        "last": page.end_index(),
        "sort": sort,
    }
    return render(request, "demosite/list.html", context)


def device_rows(request: HttpRequest) -> HttpResponse:
    """Given rows again, one page more on each counter."""
    wanted = [int(one) for one in request.GET.get("ids", "").split(",") if one.isdigit()]
    devices = [fleet.device(number) for number in wanted]
    for row in devices:
        row["total"] = (row["total"] or 0) + 1
    return render(request, "demosite/rows.html", {"devices": devices})


def detail(request: HttpRequest) -> HttpResponse:
    """A detail page."""
    return render(request, "demosite/detail.html", {"device": fleet.device(5), "supplies": fleet.SHOWN_SUPPLIES})


def form_page(request: HttpRequest) -> HttpResponse:
    """A form page; what was typed stays when it is refused."""
    form = DeviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        messages.success(request, "10.4.0.12 added.")
        return redirect("list")
    return render(request, "demosite/form.html", {"form": form})


def login(request: HttpRequest) -> HttpResponse:
    """The page for signing in."""
    return render(request, "demosite/login.html", {"form": DeviceForm()})


def empty(request: HttpRequest) -> HttpResponse:
    """A list without anything in it."""
    return render(request, "demosite/empty.html")


def jobs(_request: HttpRequest) -> HttpResponse:
    """One running job for the top bar."""
    done = int((time.monotonic() - STARTED) * 3) % 240
    return JsonResponse(
        {"jobs": [{"name": "Poll all", "state": "running", "done": done, "total": 240, "text": f"{done} of 240"}]}
    )


def job(_request: HttpRequest) -> HttpResponse:
    """A job that has ended."""
    return JsonResponse(
        {"state": "done", "done": 240, "total": 240, "text": "240 of 240", "reason": "3 did not answer."}
    )


def found(request: HttpRequest) -> HttpResponse:
    """What the palette finds for a text."""
    text = request.GET.get("q", "")
    rows = [row for row in fleet.devices() if text in row["address"]][:5]
    return JsonResponse(
        {
            "entries": [
                {"label": row["address"], "url": "/detail/", "icon": "printer", "hint": row["model"]} for row in rows
            ]
        }
    )


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """Put a message with undo on the next page; as JSON when a script asks."""
    if "json" in request.headers.get("Accept", ""):
        return JsonResponse({"received": sorted(request.POST)})
    messages.success(request, "10.4.0.12 retired; its history stays.", extra_tags="undo:/say/")
    return redirect("parts")


@require_POST
def only_post(_request: HttpRequest) -> HttpResponse:
    """Answer POST only."""
    return redirect("parts")


def refuse(_request: HttpRequest) -> HttpResponse:
    """403 with a reason."""
    raise PermissionDenied("Ask an administrator for the role “Operator”.")


def broken(_request: HttpRequest) -> HttpResponse:
    """500, with words that must not reach the page."""
    raise RuntimeError("password=hunter2")


def suspicious(_request: HttpRequest) -> HttpResponse:
    """400."""
    raise SuspiciousOperation("odd")


def zone(_request: HttpRequest) -> HttpResponse:
    """The zone in which times are shown."""
    return HttpResponse(timezone.get_current_timezone_name())


async def zone_async(_request: HttpRequest) -> HttpResponse:
    """The same, from a coroutine."""
    return HttpResponse(timezone.get_current_timezone_name())
