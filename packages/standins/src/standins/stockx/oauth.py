"""Sign-in: authorization code and refresh, as accounts.stockx.com does it."""

from __future__ import annotations

import html
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from standins.wire import Reply, json_reply

AUDIENCE = "gateway.stockx.com"


def oauth_error(error: str, text: str, status: int = 403) -> Reply:
    """Return an error as the identity provider writes it."""
    return json_reply({"error": error, "error_description": text}, status)


@dataclass
class Accounts:
    """One application of one seller. Codes are good once and for ten minutes, access tokens for `lifetime` seconds."""

    client_id: str = "soleflip-demo"
    client_secret: str = "stockx-demo-secret"  # noqa: S105 -- the play's own, on loopback
    api_key: str = "stockx-demo-key"
    redirect_hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1"})
    lifetime: float = 43_200
    clock: Callable[[], float] = time.time
    codes: dict[str, tuple[str, float]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    access_tokens: dict[str, float] = field(default_factory=dict)
    refreshes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def authorize(self, asked: dict[str, str]) -> Reply:
        """Show the seller what is asked for; `approve` is where the button leads."""
        problem = self._problem(asked)
        if problem:
            return Reply(400, f"<h1>{html.escape(problem)}</h1>".encode(), {"Content-Type": "text/html; charset=utf-8"})
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        page = (
            "<!doctype html><html lang=en><title>StockX (stand-in)</title><h1>Sign in to StockX</h1>"
            "<p>An application asks to read and sell in your name.</p>"
            f'<form action="/authorize/approve">{fields}<button>Accept</button></form></html>'
        )
        return Reply(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _problem(self, asked: dict[str, str]) -> str:
        if asked.get("response_type") != "code":
            return "response_type must be code"
        if asked.get("client_id") != self.client_id:
            return "Unknown client"
        if asked.get("audience") != AUDIENCE:
            return "audience must be gateway.stockx.com"
        if "offline_access" not in asked.get("scope", "").split():
            return "scope must hold offline_access"
        if not asked.get("state"):
            return "state is required"
        if urlsplit(asked.get("redirect_uri", "")).hostname not in self.redirect_hosts:
            return "Callback URL mismatch"
        return ""

    def approve(self, asked: dict[str, str]) -> Reply:
        """Lead the seller back with a code."""
        if problem := self._problem(asked):
            return Reply(400, problem.encode(), {"Content-Type": "text/plain"})
        code = secrets.token_urlsafe(24)
        with self.lock:
            self.codes[code] = (asked["redirect_uri"], self.clock() + 600)
        there = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        return Reply(302, b"", {"Location": there})

    def token(self, asked: dict[str, str]) -> Reply:
        """Exchange a code, or refresh; the refresh token stays the same."""
        if asked.get("client_id") != self.client_id or not secrets.compare_digest(
            asked.get("client_secret", "").encode(), self.client_secret.encode()
        ):
            return oauth_error("access_denied", "Unauthorized", 401)
        with self.lock:
            if asked.get("grant_type") == "authorization_code":
                uri, until = self.codes.pop(asked.get("code", ""), ("", 0.0))
                if not uri or until < self.clock() or uri != asked.get("redirect_uri"):
                    return oauth_error("invalid_grant", "Invalid authorization code")
                refresh = secrets.token_urlsafe(32)
                self.refresh_tokens.add(refresh)
                return self._issue(refresh)
            if asked.get("grant_type") == "refresh_token":
                if asked.get("audience") != AUDIENCE:
                    return oauth_error("invalid_request", "audience must be gateway.stockx.com", 400)
                if asked.get("refresh_token") not in self.refresh_tokens:
                    return oauth_error("invalid_grant", "Unknown or invalid refresh token.")
                self.refreshes += 1
                return self._issue(None)
        return oauth_error("unsupported_grant_type", "Unsupported grant type", 400)

    def _issue(self, refresh: str | None) -> Reply:
        access = secrets.token_urlsafe(32)
        self.access_tokens[access] = self.clock() + self.lifetime
        body = {
            "access_token": access,
            "expires_in": int(self.lifetime),
            "token_type": "Bearer",
            "scope": "offline_access openid",
        }
        return json_reply(body | ({"refresh_token": refresh, "id_token": "e30.e30."} if refresh else {}))

    def knows(self, token: str) -> bool:
        """Say whether an access token holds."""
        return self.access_tokens.get(token, 0) > self.clock()

    def forget_access(self) -> None:
        """Let every access token end now, as when StockX revokes them."""
        with self.lock:
            self.access_tokens.clear()
