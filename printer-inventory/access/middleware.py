"""Which permission opens which application, and whether a sign-in through the provider still holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from webshell.problems import problem, wants_json

from access import reach
from access.backends import CustomOIDCAuthenticationBackend
from access.services import provider_sessions

APP_ACCESS_RULES: Final = {
    "inventory": "inventory.access_inventory_app",
    "printers": "inventory.access_inventory_app",
    "contracts": "contracts.access_contracts_app",
    "dashboard": "dashboard.access_dashboard_app",
    "monthly_report": "monthly_report.access_monthly_report",
    "billing": "billing.access_billing",
}
WHOLE_FLEET_NAMESPACES: Final = {"admin", "eztaskmanager"}
"""Applications that know no organizations: people with a limit to some have no business there."""
SIGNED_IN_ONLY: Final = {"access"}
"""Applications that are open to everybody who is signed in; their pages ask for more where they need it."""
SESSION_KEY: Final = "provider_session"
"""Where the browser's session names its row of ProviderSession."""


class ProviderSessionMiddleware:
    """Signs out who the provider no longer knows: disabled there, signed out there, or ended by an administrator here.

    The provider is asked at most every OIDC_RECHECK_SECONDS per sign-in; a sign-in ended here ends with the next request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Check a sign-in that came through the provider; others pass."""
        pk = request.session.get(SESSION_KEY)
        if pk is not None and not self._holds(request, pk):
            logout(request)
            messages.warning(request, _("Your sign-in has ended at the provider. Sign in again."))
        return self.get_response(request)

    @staticmethod
    def _holds(request: HttpRequest, pk: Any) -> bool:
        if not request.user.is_authenticated:  # taken off the list: the account is not even loaded
            return False
        refresh = CustomOIDCAuthenticationBackend().refresh
        standing = provider_sessions.check(pk, request.user.pk, refresh, timezone.now())
        return standing is provider_sessions.Standing.HOLDS


class ReachMiddleware:
    """Keeps whatever a request does within the limit of whoever asks, the file it goes on sending included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the limit. `request.user` is read when it is needed: by then a token may have named its owner."""
        before = reach.enter(lambda: reach.reach_of(request.user))
        try:
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse) and reach.current() is not None:
                response.streaming_content = _within(request, response.streaming_content)
            return response
        finally:
            reach.enter(before)


def _within(request: HttpRequest, pieces: Any) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Make the pieces of a stream within the limit of whoever asked: they are made after the middleware has ended."""
    if hasattr(pieces, "__aiter__"):
        return _within_async(request, pieces)
    return _within_sync(request, iter(pieces))


def _within_sync(request: HttpRequest, pieces: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with reach.as_user(request.user):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


async def _within_async(request: HttpRequest, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        with reach.as_user(request.user):
            piece = await anext(pieces, None)
        if piece is None:
            return
        yield piece


class AppAccessMiddleware:
    """Refuses whole applications to people without their access permission.

    Anonymous visitors go to the login page and come back; scripts get 401 as problem details instead of a redirect.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on; the decision needs the resolved view."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, keywords: Any) -> HttpResponseBase | None:
        """Return a refusal, or None to go on."""
        match = request.resolver_match
        namespace = match.namespaces[0] if match and match.namespaces else ""
        permission = APP_ACCESS_RULES.get(namespace)
        if namespace in WHOLE_FLEET_NAMESPACES and reach.current() is not None:
            raise PermissionDenied(_("Your account is limited to some organizations; this part is about all of them."))
        if permission is None and namespace not in SIGNED_IN_ONLY:
            return None
        if not request.user.is_authenticated:
            return self._ask_to_sign_in(request)
        if permission is not None and not request.user.has_perm(permission):
            raise PermissionDenied(
                _(
                    "Your account may not open this part. "
                    "Ask an administrator for a role that can, for example “Inventory Viewer”."
                )
            )
        return None

    @staticmethod
    def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
        if wants_json(request):
            return problem(
                request, 401, _("Sign in first"), _("The session has ended. Sign in and repeat the request.")
            )
        return redirect_to_login(request.get_full_path())
