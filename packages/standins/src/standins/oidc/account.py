"""Userinfo (OpenID Connect Core, 5.3) and logout (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

import hmac

from standins.oidc.authorize import LOGIN_COOKIE, SESSION_COOKIE, end_session, set_cookie
from standins.oidc.message import Reply, Request, json_reply, oauth_error, redirect
from standins.oidc.model import subject
from standins.oidc.pages import logout_page, message_page
from standins.oidc.realm import Realm
from standins.oidc.tokens import BadToken, half_hash


def userinfo(realm: Realm, request: Request) -> Reply:
    """Tell about the person whose access token came as a bearer token in the header (RFC 6750, 2.1)."""
    scheme, _blank, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        return oauth_error("invalid_request", "no bearer token", 401, {"WWW-Authenticate": 'Bearer realm="standins"'})
    try:
        session, claims = realm.bearer(given.strip())
    except BadToken:
        why = {"WWW-Authenticate": 'Bearer realm="standins", error="invalid_token"'}
        return oauth_error("invalid_token", "Token verification failed", 401, why)
    told = realm.person(session.username, tuple(str(claims["scope"]).split()))
    username = "somebody-else" if realm.faults.take("wrong_subject") else session.username
    return json_reply({"sub": subject(realm.name, username), **told})


def logout(realm: Realm, request: Request) -> Reply:
    """End the browser's session, at once when an ID token of this realm comes along, else after asking.

    An ID token may be expired. `post_logout_redirect_uri` has to be registered with the client, which the ID token or
    `client_id` names; else nobody is sent anywhere.
    """
    fields = request.parameters()
    client_id = fields.get("client_id", "")
    sid = ""
    if hint := fields.get("id_token_hint"):
        try:
            claims = realm.keys.verify(hint)
        except BadToken:
            return message_page("We are sorry", "Invalid parameter: id_token_hint", 400)
        audience = str(claims.get("aud", ""))
        if claims.get("iss") != realm.issuer or claims.get("typ") != "ID" or client_id not in ("", audience):
            return message_page("We are sorry", "Invalid parameter: id_token_hint", 400)
        client_id, sid = audience, str(claims.get("sid", ""))
    target = fields.get("post_logout_redirect_uri")
    client = realm.clients.get(client_id)
    if target is not None and (client is None or target not in client.post_logout_redirect_uris):
        return message_page("We are sorry", "Invalid redirect uri", 400)
    cookie = request.cookie(SESSION_COOKIE)
    asked = request.method == "POST" and _confirmed(realm, cookie, fields.get("csrf", ""))
    if not sid and not asked and realm.active_session(cookie):
        sent_along = {"client_id", "post_logout_redirect_uri", "state"}
        kept = {name: value for name, value in fields.items() if name in sent_along}
        action = f"{realm.issuer}/protocol/openid-connect/logout"
        return logout_page(action, {**kept, "csrf": _csrf(cookie)}, target or "")
    end_session(realm, sid or cookie)
    cookies = (SESSION_COOKIE, LOGIN_COOKIE) if not sid or sid == cookie else ()
    gone = tuple(set_cookie(realm, name, "", gone=True) for name in cookies)
    if target is not None:
        return redirect(target, gone, state=fields.get("state"))
    page = message_page("Signed out", "You are signed out.")
    return Reply(page.status, page.body, page.content_type, page.headers, gone)


def _csrf(cookie: str) -> str:
    """Return what proves that a form was made for the owner of a session, without giving the session away."""
    return half_hash(f"logout {cookie}")


def _confirmed(realm: Realm, cookie: str, given: str) -> bool:
    right = hmac.compare_digest(_csrf(cookie).encode(), given.encode("utf-8", "replace"))
    return right and realm.active_session(cookie) is not None
