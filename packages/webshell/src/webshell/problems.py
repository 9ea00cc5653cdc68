"""Errors for programs: problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from webshell import requestid


def wants_json(request: HttpRequest) -> bool:
    """Return whether the caller is a program: it accepts or sends JSON, or asks below an API prefix."""
    prefixes = getattr(settings, "WEBSHELL", {}).get("api_prefixes", [])
    if any(request.path.startswith(prefix) for prefix in prefixes):
        return True
    if request.content_type == "application/json":
        return True
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted


def problem(request: HttpRequest, status: int, title: str, detail: str = "", **extra: Any) -> JsonResponse:
    """Return problem details: what happened (`title`), to what and what to do (`detail`), and the id that is in the log."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "problem_id": requestid.current.get(),
        **extra,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
