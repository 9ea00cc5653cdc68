"""The authorization endpoint and the login form behind it (RFC 6749, 4.1; RFC 7636; OpenID Connect Core, 3.1.2)."""

from __future__ import annotations

import hmac
import re
from typing import Final
from urllib.parse import urlsplit

from standins.oidc.message import Reply, Request, redirect
from standins.oidc.pages import login_page, message_page
from standins.oidc.realm import SCOPES, Realm
from standins.oidc.store import AuthRequest, Code, Login, Session, new_secret

SESSION_COOKIE: Final = "STANDIN_SESSION"
LOGIN_COOKIE: Final = "STANDIN_LOGIN"
_MAX_FAILURES: Final = 20
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_NOT_SUPPORTED: Final = {"request": "request_not_supported", "request_uri": "request_uri_not_supported"}
_WRONG: Final = "Invalid user name or password."


class _Refusal(Exception):  # noqa: N818 -- it never leaves this module; it is what the client is told
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def authorize(realm: Realm, request: Request) -> Reply:
    """Answer an authorization request: with a code at once, with the login form, or with an error for the client.

    Who asks without a known client or with a redirect address that is not registered is never redirected.
    """
    fields = request.parameters()
    client = realm.clients.get(fields.get("client_id", ""))
    if client is None:
        return message_page("We are sorry", "Client not found.", 400)
    redirect_uri = fields.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        return message_page("We are sorry", "Invalid parameter: redirect_uri", 400)
    try:
        wanted = _checked(fields, client.client_id, redirect_uri)
        session = _usable_session(realm, request, fields)
    except _Refusal as refusal:
        return redirect(
            redirect_uri,
            error=refusal.error,
            error_description=refusal.description,
            state=fields.get("state"),
            iss=realm.issuer,
        )
    return _with_code(realm, wanted, session) if session else _show_form(realm, request, wanted)


def _checked(fields: dict[str, str], client_id: str, redirect_uri: str) -> AuthRequest:
    for name, error in _NOT_SUPPORTED.items():
        if name in fields:
            raise _Refusal(error, f"{name} is not supported")
    if fields.get("response_type") != "code":
        raise _Refusal("unsupported_response_type", "only the code flow is supported")
    if fields.get("response_mode", "query") != "query":
        raise _Refusal("invalid_request", "only the query response mode is supported")
    scope = tuple(fields.get("scope", "").split())
    if "openid" not in scope or not set(scope) <= set(SCOPES):
        raise _Refusal("invalid_scope", f"scope has openid and may have {' '.join(SCOPES[1:])}")
    if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.match(fields.get("code_challenge", "")):
        raise _Refusal("invalid_request", "PKCE with S256 is required")
    return AuthRequest(
        client_id,
        redirect_uri,
        scope,
        fields.get("state"),
        fields.get("nonce"),
        fields["code_challenge"],
        fields.get("login_hint", ""),
    )


def _usable_session(realm: Realm, request: Request, fields: dict[str, str]) -> Session | None:
    """Return the session that answers the request without a form; raises a refusal for prompt=none without one."""
    prompts = fields.get("prompt", "").split()
    if "none" in prompts and len(prompts) > 1:
        raise _Refusal("invalid_request", "prompt none stands alone")
    session = realm.active_session(request.cookie(SESSION_COOKIE))
    if session is not None and (age := fields.get("max_age")) is not None:
        if not age.isascii() or not age.isdigit() or len(age) > 9:
            raise _Refusal("invalid_request", "max_age is no number of seconds")
        if realm.clock() - session.auth_time > int(age):
            session = None
    if "login" in prompts:
        session = None
    if session is None and "none" in prompts:
        raise _Refusal("login_required", "the person is not signed in")
    return session


def _with_code(realm: Realm, wanted: AuthRequest, session: Session, cookies: tuple[str, ...] = ()) -> Reply:
    code = realm.codes.put(Code(wanted, session.identity, realm.clock() + realm.lifetimes.code))
    state = "a-state-of-somebody-else" if realm.faults.take("wrong_state") else wanted.state
    return redirect(
        wanted.redirect_uri, cookies, code=code, state=state, session_state=session.identity[:16], iss=realm.issuer
    )


def _show_form(realm: Realm, request: Request, wanted: AuthRequest) -> Reply:
    browser = request.cookie(LOGIN_COOKIE) or new_secret()
    login = Login(wanted, browser, realm.clock() + realm.lifetimes.login)
    action = _action(realm, realm.logins.put(login))
    page = login_page(action, login.csrf, wanted.login_hint[:200], wanted.client_id, wanted.redirect_uri)
    return Reply(page.status, page.body, page.content_type, page.headers, (set_cookie(realm, LOGIN_COOKIE, browser),))


def authenticate(realm: Realm, request: Request) -> Reply:
    """Answer the login form: a new session and on to the client, or the form again with 401."""
    execution = dict(pair.partition("=")[::2] for pair in request.query.split("&")).get("execution", "")
    login = realm.logins.get(execution)
    fields = request.parameters()
    if login is None:
        return message_page(
            "Too late", "The login form has expired. Go back to where you came from and try again.", 400
        )
    if not _same(login.browser, request.cookie(LOGIN_COOKIE)) or not _same(login.csrf, fields.get("csrf", "")):
        return message_page("We are sorry", "This form was not sent by the browser it was made for.", 403)
    username = fields.get("username", "")
    user = realm.check_password(username, fields.get("password", ""))
    if user is None or not user.enabled:
        login.failures += 1
        if login.failures >= _MAX_FAILURES:
            realm.logins.drop(execution)
        problem = _WRONG if user is None else "Account is disabled, contact your administrator."
        wanted = login.request
        return login_page(
            _action(realm, execution), login.csrf, username[:200], wanted.client_id, wanted.redirect_uri, problem
        )
    realm.logins.drop(execution)
    end_session(realm, request.cookie(SESSION_COOKIE))
    now = realm.clock()
    session = Session(user.username.lower(), now, now + realm.lifetimes.session)
    realm.sessions.put(session, session.identity)
    return _with_code(realm, login.request, session, (set_cookie(realm, SESSION_COOKIE, session.identity),))


def end_session(realm: Realm, identity: str) -> None:
    """End a session, if there is one of that name."""
    session = realm.sessions.get(identity)
    if session is not None:
        session.alive = False


def set_cookie(realm: Realm, name: str, value: str, *, gone: bool = False) -> str:
    """Return a Set-Cookie value for this realm's pages only; Secure where the issuer is https."""
    parts = urlsplit(realm.issuer)
    secure = "; Secure" if parts.scheme == "https" else ""
    ended = "; Max-Age=0" if gone else ""
    return f"{name}={value}; Path={parts.path}; HttpOnly; SameSite=Lax{secure}{ended}"


def _action(realm: Realm, execution: str) -> str:
    return f"{realm.issuer}/login-actions/authenticate?execution={execution}"


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
