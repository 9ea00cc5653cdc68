"""The threaded HTTP server under the stand-ins of services: a bounded body in, one answer out, a thread that ends."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

_log = logging.getLogger("standins")


class LoopbackServer(ThreadingHTTPServer):
    """Serves in a thread of its own between `start` and `stop`, or in the caller's with `serve_forever`."""

    daemon_threads = True
    request_queue_size = 128
    _thread: threading.Thread | None = None

    def __init__(self, address: tuple[str, int], handler: type[LoopbackHandler]) -> None:
        """Take the port at once (0: any free one); raises OSError when it is taken."""
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def start(self, name: str, poll_seconds: float = 0.05) -> None:
        """Serve in a thread of this name."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": poll_seconds}, name=name)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and give the port back."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Say in the log what a client broke off; the default prints to stderr."""
        _log.debug("a connection from %s broke off", client_address, exc_info=True)


class LoopbackService:
    """A stand-in with one server of its own: in a `with` block in a thread, or in the caller's with `serve`.

    A subclass calls `listen` once it is ready for requests. What makes a request wait does so on `stopping`.
    """

    port: int

    def listen(self, name: str, host: str, server: Callable[[], LoopbackServer]) -> None:
        """Take the port at once; raises OSError when it is taken, ValueError off loopback."""
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is no loopback address; known secrets do not belong on a network")
        self._name, self._server, self.stopping = name, server(), threading.Event()
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        """Serve in a thread of its own."""
        self._server.start(self._name)
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and give the port back; a request that is made to wait ends at once."""
        self.stopping.set()
        self._server.stop()

    def serve(self) -> None:
        """Serve in this thread until `close` is called from another one or an exception comes through."""
        self._server.serve_forever(poll_interval=0.2)


class LoopbackHandler(BaseHTTPRequestHandler, ABC):
    """Reads a request for `answer`; a subclass says with `do_GET = LoopbackHandler.serve` which methods it knows."""

    protocol_version = "HTTP/1.1"
    server_version = "standins"
    sys_version = ""
    timeout = 15
    most_body: ClassVar[int] = 64 * 1024

    def serve(self) -> None:
        """Take the request apart; header names in lower case."""
        path, _mark, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")
        if (
            not length.isascii()
            or not length.isdigit()
            or int(length) > self.most_body
            or "Transfer-Encoding" in self.headers
        ):
            self.close_connection = True
            self.refuse_body()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.answer(path, query, headers, self.rfile.read(int(length)))

    @abstractmethod
    def refuse_body(self) -> None:
        """Answer 413 in the words of the service: the body is too long or of unknown length."""

    @abstractmethod
    def answer(self, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        """Answer one request with `send`."""

    def send(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """Send an answer; 204 has no length (RFC 9110, 8.6)."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Nothing: the base class would print whole addresses, and a code may be in them."""
