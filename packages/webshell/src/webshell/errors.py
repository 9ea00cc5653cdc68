"""Error pages, and the same as problem details for programs: what happened, to what, what to do, and the problem id."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.html import escape
from django.utils.translation import gettext as _

from webshell import requestid
from webshell.problems import problem, wants_json

logger = logging.getLogger(__name__)

FRAMED = "webshell/error.html"
ALONE = "webshell/error_alone.html"
PLAIN = "<!doctype html><title>{title}</title><h1>{title}</h1><p>{detail}</p><p>Problem id {problem_id}</p>"


def error(request: HttpRequest, status: int, title: str, detail: str, template: str = FRAMED) -> HttpResponse:
    """Return an error as a page for people or as problem details for programs.

    Signed-in people keep the frame around it. When the frame itself cannot be drawn (the database is away), the page stands
    alone; when not even that can be drawn, it is plain HTML.
    """
    if wants_json(request):
        return problem(request, status, title, detail)
    context = {
        "status": status,
        "title": title,
        "detail": detail,
        "problem_id": requestid.current.get(),
        "path": request.path,
    }
    for name, source in ((template, request), (ALONE, None)):
        try:
            return HttpResponse(loader.render_to_string(name, context, request=source), status=status)
        except Exception:
            logger.exception("The error page %s could not be drawn", name)
    return HttpResponse(PLAIN.format(**{key: escape(value) for key, value in context.items()}), status=status)


def framed(request: HttpRequest) -> str:
    """Return the template for a person: inside the frame for who is signed in or where nobody signs in, else alone.

    Nobody signs in where WEBSHELL's `login_url` is "".
    """
    user = getattr(request, "user", None)
    open_to_all = getattr(settings, "WEBSHELL", {}).get("login_url") == ""
    return FRAMED if open_to_all or (user is not None and user.is_authenticated) else ALONE


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    del exception
    detail = _("Go back and try again; if a link led here, it is damaged.")
    return error(request, 400, _("This request cannot be read"), detail, ALONE)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; the exception's text says what is missing."""
    words = (
        str(exception) if exception and str(exception) else _("Your role does not allow this. Ask an administrator.")
    )
    return error(request, 403, _("You may not open this"), words, framed(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 because a form's token is missing or old."""
    logger.warning("CSRF check failed: %s", reason)
    detail = _("The page was open too long, or cookies are blocked. Go back, reload the page and send the form again.")
    return error(request, 403, _("The form could not be checked"), detail, ALONE)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    del exception
    detail = _("The address is wrong, or what it named has been deleted.")
    return error(request, 404, _("There is nothing here"), detail, framed(request))


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405."""
    detail = _("This address does not take %(method)s requests. Go back and use the buttons of the page.")
    return error(request, 405, _("Not like this"), detail % {"method": request.method}, framed(request))


def server_error(request: HttpRequest) -> HttpResponse:
    """500; needs neither database nor session."""
    detail = _(
        "The fault is ours and is in the log under the problem id below. Try again; if it stays, send us the id."
    )
    return error(request, 500, _("Something broke"), detail, ALONE)
