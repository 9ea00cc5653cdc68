"""Keycloak's addresses ("Securing applications: OpenID Connect", Keycloak documentation) and what answers them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from standins.oidc.account import logout, userinfo
from standins.oidc.authorize import authenticate, authorize
from standins.oidc.grants import token
from standins.oidc.message import BadRequest, Reply, Request, json_reply, oauth_error
from standins.oidc.pages import message_page
from standins.oidc.realm import SCOPES, Realm

Sleep = Callable[[float], object]
Handler = Callable[[Realm, Request], Reply]


def discovery(realm: Realm, _request: Request) -> Reply:
    """Answer with the metadata of OpenID Connect Discovery 1.0, section 3."""
    base = f"{realm.issuer}/protocol/openid-connect"
    return json_reply(
        {
            "issuer": realm.issuer,
            "authorization_endpoint": f"{base}/auth",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/certs",
            "end_session_endpoint": f"{base}/logout",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": list(SCOPES),
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "given_name", "family_name",
                                 "preferred_username", "email", "email_verified", "groups", "realm_access"],
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
        }
    )  # fmt: skip


def certs(realm: Realm, _request: Request) -> Reply:
    """Answer with the public keys."""
    return json_reply(realm.keys.key_set())


_ROUTES: dict[str, tuple[str, tuple[str, ...], Handler]] = {
    "/.well-known/openid-configuration": ("discovery", ("GET",), discovery),
    "/protocol/openid-connect/auth": ("auth", ("GET", "POST"), authorize),
    "/login-actions/authenticate": ("auth", ("POST",), authenticate),
    "/protocol/openid-connect/token": ("token", ("POST",), token),
    "/protocol/openid-connect/userinfo": ("userinfo", ("GET", "POST"), userinfo),
    "/protocol/openid-connect/certs": ("certs", ("GET",), certs),
    "/protocol/openid-connect/logout": ("logout", ("GET", "POST"), logout),
}


def answer(realm: Realm, request: Request, sleep: Sleep) -> Reply:
    """Answer any request but the control door's; `sleep` waits for the `slow` fault."""
    home = urlsplit(realm.issuer).path
    route = _ROUTES.get(request.path.removeprefix(home)) if request.path.startswith(home) else None
    if route is None:
        return message_page("Page not found", "There is nothing here.", 404)
    endpoint, methods, handler = route
    if request.method not in methods:
        reply = oauth_error("invalid_request", "method not allowed", 405, {"Allow": ", ".join(methods)})
    elif realm.faults.take("server_error", endpoint):
        reply = oauth_error("server_error", "unknown_error", 500)
    else:
        if (slow := realm.faults.take("slow", endpoint)) is not None:
            sleep(slow.seconds)
        try:
            with realm.guard:
                reply = handler(realm, request)
        except BadRequest as error:
            reply = oauth_error("invalid_request", str(error))
    return reply
