"""A tiny HTTP server on loopback whose answers a test writes byte by byte, and both clients behind one call."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings

from safehttp import AsyncClient, Client, Response

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")

Handler = Callable[[socket.socket, bytes], None]
Ask = Callable[..., Response]


@dataclass
class Server:
    """Listens on one loopback address; `requests` holds what it was sent, head and body."""

    handler: Handler
    address: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    def start(self) -> None:
        self._listener = socket.create_server((self.address, self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    _stopped = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    def _serve(self) -> None:
        while not self._stopped:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(10)
            line = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with line:
                request = _read_request(line)
                self.requests.append(request)
                self.handler(line, request)


def _read_request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65536)
        if not piece:
            return data
        data += piece
        if data.startswith(b"\x16"):  # a TLS handshake where plain HTTP is spoken
            return data
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(
    body: bytes = b"", status: str = "200 OK", length: int | None = None, headers: dict[str, str] | None = None
) -> Handler:
    """Return a handler that answers every request the same."""
    rows = {"Content-Length": str(len(body) if length is None else length), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())

    def handler(line: socket.socket, _request: bytes) -> None:
        line.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    return handler


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers and stop them after the test."""
    servers: list[Server] = []

    def start(handler: Handler, **settings: Any) -> Server:
        server = Server(handler, **settings)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(params=["blocking", "asynchronous"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Send one request with a fresh client of each kind: `ask(policy, url, method=..., client={...}, **ask)`."""

    def call(policy: Any, url: str, *, method: str = "GET", client: dict[str, Any] | None = None, **wanted: Any) -> Any:
        if request.param == "blocking":
            return Client(policy, **(client or {})).request(method, url, **wanted)
        return asyncio.run(AsyncClient(policy, **(client or {})).request(method, url, **wanted))

    return call
