"""A request taken apart and an answer put together, without any HTTP library in between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_MAX_FIELDS: Final = 50


class BadRequest(ValueError):  # noqa: N818 -- a caller reads `except BadRequest`: the word is the verdict
    """The request is not of a form that can be answered."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `path` has no query; header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameters(self) -> dict[str, str]:
        """Return the fields of the query (GET) or of the form (POST).

        A field that occurs twice raises BadRequest (RFC 6749, 3.1).
        """
        if self.method == "POST":
            kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/x-www-form-urlencoded":
                raise BadRequest("the body is no form")
            return parse_fields(self.body)
        return parse_fields(self.query.encode())

    def cookie(self, name: str) -> str:
        """Return a cookie's value, "" without it."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(self.headers.get("cookie", ""))
        except CookieError:
            return ""
        return jar[name].value if name in jar else ""

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object; an empty body is an empty one."""
        try:
            data = json.loads(self.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise BadRequest("the body is no JSON") from error
        if not isinstance(data, dict):
            raise BadRequest("the body is no JSON object")
        return data


def parse_fields(data: bytes) -> dict[str, str]:
    """Return form fields; raises BadRequest for doubled fields, too many of them and what is no UTF-8."""
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise BadRequest("the fields cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadRequest("a field occurs twice")
    return fields


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. `cookies` are whole Set-Cookie values."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


def json_reply(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with JSON."""
    return Reply(status, json.dumps(data, ensure_ascii=False).encode(), "application/json", headers or {})


def oauth_error(code: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer as RFC 6749, 5.2 says."""
    return json_reply({"error": code, "error_description": description}, status, headers)


def redirect(uri: str, cookies: tuple[str, ...] = (), **fields: str | None) -> Reply:
    """Send the browser on; fields that are None are left out, an own query of the address stays."""
    parts = urlsplit(uri)
    added = urlencode({name: value for name, value in fields.items() if value is not None})
    query = "&".join(part for part in (parts.query, added) if part)
    return Reply(302, headers={"Location": urlunsplit(parts._replace(query=query))}, cookies=cookies)
