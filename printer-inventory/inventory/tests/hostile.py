"""A printer's web server as an attacker would run it, and a neighbour that nobody may reach."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], str]


class Server:
    """Serves `pages` by path at an address of loopback, and remembers what was asked for."""

    def __init__(self, address: str) -> None:
        """Listen on a port of the kernel's choice."""
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                status, headers, body = outer.pages.get(self.path.partition("?")[0], (404, {}, ""))
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET  # noqa: N815 - the name http.server calls

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.address, self.port = address, int(self.server.server_address[1])

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.address}:{self.port}"


@contextmanager
def serving(address: str) -> Iterator[Server]:
    """Run a server on a thread."""
    server = Server(address)
    thread = threading.Thread(target=server.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
        thread.join()
