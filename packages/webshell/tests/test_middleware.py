"""Request id, headers, content security policy and time zone, under WSGI and ASGI."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings

from webshell import requestid
from webshell.logging import OneLineFormatter, RequestIdFilter
from webshell.middleware import RequestIdMiddleware, known_zone
from webshell.settings import csp

MADE = re.compile(r"[0-9a-f]{16}")


@pytest.mark.parametrize("offered", ["abcdefgh", "A-1-b-2-C-3", "x" * 64])
def test_harmless_id_of_a_proxy_is_kept(client: Client, offered: str) -> None:
    assert client.get("/zone/", headers={"x-request-id": offered}).headers["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", ["", "short", "x" * 65, "<script>alert(1)</script>", "abc def ghi", "abcdefgh\t"])
def test_any_other_id_is_replaced(client: Client, offered: str) -> None:
    answer = client.get("/zone/", headers={"x-request-id": offered})
    assert MADE.fullmatch(answer.headers["X-Request-ID"])


def test_ids_differ_between_requests(client: Client) -> None:
    ids = {client.get("/zone/").headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5


def test_log_records_carry_the_id_only_during_the_request() -> None:
    seen: list[str] = []

    def view(_request: HttpRequest) -> HttpResponse:
        record = logging.LogRecord("x", logging.INFO, "", 0, "hello", (), None)
        RequestIdFilter().filter(record)
        seen.append(record.request_id)  # type: ignore[attr-defined]  # what the filter adds
        raise ValueError("after the log line")

    request = HttpRequest()
    request.META["HTTP_X_REQUEST_ID"] = "from-the-proxy"
    with pytest.raises(ValueError, match="after"):
        RequestIdMiddleware(view)(request)
    assert seen == ["from-the-proxy"]
    assert requestid.current.get() == "-"


def test_log_line_cannot_be_forged() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "name %s", ("a\nERROR forged\x1b[2J\u2028b",), None)
    assert OneLineFormatter("%(message)s").format(record) == "name a\\nERROR forged\\x1b[2J\\u2028b"


def test_every_response_has_the_headers(client: Client) -> None:
    for path in ("/zone/", "/nowhere/", "/only-post/", "/health/"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]


def test_policy_allows_nothing_inline(client: Client) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in client.get("/zone/").headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)


def test_policy_takes_more_sources_but_not_the_ones_that_undo_it() -> None:
    assert csp(img_src=("blob:",))["DIRECTIVES"]["img-src"] == ["'self'", "data:", "blob:"]
    assert csp(worker_src=("'self'",))["DIRECTIVES"]["worker-src"] == ["'self'"]
    assert csp(frame_ancestors=("'self'",))["DIRECTIVES"]["frame-ancestors"] == ["'self'"]
    assert csp()["DIRECTIVES"]["img-src"] == ["'self'", "data:"]
    for bad in ("'unsafe-inline'", "'unsafe-eval'", "*"):
        with pytest.raises(ValueError, match="undo"):
            csp(script_src=(bad,))


def test_zone_of_the_cookie_is_used_for_that_request_only(client: Client) -> None:
    client.cookies["tz"] = "Asia/Irkutsk"
    assert client.get("/zone/").content == b"Asia/Irkutsk"
    del client.cookies["tz"]
    assert client.get("/zone/").content == b"UTC"


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "../../etc/passwd", "/etc/localtime", "x" * 65, "Ас/Ир", "Asia", "UTC\x00"]
)
def test_any_other_zone_is_ignored(name: str) -> None:
    assert known_zone(name) is None


async def ask_both_at_once() -> list[tuple[bytes, str]]:
    """Ask for two zones at the same time through one event loop."""
    clients = []
    for zone in ("Asia/Irkutsk", "America/Lima"):
        client = AsyncClient()
        client.cookies["tz"] = zone
        clients.append(client)
    answers = await asyncio.gather(
        *(one.get("/zone/async/", headers={"X-Request-ID": f"client-{place}"}) for place, one in enumerate(clients))
    )
    return [(answer.content, answer.headers["X-Request-ID"]) for answer in answers]


def test_async_requests_do_not_share_zone_or_id() -> None:
    assert asyncio.run(ask_both_at_once()) == [(b"Asia/Irkutsk", "client-0"), (b"America/Lima", "client-1")]


def test_async_405_has_a_body() -> None:
    async def ask() -> tuple[int, str, bytes]:
        answer = await AsyncClient().get("/only-post/")
        return answer.status_code, answer.headers["Allow"], answer.content

    status, allowed, content = asyncio.run(ask())
    assert (status, allowed) == (405, "POST")
    assert b"Not like this" in content


@override_settings(WEBSHELL={})
def test_pages_need_no_setting(client: Client) -> None:
    assert client.get("/empty/").status_code == 200
