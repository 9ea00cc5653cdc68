"""What somebody sees who has typed too many wrong passwords."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from webshell.errors import error
from webshell.problems import problem, wants_json


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Answer 429 with how long to wait; the same for names that exist and names that do not."""
    del response, credentials
    minutes = max(1, round(settings.AXES_COOLOFF_TIME.total_seconds() / 60))
    title = _("Too many attempts")
    detail = _("Too many wrong passwords for this name from here. Try again in %(minutes)s minutes.") % {
        "minutes": minutes
    }
    if wants_json(request):
        answer: HttpResponse = problem(request, 429, title, detail)
    else:
        answer = error(request, 429, title, detail, "webshell/error_alone.html")
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer
