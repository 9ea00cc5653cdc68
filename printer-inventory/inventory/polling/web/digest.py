"""HTTP Digest (RFC 7616, and RFC 2069's challenges without a qop): the password itself never goes over the wire."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

ALGORITHMS: Final = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}
"""Names of RFC 7616 3.3 and hashlib's; each also with `-sess`."""
STRENGTH: Final = ("md5", "sha-512-256", "sha-256")
LONGEST: Final = 4096
_SCHEME: Final = re.compile(r"(?:^|,)[ \t]*(Digest|Basic|Negotiate|NTLM|Bearer)(?:[ \t]+|$)", re.IGNORECASE)
_PAIR: Final = re.compile(r"""([A-Za-z*-]{1,30})[ \t]*=[ \t]*("(?:[^"\\]|\\.){0,2000}"|[^\s,"]{1,2000})""")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants proved: `qop` is "auth", or "" for the old form without it."""

    realm: str
    nonce: str
    opaque: str
    algorithm: str
    qop: str


def challenge_of(headers: Iterable[str]) -> Challenge | None:
    """Return the strongest Digest challenge of WWW-Authenticate headers that we can answer, or None."""
    found = [one for header in headers for one in _challenges(header[:LONGEST])]
    return max(found, key=lambda one: STRENGTH.index(_base(one.algorithm)), default=None)


def wants_basic(headers: Iterable[str]) -> bool:
    """Tell whether WWW-Authenticate headers ask for Basic (RFC 7617)."""
    return any(match[1].lower() == "basic" for header in headers for match in _SCHEME.finditer(header[:LONGEST]))


def _challenges(header: str) -> Iterable[Challenge]:
    starts = list(_SCHEME.finditer(header))
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(header)
        if start[1].lower() != "digest":
            continue
        fields = {name.lower(): _unquoted(value) for name, value in _PAIR.findall(header[start.end() : end])}
        made = _challenge(fields)
        if made is not None:
            yield made


def _challenge(fields: Mapping[str, str]) -> Challenge | None:
    algorithm = fields.get("algorithm", "MD5")
    offered = {one.strip().lower() for one in fields.get("qop", "").split(",") if one.strip()}
    if _base(algorithm) not in ALGORITHMS or not fields.get("nonce") or (offered and "auth" not in offered):
        return None
    if not all(text.isascii() for text in fields.values()):  # a header of ours could not say it back
        return None
    qop = "auth" if offered else ""
    return Challenge(fields.get("realm", ""), fields["nonce"], fields.get("opaque", ""), algorithm, qop)


def _base(algorithm: str) -> str:
    return algorithm.lower().removesuffix("-sess")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def authorization(
    challenge: Challenge, username: str, password: str, method: str, path: str, count: int = 1, cnonce: str = ""
) -> str:
    """Return the Authorization header of a request; `path` with its query, `count` the requests under this nonce so far."""
    cnonce = cnonce or secrets.token_hex(8)

    def digest(text: str) -> str:
        return hashlib.new(ALGORITHMS[_base(challenge.algorithm)], text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{username}:{challenge.realm}:{password}")
    if challenge.algorithm.lower().endswith("-sess"):
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    asked = digest(f"{method}:{path}")
    number = f"{count:08x}"
    middle = f"{challenge.nonce}:{number}:{cnonce}:auth" if challenge.qop else challenge.nonce
    # RFC 7616 3.4.4: a name that is not ASCII goes as an extended parameter (RFC 5987).
    name = {"username": username} if username.isascii() else {}
    fields = {
        **name,
        "realm": challenge.realm,
        "nonce": challenge.nonce,
        "uri": path,
        "response": digest(f"{secret}:{middle}:{asked}"),
        **({"opaque": challenge.opaque} if challenge.opaque else {}),
    }
    quoted = [f"{name}={_quoted(value)}" for name, value in fields.items()]
    if not name:
        quoted.append(f"username*=UTF-8''{quote(username, safe='')}")
    quoted.append(f"algorithm={challenge.algorithm}")
    if challenge.qop:
        quoted += ["qop=auth", f"nc={number}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(quoted)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
