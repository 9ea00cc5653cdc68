"""Requests that no page can mean."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, QueryDict
from webshell.errors import bad_request

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NoNulMiddleware:
    """Refuses NUL characters, which nobody types and PostgreSQL cannot store, before a view sees them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400 or go on."""
        if _has_nul(request.GET) or (request.content_type in FORMS and _has_nul(request.POST)):
            return bad_request(request)
        return self.get_response(request)


def _has_nul(data: QueryDict) -> bool:
    return any("\x00" in name or any("\x00" in value for value in values) for name, values in data.lists())
