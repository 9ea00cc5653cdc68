"""The start page: plain HTML, one style sheet and one script from this package, live by a small JSON document.

It listens on loopback only and answers nobody who came by another name (DNS rebinding). It shows the demo's password:
that opens demo data on this machine and nothing else.
"""

from __future__ import annotations

import html
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from .children import Child, ask_http
from .processes import LOOPBACK
from .runfile import System
from .servers import Server

FRESH_SECONDS = 1.5
FILES = {
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class SystemView:
    """One system as the page shows it. `phase` is queued, `preparing: STEP`, starting, running or failed."""

    system: System
    url: str
    health: str
    links: Sequence[tuple[str, str]] = ()
    phase: str = "queued"
    children: list[Child] = field(default_factory=list)


@dataclass
class PageState:
    """What the page shows. Health is asked for when somebody looks, at most every 1.5 seconds."""

    root: Path
    views: Sequence[SystemView]
    servers: Mapping[str, Server]
    password: str
    _health: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def as_json(self) -> dict[str, Any]:
        """Return what lives: `{systems: {NAME: {state, text, processes: {NAME: state}}}, services: {KIND: state}}`."""
        with self._lock:
            systems = {view.system.name: self._system(view) for view in self.views}
        services = {
            kind: "running" if server.tier == "told" or server.pid() else "failed"
            for kind, server in self.servers.items()
        }
        return {"systems": systems, "services": services}

    def _system(self, view: SystemView) -> dict[str, Any]:
        """Return one system's live state."""
        processes = {child.label.partition("/")[2]: child.state for child in list(view.children)}
        if view.phase != "running":
            word = view.phase.partition(":")[0]
            return {"state": word, "text": view.phase.partition(": ")[2], "processes": processes}
        return {**self._ask(view), "processes": processes}

    def _ask(self, view: SystemView) -> dict[str, str]:
        """Return what the system's health address says, from memory when it was asked just now."""
        asked, answer = self._health.get(view.system.name, (0.0, {}))
        if time.monotonic() - asked < FRESH_SECONDS:
            return answer
        answer = read_health(view.health) if view.health else {"state": "running", "text": ""}
        self._health[view.system.name] = (time.monotonic(), answer)
        return answer


def read_health(url: str) -> dict[str, str]:
    """Ask a health address and return `{state: ok|degraded|failed, text}`; text names the checks that are not ok."""
    status, body = ask_http(url)
    if not status:
        return {"state": "failed", "text": "no answer"}
    try:
        content = json.loads(body)
        state = str(content["status"])
        checks = content.get("checks") or {}
        bad = [
            f"{name}: {check.get('text') or check['status']}"
            for name, check in checks.items()
            if check["status"] != "ok"
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"state": "ok" if status < 400 else "failed", "text": "" if status < 400 else f"HTTP {status}"}
    return {"state": state if state in {"ok", "degraded"} else "failed", "text": ", ".join(bad)[:300]}


def render(state: PageState) -> str:
    """Return the page's HTML; everything that comes from a `run.toml` is escaped."""
    return Template(_file("page.html")).substitute(
        folder=html.escape(str(state.root)),
        systems="\n".join(_card(view, state.password) for view in state.views),
        services="\n".join(_service(kind, server) for kind, server in state.servers.items()),
        count=f"{len(state.views)} system{'s' if len(state.views) != 1 else ''}",
    )


def _card(view: SystemView, password: str) -> str:
    """Return one system's card."""
    logins = "".join(
        f"<tr><td><code>{html.escape(login.user)}</code></td><td>{html.escape(login.role)}</td></tr>"
        for login in view.system.logins
    )
    return Template(_file("card.html")).substitute(
        name=html.escape(view.system.name),
        accent=html.escape(view.system.accent),
        title=html.escape(view.system.title),
        summary=html.escape(view.system.summary),
        url=html.escape(view.url),
        links="".join(
            f'<p class="open"><a href="{html.escape(url)}">{html.escape(text)}</a></p>' for text, url in view.links
        ),
        address=html.escape(view.url.removeprefix("http://").rstrip("/")),
        logins=Template(_file("logins.html")).substitute(rows=logins, password=html.escape(password)) if logins else "",
    )


def _service(kind: str, server: Server) -> str:
    """Return one service's row."""
    return (
        f'<tr data-service="{kind}"><th scope="row">{server.title} {html.escape(server.version)}</th>'
        f"<td><code>{html.escape(server.host)}:{server.port}</code></td><td>{html.escape(server.why)}</td>"
        '<td><span class="state" data-state="running">running</span></td></tr>'
    )


def _file(name: str) -> str:
    """Return a file of the page."""
    return (resources.files(__package__) / "page" / name).read_text(encoding="utf-8")


class PageServer:
    """The running server; `close` stops it."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        """Serve in a thread of its own."""
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port; closing twice does nothing more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve_page(port: int, state: PageState) -> PageServer:
    """Serve the page on loopback; raises OSError when the port was taken meanwhile."""

    class Handler(_Handler):
        page = state

    server = ThreadingHTTPServer((LOOPBACK, port), Handler)
    server.daemon_threads = True
    return PageServer(server)


class _Handler(BaseHTTPRequestHandler):
    """Answers GET for the page, its two files and its state."""

    page: PageState
    timeout = 10
    server_version = "localservices"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer, when asked by one of our own names."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in {LOOPBACK, "localhost"}:
            self._answer(421, "text/plain; charset=utf-8", "This page answers to 127.0.0.1 only.\n")
        elif self.path == "/":
            self._answer(200, "text/html; charset=utf-8", render(self.page))
        elif self.path == "/state.json":
            self._answer(200, "application/json", json.dumps(self.page.as_json()))
        elif self.path in FILES:
            name, kind = FILES[self.path]
            self._answer(200, kind, _file(name))
        else:
            self._answer(404, "text/plain; charset=utf-8", "Nothing here; the start page is at /.\n")

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server gives it
        """Keep the terminal for the systems."""
