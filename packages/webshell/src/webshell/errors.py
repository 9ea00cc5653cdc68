"""Error pages, and the same as problem details for programs."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import gettext as _

from webshell import requestid
from webshell.problems import problem, wants_json

logger = logging.getLogger(__name__)


def error(
    request: HttpRequest, status: int, title: str, detail: str, template: str = "webshell/error.html"
) -> HttpResponse:
    """Return an error as a page for people or as problem details for programs."""
    if wants_json(request):
        return problem(request, status, title, detail)
    context = {"status": status, "title": title, "detail": detail, "problem_id": requestid.current.get()}
    return HttpResponse(loader.render_to_string(template, context, request=None), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    del exception
    return error(
        request, 400, _("This request cannot be read"), _("Go back and try again; if a link led here, it is damaged.")
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; the exception's text says what is missing."""
    words = (
        str(exception) if exception and str(exception) else _("Your role does not allow this. Ask an administrator.")
    )
    return error(request, 403, _("You may not open this"), words)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 because a form's token is missing or old."""
    logger.warning("CSRF check failed: %s", reason)
    detail = _("The page was open too long, or cookies are blocked. Go back, reload the page and send the form again.")
    return error(request, 403, _("The form could not be checked"), detail)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    del exception
    return error(
        request, 404, _("There is nothing here"), _("The address is wrong, or what it named has been deleted.")
    )


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405."""
    return error(request, 405, _("Not like this"), _("This address does not take this kind of request."))


def server_error(request: HttpRequest) -> HttpResponse:
    """500; needs neither database nor session."""
    detail = _(
        "The fault is ours and is in the log under the problem id below. Try again; if it stays, send us the id."
    )
    return error(request, 500, _("Something broke"), detail)
