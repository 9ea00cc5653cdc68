"""Which permission opens which application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from webshell.problems import problem, wants_json

APP_ACCESS_RULES: Final = {
    "inventory": "inventory.access_inventory_app",
    "printers": "inventory.access_inventory_app",
    "contracts": "contracts.access_contracts_app",
}


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
        if permission is None:
            return None
        if not request.user.is_authenticated:
            return self._ask_to_sign_in(request)
        if not request.user.has_perm(permission):
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
