"""Production: what waits and runs, live by server-sent events, by asking again when those do not come."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from main.models import OPEN, QUEUED, RUNNING, Event, Lease, Order, OrderItem, OrderStatus, Provider
from main.models.choices import JOB_WORDS
from main.services.connections import can_ask
from main.services.counting import open_items
from main.services.deriving import ENDED
from main.views.inputs import number

LOOK: Final = 0.3
LIFE: Final = 300.0
BEAT: Final = 15.0
MOST: Final = 200
BAD: Final = [status for status, word in JOB_WORDS.items() if word in ("failed", "lost")]


@require_safe
def production_page(request: HttpRequest) -> HttpResponse:
    """Show what is in production."""
    return render(request, "main/production.html", _context())


@require_safe
def summary_partial(request: HttpRequest) -> HttpResponse:
    """Show what changes of the production page."""
    return render(request, "main/partials/production_body.html", _context())


@require_safe
@never_cache
def jobs(request: HttpRequest) -> JsonResponse:
    """Tell the frame which orders run."""
    running = Order.objects.exclude(status__in=ENDED).order_by("id")[:10]
    found = [
        {
            "name": str(order),
            "state": order.state,
            "done": order.ended_count,
            "total": order.item_count,
            "text": order.get_status_display(),
        }
        for order in running
    ]
    return JsonResponse({"jobs": found, "waiting": {"url": reverse("main:production"), "number": open_items()}})


@require_GET
def events_stream(request: HttpRequest) -> HttpResponseBase:
    """Stream events as they are written (text/event-stream); `Last-Event-ID` or `since` resumes. It ends after five minutes,
    and the browser comes back by itself."""
    if isinstance(request, ASGIRequest):
        # A stream without an end would be collected there before it is sent. At 204 a browser asks instead (live.js).
        return HttpResponse(status=204)
    given = request.headers.get("Last-Event-ID") or request.GET.get("since")
    since = number(given, -1, -1, 2**62)
    if since < 0:
        since = _newest()
    response = StreamingHttpResponse(_stream(since), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


@require_GET
@never_cache
def events_api(request: HttpRequest) -> JsonResponse:
    """Return the events after `since`, at most 200; without it, only the newest id."""
    since = number(request.GET.get("since"), -1, -1, 2**62)
    if since < 0:
        return JsonResponse({"events": [], "last": _newest()})
    found = [_event(event) for event in Event.objects.filter(pk__gt=since).order_by("pk")[:MOST]]
    return JsonResponse({"events": found, "last": found[-1]["id"] if found else since})


def _newest() -> int:
    return int(Event.objects.aggregate(last=Max("pk"))["last"] or 0)


def _stream(since: int) -> Iterator[str]:
    begun = beaten = time.monotonic()
    yield f"retry: 2000\nid: {since}\nevent: hello\ndata: {{}}\n\n"
    try:
        while time.monotonic() - begun < LIFE:
            found = list(Event.objects.filter(pk__gt=since).order_by("pk")[:MOST])
            for event in found:
                since = event.pk
                yield f"id: {event.pk}\ndata: {json.dumps(_event(event))}\n\n"
            if time.monotonic() - beaten > BEAT:
                beaten = time.monotonic()
                yield ": still here\n\n"
            if not found:
                # Closed between looks, so that an idle reader holds no snapshot and no connection.
                connection.close()
                time.sleep(LOOK)
    finally:
        connection.close()


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.pk,
        "name": event.name,
        "order": event.order_id,
        "entity": event.entity_id,
        "reason": event.reason,
        "at": event.at.isoformat(),
        "payload": event.payload,
    }


def _context() -> dict[str, Any]:
    counts = dict(OrderItem.objects.filter(status__in=OPEN).values_list("status").annotate(Count("pk")))
    waiting = Count("pk", filter=Q(status__in=QUEUED))
    running = Count("pk", filter=Q(status__in=RUNNING))
    per_provider = {
        row["provider_name"]: row
        for row in OrderItem.objects.filter(status__in=OPEN)
        .values("provider_name")
        .annotate(waiting=waiting, running=running)
    }
    providers = [
        {
            "provider": provider,
            "ready": bool(provider.key_sealed) or can_ask(provider.name),
            **per_provider.get(provider.name, {"waiting": 0, "running": 0}),
        }
        for provider in Provider.objects.all()
    ]
    bad = OrderItem.objects.filter(order=OuterRef("pk"), status__in=BAD)
    open_orders = Order.objects.exclude(status__in=ENDED).select_related("machine").order_by("id")[:50]
    return {
        "orders": open_orders,
        "ended": Order.objects.filter(status__in=ENDED).select_related("machine").order_by("-completed_at")[:10],
        "waiting": sum(counts.get(status, 0) for status in QUEUED),
        "running": sum(counts.get(status, 0) for status in RUNNING),
        # What somebody stopped is no failure.
        "failed": Order.objects.filter(
            Q(status=OrderStatus.FAILED) | Q(status=OrderStatus.PARTIAL) & Exists(bad)
        ).count(),
        "providers": providers,
        "foreman": Lease.objects.filter(name="foreman").first(),
        "events": Event.objects.exclude(name="item_progress").order_by("-pk")[:20],
        "last_event": _newest(),
    }
