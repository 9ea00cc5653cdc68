"""One call without its input and output: builds each request, reads each head, decides about redirects.

The clients do the talking and nothing else, so the blocking and the asynchronous one cannot come to differ in a rule.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpcore2
import httpx2

from safehttp.body import ACCEPT_ENCODING, BodyReader
from safehttp.errors import BadResponse, Refused, TooLarge
from safehttp.limits import Limits
from safehttp.response import Response, media_type
from safehttp.target import Target, follow, parse_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_BODY = frozenset({204, 304})
_OURS = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "trailer",
        "accept-encoding",
        "cookie",
    }
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_HARMLESS = frozenset({"accept", "accept-language", "user-agent"})


@dataclass(frozen=True, repr=False)
class Ask:
    """What the caller wants, with its defaults. `allowed_types` are media types such as `application/json`."""

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    content: bytes | None = None
    data: Mapping[str, Any] | None = None
    json: Any = None
    files: Any = None
    auth: tuple[str, str] | None = None
    allowed_types: Iterable[str] | None = None
    follow_redirects: bool = True


@dataclass(frozen=True, repr=False)
class Call:
    """One request to send: where, how, and with what."""

    target: Target
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def origin(self) -> httpcore2.Origin:
        """The end of the connection as the engine names it; TLS asks for this host's certificate."""
        return httpcore2.Origin(self.target.scheme.encode(), self.target.hostname.encode(), self.target.port)

    def wire(self, cookies: httpx2.Cookies | None) -> httpcore2.Request:
        """Return the request as the engine takes it, with the cookies that belong to it."""
        headers = [
            ("Host", self.target.netloc),
            *self.headers,
            ("Accept-Encoding", ACCEPT_ENCODING),
            ("Connection", "close"),
        ]
        if cookies is not None:
            carrier = httpx2.Request(self.method, self.target.url)
            cookies.set_cookie_header(carrier)
            headers += [("Cookie", carrier.headers["cookie"])] if "cookie" in carrier.headers else []
        return httpcore2.Request(
            self.method,
            httpcore2.URL(
                scheme=self.target.scheme.encode(),
                host=self.target.hostname.encode(),
                port=self.target.port,
                target=self.target.path.encode(),
            ),
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
            content=self.body,
        )


def first_call(method: str, url: str, ask: Ask, user_agent: str) -> Call:
    """Return the first request of a call.

    Raises `Refused` for a URL that is none, and `ValueError` for a method that is none and for headers that are the
    client's own business.
    """
    if not _TOKEN.fullmatch(method):
        raise ValueError("the method is a word such as GET")
    _check_headers(ask.headers)
    target = parse_url(url)
    if ask.params:
        target = replace(target, path=_with_params(target.path, ask.params))
    draft = httpx2.Request(
        method,
        target.origin,
        headers={"User-Agent": user_agent, "Accept": "*/*"} | {k.title(): v for k, v in ask.headers.items()},
        content=ask.content,
        data=dict(ask.data) if ask.data is not None else None,
        files=ask.files,
        json=ask.json,
    )
    headers = [(name, value) for name, value in draft.headers.items() if name not in _OURS or name == "content-length"]
    if ask.auth is not None:
        token = base64.b64encode(":".join(ask.auth).encode()).decode()
        headers.append(("authorization", f"Basic {token}"))
    return Call(target, method.upper(), tuple(headers), draft.read())


def next_call(call: Call, status: int, headers: httpx2.Headers) -> Call | None:
    """Return the request a redirect leads to, or None when the answer is the last one.

    Seen from another origin a redirect takes no credentials, no body and no header of the caller along; from https to
    http it is refused. POST becomes GET on 301, 302 and 303 (RFC 9110 section 15.4).
    """
    if status not in _REDIRECTS or not headers.get("location"):
        return None
    target = follow(call.target, headers["location"])
    if (call.target.scheme, target.scheme) == ("https", "http"):
        raise Refused(f"{call.target.origin} redirects from https to http; that would take the encryption off.")
    as_get = status in (301, 302, 303) and call.method not in ("GET", "HEAD")
    if target.origin != call.target.origin:
        if call.body and not as_get:
            raise Refused(f"{call.target.origin} redirects what was sent to {target.origin}; it is not sent there.")
        call = replace(call, headers=tuple(pair for pair in call.headers if pair[0] in _HARMLESS))
    if as_get:
        kept = tuple(pair for pair in call.headers if not pair[0].startswith("content-"))
        return Call(target, "GET", kept, b"")
    return replace(call, target=target)


class Answer:
    """The last answer of a call, while its body comes in."""

    def __init__(self, call: Call, status: int, headers: httpx2.Headers, ask: Ask, limits: Limits) -> None:
        """Raises `BadResponse` for a content type not allowed, `TooLarge` for an announced size over the limit."""
        self._call, self._status, self._headers = call, status, headers
        origin = call.target.origin
        allowed = None if ask.allowed_types is None else {kind.lower() for kind in ask.allowed_types}
        if allowed is not None and 200 <= status < 300 and media_type(headers) not in allowed:
            raise BadResponse(f"{origin} answers with another kind of content than {', '.join(sorted(allowed))}.")
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and len(length) < 20 and int(length) > limits.max_body_bytes:
            raise TooLarge(f"{origin} announces more than {limits.max_body_bytes} bytes; it was not read.")
        self.has_body = call.method != "HEAD" and status not in _NO_BODY
        encoding = headers.get("content-encoding", "") if self.has_body else ""
        self._body = BodyReader(origin, encoding, limits.max_body_bytes)
        self.feed: Callable[[bytes], None] = self._body.feed

    def finish(self) -> Response:
        """Return the whole answer. Raises `BadResponse` when the body is incomplete."""
        return Response(self._status, self._headers, self._body.finish(), self._call.target.url)


def read_head(response: httpcore2.Response, call: Call, cookies: httpx2.Cookies | None) -> httpx2.Headers:
    """Return an answer's headers and keep its cookies when the client keeps any."""
    headers = httpx2.Headers(response.headers)
    if cookies is not None:
        cookies.extract_cookies(
            httpx2.Response(response.status, headers=headers, request=httpx2.Request(call.method, call.target.url))
        )
    return headers


def too_many_redirects(call: Call, limits: Limits) -> BadResponse:
    """Return the error for a chain of redirects that does not end."""
    return BadResponse(f"{call.target.origin} redirects more than {limits.max_redirects} times; its set-up is a loop.")


def _with_params(path: str, params: Mapping[str, str]) -> str:
    query = str(httpx2.QueryParams(dict(params)))
    return f"{path}{'&' if '?' in path else '?'}{query}"


def _check_headers(headers: Mapping[str, str]) -> None:
    if own := _OURS.intersection(name.lower() for name in headers):
        raise ValueError(f"the client sets these headers itself: {', '.join(sorted(own))}")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a header")
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
            raise ValueError(f"header {name!r} holds a control character")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(f"header {name!r} holds a character outside Latin-1") from None
