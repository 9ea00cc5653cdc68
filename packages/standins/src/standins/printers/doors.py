"""What stands before a printer's pages: HTTP Basic (RFC 7617), HTTP Digest (RFC 7616), a form of its own, or nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b64decode
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qs

from .pages import Page

REALM: Final = "printer"
PROTECTED: Final = frozenset({"protected", "digest", "form"})
"""Layouts whose pages ask for the fleet's web user and password."""
_PAIR: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: method, target as it was written, header fields by lower-case name, and the body once it is read."""

    method: str
    target: str
    fields: dict[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, head: bytes) -> Self | None:
        """Return the request of a head; None when it is none."""
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            return None
        named = (line.partition(":") for line in lines[1:])
        return cls(parts[0], parts[1], {name.strip().lower(): value.strip() for name, _, value in named})

    @property
    def length(self) -> int:
        """How many bytes of body the head announces."""
        text = self.fields.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


Answer = tuple[int, Page, tuple[str, ...]]


class Doors:
    """The doors of all printers of a fleet; they remember nonces and who has signed in."""

    def __init__(self, user: str, password: str) -> None:
        """Nobody has signed in yet."""
        self._user, self._password = user, password
        self._nonces: dict[str, int] = {}
        self._sessions: set[tuple[int, str]] = set()

    def ask(self, layout: str, number: int, asked: Asked) -> Answer | None:
        """Return what a printer's door answers, None when it lets the request through."""
        if layout == "protected":
            return None if self._basic(asked) else (401, Page(""), (f'WWW-Authenticate: Basic realm="{REALM}"',))
        if layout == "digest":
            return None if self._digest(asked) else (401, Page(""), (self._challenge(),))
        return self._form(number, asked) if layout == "form" else None

    def _basic(self, asked: Asked) -> bool:
        scheme, _, given = asked.fields.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            plain = b64decode(given, validate=True)
        except ValueError:
            return False
        return hmac.compare_digest(plain, f"{self._user}:{self._password}".encode())

    def _challenge(self) -> str:
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = 0
        return f'WWW-Authenticate: Digest realm="{REALM}", qop="auth", algorithm=SHA-256, nonce="{nonce}", opaque="o"'

    def _digest(self, asked: Asked) -> bool:
        """Check the proof; a nonce of ours only, and each of its counts once (RFC 7616 3.4, against replay)."""
        scheme, _, given = asked.fields.get("authorization", "").partition(" ")
        if scheme.lower() != "digest":
            return False
        told = {name: quoted or plain for name, quoted, plain in _PAIR.findall(given)}
        if told.get("uri") != asked.target or told.get("username") != self._user or told.get("qop") != "auth":
            return False
        count = told.get("nc", "")
        number = int(count, 16) if re.fullmatch(r"[0-9a-fA-F]{8}", count) else 0
        last = self._nonces.get(told.get("nonce", ""))
        if last is None or number <= last:
            return False

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        secret, what = digest(f"{self._user}:{REALM}:{self._password}"), digest(f"{asked.method}:{asked.target}")
        proof = digest(f"{secret}:{told['nonce']}:{count}:{told.get('cnonce', '')}:auth:{what}")
        if not hmac.compare_digest(proof, told.get("response", "")):
            return False
        self._nonces[told["nonce"]] = number
        return True

    def _form(self, number: int, asked: Asked) -> Answer | None:
        """Let in who has the cookie; show the form to the others, and take it."""
        if asked.method == "POST" and asked.target == "/login":
            sent = {name: values[0] for name, values in parse_qs(asked.body.decode("utf-8", "replace")).items()}
            right = hmac.compare_digest(sent.get("user", "").encode(), self._user.encode())
            if not (right and hmac.compare_digest(sent.get("password", "").encode(), self._password.encode())):
                return 200, _login("/", "Wrong user or password."), ()
            token, back = secrets.token_hex(16), sent.get("back", "/")
            self._sessions.add((number, token))
            place = back if re.fullmatch(r"/[\w/.-]*", back) else "/"
            return 303, Page(""), (f"Set-Cookie: sid={token}; Path=/; HttpOnly", f"Location: {place}")
        cookies = dict(part.strip().partition("=")[::2] for part in asked.fields.get("cookie", "").split(";"))
        if (number, cookies.get("sid", "")) in self._sessions:
            return None
        back = asked.target if re.fullmatch(r"/[\w/.-]*", asked.target) else "/"
        return 200, _login(back, ""), ()


def _login(back: str, words: str) -> Page:
    """Draw the form; like many devices this one answers 200 to who has not signed in."""
    return Page(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head><body>'
        f"<h1>Sign in</h1><p>{words}</p>"
        f'<form method="post" action="/login"><input type="hidden" name="back" value="{back}">'
        '<label>User <input id="user" name="user"></label><label>Password <input id="password" name="password" type="password">'
        '</label><button id="login">Sign in</button></form></body></html>'
    )
