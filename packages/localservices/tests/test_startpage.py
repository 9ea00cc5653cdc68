"""The start page over a real socket: what it shows, what it refuses."""

from __future__ import annotations

import dataclasses
import http.client
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from localservices.processes import free_port
from localservices.runfile import Login, System
from localservices.servers import Server
from localservices.startpage import PageServer, PageState, SystemView, read_health, serve_page

SYSTEM = System(
    "printers",
    Path(),
    "Printers <b>",
    "Polls & bills",
    1,
    "printers",
    "",
    "",
    (Login("admin<i>", "all"),),
    (),
    (),
    redis=False,
    environment={},
    prepare=(),
    processes=(),
)
TOLD = Server("redis", "told", "7.2", "told by REDIS_URL", "127.0.0.1", 6379, "", "top-secret")
GONE = Server("postgres", "installed", "15.1", "installed in /x", "127.0.0.1", 5, "postgres", "top-secret", "/nowhere")


@pytest.fixture
def state(tmp_path: Path) -> PageState:
    view = SystemView(SYSTEM, "http://127.0.0.1:5000/", "", [("in<b>", "http://127.0.0.1:5000/in/")])
    return PageState(tmp_path / "a<b", [view], {"postgres": GONE, "redis": TOLD}, "demo-word")


@pytest.fixture
def port(state: PageState) -> Iterator[int]:
    number = free_port()
    server: PageServer = serve_page(number, state)
    yield number
    server.close()


def get(port: int, path: str, host: str | None = None) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read().decode()
    finally:
        connection.close()


def test_the_page_shows_systems_logins_and_services_escaped(port: int) -> None:
    status, _, body = get(port, "/")
    assert status == 200
    for text in (
        "Printers &lt;b&gt;",
        "Polls &amp; bills",
        "admin&lt;i&gt;",
        "demo-word",
        "a&lt;b",
        "PostgreSQL 15.1",
        "in&lt;b&gt;",
    ):
        assert text in body
    assert "<i>" not in body
    assert "top-secret" not in body


def test_the_page_needs_nothing_inline(port: int) -> None:
    _, headers, body = get(port, "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in body
    assert "<style" not in body
    assert "onclick" not in body
    assert body.count("<script") == body.count('<script type="module" src=')
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("path", "kind"), [("/page.css", "text/css"), ("/page.js", "text/javascript")])
def test_its_files_are_served(port: int, path: str, kind: str) -> None:
    status, headers, body = get(port, path)
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, kind)
    assert len(body) > 500


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/page.html", "/%2e%2e/x", "/page", "/state.json?x"])
def test_there_is_nothing_else(port: int, path: str) -> None:
    assert get(port, path)[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[::1]:80", "x:y:z"])
def test_other_names_are_refused(port: int, host: str) -> None:
    status, _, body = get(port, "/", host)
    assert status == 421
    assert "demo-word" not in body


def test_live_state_follows_the_phase(port: int, state: PageState) -> None:
    def live() -> dict[str, object]:
        content: dict[str, dict[str, dict[str, object]]] = json.loads(get(port, "/state.json")[2])
        return content["systems"]["printers"]

    assert live() == {"state": "queued", "text": "", "processes": {}}
    state.views[0].phase = "preparing: migrate"
    assert live() == {"state": "preparing", "text": "migrate", "processes": {}}
    state.views[0].phase = "running"
    assert live()["state"] == "running"


def test_services_that_are_gone_are_shown_failed(port: int) -> None:
    assert json.loads(get(port, "/state.json")[2])["services"] == {"postgres": "failed", "redis": "running"}


@pytest.fixture
def health_server() -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    """Return a health address and the list of answers it gives, the last one again and again."""
    answers: list[tuple[int, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[0] if len(answers) == 1 else answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server gives it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    page = PageServer(server)
    yield f"http://127.0.0.1:{server.server_address[1]}/health/?full=1", answers
    page.close()


@pytest.mark.parametrize(
    ("status", "body", "state", "text"),
    [
        (200, b'{"status": "ok", "checks": {}}', "ok", ""),
        (200, b'{"status": "ok"}', "ok", ""),
        (
            503,
            b'{"status": "failed", "checks": {"db": {"status": "failed", "text": "away"}, "redis": {"status": "ok"}}}',
            "failed",
            "db: away",
        ),
        (200, b'{"status": "degraded", "checks": {"worker": {"status": "degraded"}}}', "degraded", "worker: degraded"),
        (200, b'{"status": "<script>"}', "failed", ""),
        (200, b"a plain page", "ok", ""),
        (500, b"a plain page", "failed", "HTTP 500"),
        (200, b'{"status": "ok", "checks": [1]}', "ok", ""),
        (200, b'{"status": "ok", "checks": {"a": 1}}', "ok", ""),
        (500, b"\xff" * 100_000, "failed", "HTTP 500"),
    ],
)
def test_health_is_read(
    health_server: tuple[str, list[tuple[int, bytes]]], status: int, body: bytes, state: str, text: str
) -> None:
    url, answers = health_server
    answers.append((status, body))
    assert read_health(url) == {"state": state, "text": text}


def test_no_answer_is_a_failure() -> None:
    assert read_health(f"http://127.0.0.1:{free_port()}/") == {"state": "failed", "text": "no answer"}


def test_health_is_not_asked_at_every_look(health_server: tuple[str, list[tuple[int, bytes]]], tmp_path: Path) -> None:
    url, answers = health_server
    answers.extend([(200, b'{"status": "ok"}'), (200, b'{"status": "degraded"}')])
    view = dataclasses.replace(SystemView(SYSTEM, "", url), phase="running")
    state = PageState(tmp_path, [view], {}, "")
    first, second = state.as_json(), state.as_json()
    assert first["systems"]["printers"]["state"] == "ok"
    assert second == first
