"""The pages a person sees: sign in, sign out, and why something did not work. No script, no picture, one style."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import urlsplit

from standins.oidc.message import Reply

STYLE: Final = (
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;--line:#8884}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;box-sizing:border-box}"
    "main{width:100%;max-width:22rem;border:1px solid var(--line);border-radius:.5rem;padding:1.5rem;box-sizing:border-box}"
    "h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem}label{display:block;margin:.75rem 0 .25rem}"
    "input,button{width:100%;box-sizing:border-box;font:inherit;padding:.5rem .75rem}"
    "input,button{border:1px solid var(--line);border-radius:.375rem}"
    "button{margin-top:1.25rem;background:#0d6efd;color:#fff;border-color:#0d6efd;cursor:pointer}"
    ":focus-visible{outline:2px solid #0d6efd;outline-offset:2px}"
    "[role=alert]{border-left:.25rem solid #dc3545;padding:.25rem .75rem}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def login_page(action: str, csrf: str, username: str, client: str, redirect_uri: str, problem: str = "") -> Reply:
    """Draw the login form; with a problem it is answered 401."""
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    body = (
        f"<h1>Sign in</h1><p>to {escape(client)}</p>{alert}"
        f'<form method="post" action="{escape(action)}"><input type="hidden" name="csrf" value="{escape(csrf)}">'
        f'<label for="username">User name</label><input id="username" name="username" value="{escape(username)}" '
        'autocomplete="username" autocapitalize="none" required autofocus>'
        '<label for="password">Password</label><input id="password" name="password" type="password" '
        'autocomplete="current-password" required><button>Sign in</button></form>'
    )
    return _page("Sign in", body, 401 if problem else 200, redirect_uri)


def logout_page(action: str, fields: Mapping[str, str], goes_to: str) -> Reply:
    """Ask whether to sign out, when no ID token proves that the person's own system asks for it.

    `fields` are sent along with the answer, `goes_to` is where it leads.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    body = (
        "<h1>Sign out</h1><p>Do you want to sign out?</p>"
        f'<form method="post" action="{escape(action)}">{hidden}<button>Sign out</button></form>'
    )
    return _page("Sign out", body, 200, goes_to)


def message_page(title: str, text: str, status: int = 200) -> Reply:
    """Say one thing."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", status)


def _page(title: str, body: str, status: int = 200, goes_to: str = "") -> Reply:
    parts = urlsplit(goes_to)
    # A browser applies form-action to where the answer of a form redirects to as well.
    targets = f"'self' {parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_STYLE_HASH}'; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body><main>{body}</main></body></html>'
    )
    return Reply(status, html.encode(), headers={"Content-Security-Policy": policy})
