"""Plain requests and answers over real sockets, with the blocking and the asynchronous client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from safehttp import AsyncClient, BadResponse, Client, Limits, Provider, Refused, Unreachable

from .conftest import Ask, Server, answer


def listed(*servers: Server) -> Provider:
    return Provider([server.url for server in servers])


def test_an_answer_carries_status_headers_body_and_url(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(
        answer("тонер".encode("cp1251"), "404 Gone", headers={"Content-Type": "text/html; charset=windows-1251"})
    )
    response = ask(listed(server), f"{server.url}/page?a=1", params={"b": "2 3"})
    assert (response.status, response.ok, response.text) == (404, False, "тонер")
    assert response.content_type == "text/html"
    assert response.url == f"{server.url}/page?a=1&b=2+3"
    assert server.requests[0].startswith(b"GET /page?a=1&b=2+3 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}".encode() in server.requests[0].lower()


def test_a_post_carries_json_headers_and_basic_credentials(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b'{"ok": true}'))
    response = ask(
        listed(server), server.url, method="POST", json={"n": 1}, headers={"X-Key": "k"}, auth=("user", "pass:word")
    )
    request = server.requests[0].lower()
    assert response.json() == {"ok": True}
    assert request.endswith(b'\r\n\r\n{"n":1}')
    assert b"x-key: k\r\n" in request
    assert b"authorization: basic dxnlcjpwyxnzondvcmq=" in request


def test_helpers_send_their_method(serve: Callable[..., Server]) -> None:
    server = serve(answer(b"x"))
    Client(listed(server)).get(server.url)
    Client(listed(server)).post(server.url, content=b"body")
    asyncio.run(AsyncClient(listed(server)).get(server.url))
    asyncio.run(AsyncClient(listed(server)).post(server.url, data={"a": "b"}))
    assert [request.split(b" ")[0] for request in server.requests] == [b"GET", b"POST", b"GET", b"POST"]
    assert server.requests[3].endswith(b"a=b")


def test_a_head_request_reads_no_body(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(length=100, headers={"Content-Encoding": "br"}))
    assert ask(listed(server), server.url, method="HEAD").content == b""


def test_cookies_are_forgotten_unless_asked_for(serve: Callable[..., Server]) -> None:
    server = serve(answer(headers={"Set-Cookie": "session=abc; Path=/"}))
    forgetful, keeping = Client(listed(server)), Client(listed(server), keep_cookies=True)
    for client in (forgetful, keeping):
        client.get(server.url)
        client.get(server.url)
    assert [b"session=abc" in request for request in server.requests] == [False, False, False, True]


def test_a_proxy_of_the_environment_is_not_used(
    serve: Callable[..., Server], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = serve(answer(b"direct")), serve(answer(b"proxied"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert ask(listed(server), server.url).content == b"direct"


@pytest.mark.parametrize("name", ["Host", "connection", "Transfer-Encoding", "Cookie", "Accept-Encoding"])
def test_a_header_of_the_client_itself_cannot_be_given(name: str, ask: Ask) -> None:
    with pytest.raises(ValueError, match="sets these headers itself"):
        ask(Provider(["x.example"]), "https://x.example/", headers={name: "evil"})


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "zero\x00"])
def test_a_header_cannot_carry_a_second_one(value: str, ask: Ask) -> None:
    with pytest.raises(ValueError, match="control character"):
        ask(Provider(["x.example"]), "https://x.example/", headers={"X-Note": value})


@pytest.mark.parametrize("name", ["X Note", "X:Note", "", "Нет"])
def test_a_header_has_a_name(name: str, ask: Ask) -> None:
    with pytest.raises(ValueError, match="not the name of a header"):
        ask(Provider(["x.example"]), "https://x.example/", headers={name: "1"})


@pytest.mark.parametrize("method", ["GET / HTTP/1.1\r\nX: y", "", "GE T"])
def test_a_method_is_a_word(method: str, ask: Ask) -> None:
    with pytest.raises(ValueError, match="a word such as GET"):
        ask(Provider(["x.example"]), "https://x.example/", method=method)


def test_nothing_listens(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer())
    server.stop()
    with pytest.raises(Unreachable, match="nothing listens on that port"):
        ask(listed(server), server.url)


def test_a_name_without_address(ask: Ask) -> None:
    def resolver(_name: str) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Unreachable, match="the name has no address"):
        ask(Provider(["gone.example"]), "https://gone.example/", client={"resolver": resolver})


def test_something_else_than_http_answers(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(lambda line, _request: line.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"))
    with pytest.raises(BadResponse, match="not with HTTP"):
        ask(listed(server), server.url)


def test_the_line_breaks_in_the_middle(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b"half", length=8))
    with pytest.raises(BadResponse, match="not with HTTP"):
        ask(listed(server), server.url)
    assert len(server.requests) == 1, "nothing is tried twice"


def test_only_the_allowed_content_types_are_read(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b"<html>", headers={"Content-Type": "Text/HTML; charset=utf-8"}))
    assert ask(listed(server), server.url, allowed_types=["text/html"]).content == b"<html>"
    with pytest.raises(BadResponse, match="another kind of content than application/json"):
        ask(listed(server), server.url, allowed_types=["application/json"])


def test_json_that_is_none(serve: Callable[..., Server], ask: Ask) -> None:
    for body in (b"<html>", b"[" * 100_000):
        server = serve(answer(body))
        with pytest.raises(BadResponse, match="did not answer with JSON"):
            ask(listed(server), server.url).json()


@pytest.mark.parametrize("charset", ["zlib", "no-such", "idna", "utf-7", "\x00", "utf-8"])
def test_text_survives_any_charset(charset: str, serve: Callable[..., Server]) -> None:
    header = charset.replace("\x00", "%00")
    server = serve(answer(b"a\xffb", headers={"Content-Type": f'text/plain; charset="{header}"'}))
    assert Client(listed(server)).get(server.url).text == "a\ufffdb"


def test_no_secret_of_a_url_reaches_a_message_or_a_log(
    serve: Callable[..., Server], ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(answer(b"x", headers={"Set-Cookie": "sid=hidden-cookie"}))
    url = f"{server.url}/hooks/hidden-path?token=hidden-query"
    response = ask(listed(server), url, headers={"X-Key": "hidden-key"}, auth=("u", "hidden-password"))
    messages = [repr(response), caplog.text]
    server.stop()
    for policy in (listed(server), Provider(["x.example"])):
        with pytest.raises((Unreachable, Refused)) as failure:
            ask(policy, url)
        messages += [str(failure.value), repr(failure.value.__cause__)]
    with pytest.raises(Refused) as refused:
        ask(listed(server), "http://hidden-user:hidden-password@127.0.0.1/")
    assert "hidden" not in " ".join([*messages, str(refused.value)])
    assert "127.0.0.1" in messages[0]


@pytest.mark.parametrize("settings", [{"total_seconds": 0}, {"max_body_bytes": 0}, {"max_redirects": -1}])
def test_limits_have_to_limit(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"at least|above 0"):
        Limits(**settings)
