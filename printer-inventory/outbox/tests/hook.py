"""A receiver of webhooks on loopback."""

from __future__ import annotations

from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from safehttp import Policy, Provider

from outbox.models import Webhook


class HookServer:
    """Keeps what it was told as (headers, body) and answers `status`."""

    row: Webhook

    def __init__(self) -> None:
        self.told: list[tuple[Message, bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.told.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def policy(self) -> Policy:
        """Let exactly this server be asked, as no public address is there in a test."""
        return Provider([f"127.0.0.1:{self._server.server_port}"], networks=["127.0.0.0/8"])

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
