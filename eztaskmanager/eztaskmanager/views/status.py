"""Health for load balancers, metrics for those who may read logs."""

from __future__ import annotations

import time

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from eztaskmanager import __version__
from eztaskmanager.services import health


@require_GET
def health_view(request: HttpRequest) -> JsonResponse:
    """Answer 200 unless the database is away (503); tells counts, no names."""
    began = time.monotonic()
    try:
        found = health.checks()
    except DatabaseError:
        found = {"database": {"status": "failed", "text": "no answer"}}
    status = health.summary(found)
    body = {
        "status": status,
        "system": "eztaskmanager",
        "version": __version__,
        "seconds": round(time.monotonic() - began, 3),
        "checks": found,
    }
    return JsonResponse(body, status=503 if status == "failed" else 200)


def metrics_text() -> HttpResponse:
    """Return the metrics as an answer."""
    return HttpResponse(health.metrics(), content_type="text/plain; version=0.0.4")
