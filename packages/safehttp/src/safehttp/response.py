"""An answer, read to its end."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import Any

import httpx2

from safehttp.errors import BadResponse
from safehttp.target import parse_url

# Known to Python as text encodings, but slow on purpose-made input or not what a server means.
_NO_CHARSET = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined"})


@dataclass(frozen=True, repr=False)
class Response:
    """`status`, `headers` (case-insensitive), `content` (decompressed bytes) and the `url` that answered in the end.

    `url` may hold secrets in path and query: show `origin` instead.
    """

    status: int
    headers: httpx2.Headers
    content: bytes
    url: str

    @property
    def origin(self) -> str:
        """Scheme, host and port that answered."""
        return parse_url(self.url).origin

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case; empty when the header is missing."""
        return media_type(self.headers)

    @property
    def text(self) -> str:
        """The body in the header's charset, else UTF-8; what cannot be decoded becomes U+FFFD."""
        try:
            name = codecs.lookup(
                self.headers.get("content-type", "").lower().partition("charset=")[2].strip(" \"';")
            ).name
            if name not in _NO_CHARSET:
                return self.content.decode(name, "replace")
        except (LookupError, ValueError):
            pass
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body read as JSON. Raises `BadResponse` when it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise BadResponse(f"{self.origin} did not answer with JSON (status {self.status}).") from None

    def __repr__(self) -> str:
        return f"<Response {self.status} from {self.origin}, {len(self.content)} bytes>"


def media_type(headers: httpx2.Headers) -> str:
    """Return the Content-Type without parameters, lower case; empty when missing."""
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()
