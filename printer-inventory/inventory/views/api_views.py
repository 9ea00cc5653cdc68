"""JSON about printers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from webshell.problems import problem

from inventory.models import Printer
from inventory.services import documented, history, probing
from inventory.services.snmp_v3 import credentials_from

PERIODS: Final = {"day": 1, "week": 7, "month": 31, "year": 366, "all": 36500}


@require_GET
def printer_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Counters and supplies over a period (`day`, `week`, `month`, `year`, `all`) for the chart."""
    get_object_or_404(Printer, pk=pk)
    days = PERIODS.get(request.GET.get("period", "month"), PERIODS["month"])
    until = timezone.now()
    since = max(until - timedelta(days=days), datetime(1990, 1, 1, tzinfo=UTC))
    return JsonResponse(history.chart(pk, since, until))


@require_POST
@permission_required("inventory.add_printer", raise_exception=True)
def probe_serial(request: HttpRequest) -> HttpResponse:
    """`{ip, port?, community?, version?}` to `{ok, serial, manufacturer, model, mac, ...}`, or 502 with `{ok: false, error}`.

    Version "3" takes `snmp_v3_user` and, as its level asks, `snmp_v3_auth_password`, `snmp_v3_priv_password` and protocols.
    """
    try:
        values = _probe_values(json.loads(request.body or b"null"))
    except (ValueError, UnicodeDecodeError, ValidationError):
        text = _('Send JSON such as {"ip": "10.0.0.5", "community": "public"}.')
        return problem(request, 400, _("Unreadable request"), text, ok=False, is_valid=False, error=text)
    result = probing.probe(**values)
    return JsonResponse(result.to_json(), status=200 if result.ok else 502)


def _probe_values(data: Any) -> dict[str, Any]:
    """Return address, port, community and version of a request body; raise ValueError or ValidationError for others."""
    if not isinstance(data, dict):
        raise ValueError
    address, community = str(data.get("ip") or "").strip(), str(data.get("community") or "public")
    validate_ipv46_address(address)
    port = int(data.get("port") or 161)
    if not 1 <= port <= 65535 or len(community) > 100:
        raise ValueError
    version = str(data.get("version") or "auto")
    return {
        "address": address,
        "port": port,
        "community": community,
        "version": version,
        "v3": credentials_from(data) if version == "3" else None,
    }


@require_GET
def system_status(request: HttpRequest) -> HttpResponse:
    """`{"redis": bool, "db": bool, "timestamp", "printers": {...}}`; `/health/` tells more."""
    now, answers = timezone.now(), _database_answers()
    figures = documented.printer_figures(now) if answers else None
    return JsonResponse({"redis": _redis_answers(), "db": answers, "timestamp": now, "printers": figures})


def _redis_answers() -> bool:
    cache = caches["default"]
    cache.set("system-status", "up", timeout=5)
    return bool(cache.get("system-status") == "up")


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
