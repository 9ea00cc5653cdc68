"""The token endpoint (RFC 6749, 3.2; RFC 7636, 4.6; RFC 9700, 4.14 for the rotation of refresh tokens)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import Final
from urllib.parse import unquote_plus

from standins.oidc.message import Reply, Request, json_reply, oauth_error
from standins.oidc.model import Client
from standins.oidc.realm import Realm
from standins.oidc.store import Refresh, Session
from standins.oidc.tokens import challenge_of

_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class _Refusal(Exception):  # noqa: N818 -- it never leaves this module; it is what the client is told
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def token(realm: Realm, request: Request) -> Reply:
    """Exchange a code or a refresh token."""
    try:
        fields = request.parameters()
        client = _client(realm, request, fields)
        return _GRANTS.get(fields.get("grant_type", ""), _no_grant)(realm, client, fields)
    except _Refusal as refusal:
        challenge = {"WWW-Authenticate": 'Basic realm="standins"'} if refusal.status == 401 else None
        return oauth_error(refusal.error, refusal.description, refusal.status, challenge)


def _client(realm: Realm, request: Request, fields: dict[str, str]) -> Client:
    """Authenticate the client by its header or by its fields, never by both (RFC 6749, 2.3)."""
    header = request.headers.get("authorization", "")
    if header:
        name, secret = _basic(header)
        if "client_secret" in fields or fields.get("client_id", name) != name:
            raise _Refusal("invalid_request", "the client says who it is in two ways")
    else:
        name, secret = fields.get("client_id", ""), fields.get("client_secret", "")
    client = realm.clients.get(name)
    if client is None or not hmac.compare_digest((client.secret or "").encode(), secret.encode()):
        raise _Refusal("invalid_client", "Invalid client or Invalid client credentials", 401)
    return client


def _basic(header: str) -> tuple[str, str]:
    scheme, _blank, credentials = header.partition(" ")
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _Refusal("invalid_client", "the credentials cannot be read", 401) from error
    name, _colon, secret = text.partition(":")
    return unquote_plus(name), unquote_plus(secret)


def _from_code(realm: Realm, client: Client, fields: dict[str, str]) -> Reply:
    code = realm.codes.get(fields.get("code", ""))
    if code is None:
        raise _Refusal("invalid_grant", "Code not valid")
    session = realm.active_session(code.session)
    if code.used:
        # Somebody has it twice: what was given for it is taken back (RFC 6749, 4.1.2).
        if session is not None:
            session.alive = False
        raise _Refusal("invalid_grant", "Code not valid")
    code.used = True
    wanted = code.request
    if wanted.client_id != client.client_id:
        raise _Refusal("invalid_grant", "Auth error: the code belongs to another client")
    if wanted.redirect_uri != fields.get("redirect_uri"):
        raise _Refusal("invalid_grant", "Incorrect redirect_uri")
    verifier = fields.get("code_verifier", "")
    if not _VERIFIER.match(verifier) or not hmac.compare_digest(challenge_of(verifier), wanted.challenge):
        raise _Refusal("invalid_grant", "PKCE verification failed")
    if session is None:
        raise _Refusal("invalid_grant", "Session not active")
    return _answer(realm, client, session, wanted.scope, wanted.nonce)


def _from_refresh(realm: Realm, client: Client, fields: dict[str, str]) -> Reply:
    held = realm.refreshes.get(fields.get("refresh_token", ""))
    if held is None or held.client_id != client.client_id:
        raise _Refusal("invalid_grant", "Invalid refresh token")
    session = realm.active_session(held.session)
    if session is None:
        raise _Refusal("invalid_grant", "Session not active")
    if held.used:
        session.alive = False
        raise _Refusal("invalid_grant", "Maximum allowed refresh token reuse exceeded")
    scope = tuple(fields["scope"].split()) if "scope" in fields else held.scope
    if not set(scope) <= set(held.scope) or "openid" not in scope:
        raise _Refusal("invalid_scope", "a refreshed token cannot do more than the first one")
    held.used = True
    return _answer(realm, client, session, scope, None)


def _answer(realm: Realm, client: Client, session: Session, scope: tuple[str, ...], nonce: str | None) -> Reply:
    access = realm.access_token(client.client_id, session, scope)
    now, lifetimes = realm.clock(), realm.lifetimes
    refresh = realm.refreshes.put(Refresh(client.client_id, scope, session.identity, now + lifetimes.refresh_token))
    return json_reply(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(lifetimes.access_token),
            "refresh_token": refresh,
            "refresh_expires_in": int(lifetimes.refresh_token),
            "id_token": realm.id_token(client.client_id, session, scope, access, nonce),
            "not-before-policy": 0,
            "session_state": session.identity[:16],
            "scope": " ".join(scope),
        }
    )


def _no_grant(_realm: Realm, _client: Client, fields: dict[str, str]) -> Reply:
    raise _Refusal("unsupported_grant_type" if fields.get("grant_type") else "invalid_request", "no such grant_type")


_GRANTS: Final = {"authorization_code": _from_code, "refresh_token": _from_refresh}
