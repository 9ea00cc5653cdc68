"""Reading the claims of an ID token and of userinfo (OpenID Connect Core 1.0, 3.1.3.7 and 5.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST_NAME: Final = 150
_BLANKS: Final = re.compile(r"\s+")


class ClaimsError(ValueError):
    """The provider's answer is not what a provider answers; nobody is signed in by it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in, as the provider says."""

    issuer: str
    subject: str
    username: str
    email: str = ""
    given_name: str = ""
    family_name: str = ""

    @property
    def full_name(self) -> str:
        """Return given and family name."""
        return f"{self.given_name} {self.family_name}".strip()


def check_id_token(payload: Mapping[str, Any], *, client_id: str, nonce: str | None, access_token: str) -> None:
    """Refuse an ID token that was made for another sign-in; raises ClaimsError.

    Signature, issuer, audience and expiry have been checked by the time this is called. `nonce` None: a refreshed token,
    which carries none or the first one.
    """
    if nonce is not None and not _same(str(payload.get("nonce") or ""), nonce):
        raise ClaimsError("the ID token belongs to another sign-in (nonce)")
    audience = payload.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    authorized = payload.get("azp")
    if (several or authorized is not None) and authorized != client_id:
        raise ClaimsError("the ID token was made for another client (azp)")
    told = payload.get("at_hash")
    if told is not None and not _same(str(told), half_hash(access_token)):
        raise ClaimsError("the access token is not the ID token's (at_hash)")


def person_of(payload: Mapping[str, Any], userinfo: Mapping[str, Any]) -> Person:
    """Return who signed in: identity from the signed ID token, the rest from userinfo; raises ClaimsError.

    Userinfo about somebody else is refused (OpenID Connect Core, 5.3.2). The user name is the first of
    preferred_username, email and sub, as it is but for blanks and control characters.
    """
    subject = str(payload.get("sub") or "")
    if not subject or len(subject) > 255:
        raise ClaimsError("the ID token names no subject")
    if not _same(str(userinfo.get("sub") or ""), subject):
        raise ClaimsError("userinfo is about somebody else (sub)")
    claims = {**userinfo, **payload}
    names = (clean(claims.get(key)) for key in ("preferred_username", "email", "sub"))
    username = next(name for name in names if name)
    if len(username) > LONGEST_NAME:
        raise ClaimsError("the user name is longer than 150 characters")
    return Person(
        issuer=str(payload["iss"]),
        subject=subject,
        username=username,
        email=clean(claims.get("email"))[:254],
        given_name=clean(claims.get("given_name"))[:150],
        family_name=clean(claims.get("family_name"))[:150],
    )


def clean(value: object) -> str:
    """Return a claim as one line of visible characters; anything but a text is none."""
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFKC", _BLANKS.sub(" ", value))
    return "".join(char for char in text if unicodedata.category(char)[0] != "C").strip()


def half_hash(token: str) -> str:
    """Return the left half of SHA-256 in base64url: `at_hash` for RS256 (OpenID Connect Core, 3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
