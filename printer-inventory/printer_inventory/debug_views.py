"""`/debug/errors/`: every error page to look at, while DEBUG is on; without it these addresses do not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from printer_inventory import errors

View = Callable[[HttpRequest], HttpResponse]


def only_in_debug(view: View) -> View:
    """Answer 404 unless DEBUG is on."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request)

    return guarded


@only_in_debug
def menu(request: HttpRequest) -> HttpResponse:
    """The list of error pages, and a form whose token is wrong."""
    return render(request, "debug/errors.html", {"codes": list(PAGES)})


@only_in_debug
def bad_request(request: HttpRequest) -> HttpResponse:
    """400."""
    return errors.bad_request(request, SuspiciousOperation("asked for at /debug/errors/"))


@only_in_debug
def forbidden(request: HttpRequest) -> HttpResponse:
    """403."""
    return errors.permission_denied(request, PermissionDenied(_("You asked to see this page.")))


@only_in_debug
def not_found(request: HttpRequest) -> HttpResponse:
    """404."""
    return errors.not_found(request, Http404())


@only_in_debug
def not_allowed(_request: HttpRequest) -> HttpResponse:
    """405."""
    return HttpResponseNotAllowed(["POST"])


@only_in_debug
def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return errors.server_error(request)


@only_in_debug
def csrf(request: HttpRequest) -> HttpResponse:
    """403 because of a form's token."""
    return errors.csrf_failure(request, "asked for at /debug/errors/")


@only_in_debug
@csrf_protect
def csrf_submit(request: HttpRequest) -> HttpResponse:
    """Where the form with the wrong token goes: the check refuses it before this is reached."""
    return render(request, "debug/errors.html", {"codes": list(PAGES), "passed": request.method == "POST"})


PAGES: Final[dict[str, View]] = {
    "400": bad_request,
    "403": forbidden,
    "404": not_found,
    "405": not_allowed,
    "500": server_error,
    "csrf": csrf,
}
