"""Middleware that works under WSGI and ASGI without a thread hop: request id, security headers, time zone."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextvars import Token
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils import timezone

from webshell import requestid
from webshell.errors import bad_request, method_not_allowed, not_found
from webshell.problems import wants_json

HEADER: Final = "X-Request-ID"
Handler = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class BothWays:
    """A middleware of quick steps: `before` may return state, `after` sees the response, `finally_` always runs."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        """Take the next handler; when it is a coroutine function, so is this middleware."""
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Handle one request, in the colour of the next handler."""
        if self.is_async:
            return self.handle_async(request)
        state = self.before(request)
        try:
            return self.after(request, cast("HttpResponseBase", self.get_response(request)))
        finally:
            self.finally_(state)

    async def handle_async(self, request: HttpRequest) -> HttpResponseBase:
        """Do the same under ASGI."""
        state = self.before(request)
        try:
            return self.after(request, await cast("Awaitable[HttpResponseBase]", self.get_response(request)))
        finally:
            self.finally_(state)

    def before(self, request: HttpRequest) -> Any:
        """Prepare the request; what it returns is handed to `finally_`."""

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, completed."""
        del request
        return response

    def finally_(self, state: Any) -> None:
        """Undo what `before` set up, whether or not there is a response."""


class RequestIdMiddleware(BothWays):
    """Gives each request an id: `request.request_id`, the response header X-Request-ID, and the log records."""

    def before(self, request: HttpRequest) -> Token[str]:
        """Take a well-formed id from the proxy in front, or make one."""
        identity = requestid.choose(request.headers.get(HEADER))
        request.request_id = identity  # type: ignore[attr-defined]  # Django requests carry what middleware adds
        return requestid.current.set(identity)

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Tell the id."""
        response.headers[HEADER] = request.request_id  # type: ignore[attr-defined]  # set in before()
        return response

    def finally_(self, state: Token[str]) -> None:
        """Forget the id, so that the thread's next log line does not carry it."""
        requestid.current.reset(state)


class SecurityHeadersMiddleware(BothWays):
    """Adds the headers browsers ask for (OWASP Secure Headers); what a view has set itself stays."""

    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set each header that is not there yet."""
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response


class EmptyErrorsMiddleware(BothWays):
    """Gives the house's page, to programs problem details, in place of Django's empty 405 and of DEBUG's yellow 404 and 400.

    `Allow` stays. With DEBUG a 500 stays Django's: its traceback is what DEBUG is for. Only an async request pays a thread
    hop, and only for such an answer: the page may ask for the visitor. List it before CommonMiddleware, which refuses
    unknown hosts and adds the slash that an address lacks.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """With DEBUG, answer a view's Http404 and SuspiciousOperation as without."""
        if settings.DEBUG and isinstance(exception, Http404):
            return not_found(request, exception)
        if settings.DEBUG and isinstance(exception, SuspiciousOperation):
            logging.getLogger(f"django.security.{type(exception).__name__}").error(str(exception))
            return bad_request(request, exception)
        return None

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Replace an empty 405 and DEBUG's pages."""
        if isinstance(response, HttpResponseNotAllowed):
            if response.content and not wants_json(request):
                return response
            page = method_not_allowed(request)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        if is_debugs_own(request, response):
            return not_found(request) if response.status_code == 404 else bad_request(request)
        return response

    async def handle_async(self, request: HttpRequest) -> HttpResponseBase:
        """Do the same under ASGI."""
        response = await cast("Awaitable[HttpResponseBase]", self.get_response(request))
        if not isinstance(response, HttpResponseNotAllowed) and not is_debugs_own(request, response):
            return response
        return await sync_to_async(self.after)(request, response)


def is_debugs_own(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether this is DEBUG's 404 or 400 for a request that reached no view: no such address, or a refused host."""
    return settings.DEBUG and request.resolver_match is None and response.status_code in (400, 404)


class TimeZoneMiddleware(BothWays):
    """Shows times in the zone of the cookie `tz` (an IANA name written by face's theme.js) when zoneinfo knows it.

    Below the paths of WEBSHELL's `site_clock` the site's own zone stands: its days and months are what is shown there.
    """

    def before(self, request: HttpRequest) -> None:
        """Activate the visitor's zone; an unknown or malformed name leaves the default."""
        own = tuple(getattr(settings, "WEBSHELL", {}).get("site_clock", ()))
        if own and request.path_info.startswith(own):
            return
        if zone := known_zone(request.COOKIES.get("tz", "")):
            timezone.activate(zone)

    def finally_(self, state: None) -> None:
        """Return to the default zone, for threads that serve others next."""
        timezone.deactivate()


def known_zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None; a name that points outside the database is no zone either."""
    if not name or len(name) > 64 or not name.isascii():
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
