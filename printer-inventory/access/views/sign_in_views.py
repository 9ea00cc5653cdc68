"""Signing in through the provider and out again."""

from __future__ import annotations

import logging
import secrets
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from access.backends import CustomOIDCAuthenticationBackend
from access.client import actor_of
from access.middleware import SESSION_KEY
from access.models import EntityChangeLog
from access.rules.claims import ClaimsError, Person
from access.services import audit, provider_sessions, whitelist
from access.services.provider_sessions import ProviderAwayError, ProviderRefusedError, Tokens

logger = logging.getLogger(__name__)

BACKEND: Final = "access.backends.CustomOIDCAuthenticationBackend"
DENIED_KEY: Final = "access_denied"
STATES_KEY: Final = "oidc_states"


class ProviderSignIn(OIDCAuthenticationRequestView):
    """Sends the visitor to the provider with state, nonce and a PKCE challenge (RFC 7636) of their own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the provider, or to the login page where none is set up."""
        if not settings.OIDC_ENABLED:
            messages.error(request, _("Sign-in through a provider is not set up here."))
            return redirect("login")
        response: HttpResponse = super().get(request)
        return response

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        """Ask the provider for its form again when the visitor wants to be somebody else."""
        return {"prompt": "login"} if request.GET.get("again") else {}


@require_GET
@never_cache
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people back: sign in, or say why not.

    The state must be one of this browser's session and is used up by the first answer, whatever comes of it.
    """
    if not settings.OIDC_ENABLED:
        return redirect("login")
    known = _take_state(request)
    if known is None:
        return _failed(request, _("This sign-in was not begun in this browser, or it took too long. Try again."))
    if error := request.GET.get("error"):
        logger.info("The provider answered a sign-in with the error %.60r", error)
        return _failed(request, _("The provider did not let you in. Try again."))
    backend = CustomOIDCAuthenticationBackend()
    uri = request.build_absolute_uri(reverse("oidc_authentication_callback"))
    try:
        person, tokens = backend.exchange(
            request.GET.get("code", ""), str(known["code_verifier"]), str(known["nonce"]), uri
        )
    except ClaimsError as refusal:
        logger.warning("A sign-in was refused: %s", refusal)
        return _failed(request, _("The provider's answer could not be trusted, so nobody was signed in."))
    except ProviderRefusedError as refusal:
        logger.info("The provider refused a sign-in: %s", refusal)
        return _failed(request, _("This sign-in is used up or too old. Try again."))
    except ProviderAwayError as refusal:
        logger.warning("The provider is away: %s", refusal)
        return _failed(request, _("The provider does not answer. Try again in a minute."), 503)
    return _admit(request, person, tokens)


def _admit(request: HttpRequest, person: Person, tokens: Tokens) -> HttpResponse:
    """Sign in a person whom the provider has vouched for, or show where they stand."""
    actor = actor_of(request)
    try:
        user = whitelist.admit(person, actor)
    except whitelist.NotAllowedError as refusal:
        logger.info("%s of the provider may not come in: %s", person.username, refusal.state)
        if request.user.is_authenticated:
            auth.logout(request)
        request.session.cycle_key()
        request.session[DENIED_KEY] = {"username": person.username, "state": refusal.state}
        return redirect("access_denied")
    target = _next(request)
    _sign_in(request, user, tokens)
    return HttpResponseRedirect(target)


def _sign_in(request: HttpRequest, user: User, tokens: Tokens) -> None:
    """Begin a fresh session: nothing of the visitor's old one is kept, least of all its key."""
    request.session.flush()
    auth.login(request, user, backend=BACKEND)
    actor = actor_of(request)
    session = provider_sessions.begin(user, tokens, actor)
    request.session[SESSION_KEY] = session.pk
    audit.record(actor, EntityChangeLog.Action.SIGN_IN, user, reason=gettext_noop("through the provider"))


def _take_state(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was kept when this sign-in began, and use it up."""
    states = request.session.get(STATES_KEY)
    given = request.GET.get("state", "")
    if not isinstance(states, dict):
        return None
    match = next((state for state in states if secrets.compare_digest(state.encode(), given.encode())), None)
    if match is None:
        return None
    known: dict[str, Any] = states.pop(match)
    request.session.modified = True
    request.session.save()
    return known


def _next(request: HttpRequest) -> str:
    """Return where the visitor was going, if that is a page of ours."""
    target = str(request.session.get("oidc_login_next") or "")
    hosts, secure = {request.get_host()}, request.is_secure()
    if url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=secure):
        return target
    return settings.LOGIN_REDIRECT_URL


def _failed(request: HttpRequest, text: str, status: int = 403) -> HttpResponse:
    """Say on a page of its own why nobody was signed in, with the way to try again."""
    return render(request, "access/sign_in_failed.html", {"text": text}, status=status)


@require_GET
@never_cache
def access_denied(request: HttpRequest) -> HttpResponse:
    """Where somebody stands whom the provider knows and who may not come in: waiting, blocked, or the name is taken."""
    denied = request.session.get(DENIED_KEY)
    if request.user.is_authenticated or not isinstance(denied, dict):
        return redirect("home" if request.user.is_authenticated else "login")
    return render(request, "access/waiting.html", {"denied": denied}, status=403)


def provider_logout_url(request: HttpRequest, id_token: str) -> str:
    """Return the provider's address that ends the sign-in there too (OpenID Connect RP-Initiated Logout 1.0)."""
    home = request.build_absolute_uri("/")
    return f"{settings.OIDC_OP_LOGOUT_ENDPOINT}?" + urlencode(
        {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": home,
            "client_id": settings.OIDC_RP_CLIENT_ID,
        }
    )
