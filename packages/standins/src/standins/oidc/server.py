"""The provider on a loopback port: the standard library's threaded HTTP server around a `Realm`."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from standins.oidc.control import PREFIX, control
from standins.oidc.faults import Fault
from standins.oidc.message import Reply, Request, oauth_error
from standins.oidc.model import Lifetimes, RealmData, demo_data
from standins.oidc.realm import Realm
from standins.oidc.routes import answer
from standins.oidc.store import new_secret
from standins.oidc.tokens import KeyRing

_log = logging.getLogger("standins.oidc")
_MAX_BODY: Final = 64 * 1024
_IDLE_SECONDS: Final = 15
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class OidcProvider:
    """An OpenID provider for tests and the demo, in a `with` block.

    It listens on loopback only, since its passwords are known. `issuer` is its address, `control_token` opens
    `/control/`. `realm` is the provider itself: `faults.add(...)`, `enable_user(...)`, `keys.rotate()` and so on may be
    called while it runs. `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        data: RealmData | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        lifetimes: Lifetimes | None = None,
        control_token: str | None = None,
        clock: Callable[[], float] = time.time,
        keys: KeyRing | None = None,
    ) -> None:
        """Take the port at once (0: any free one); raises OSError when it is taken, ValueError off loopback.

        `control_token` None makes a new one, "" closes the control door. Suites that start many providers hand in
        `keys` made of one key, since making one takes longer than the rest.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is no loopback address; known passwords do not belong on a network")
        data = data or demo_data()
        self.control_token = new_secret() if control_token is None else control_token
        self._server = _Server((host, port), self)
        self.port: int = self._server.server_address[1]
        shown = f"[{host}]" if ":" in host else host
        self.issuer = f"http://{shown}:{self.port}/realms/{data.realm}"
        self.realm = Realm(data, self.issuer, lifetimes, clock, keys)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="oidc")
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and give the port back; a waiting `slow` fault ends at once."""
        self._stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def serve(self) -> None:
        """Serve in this thread until `close` is called from another one or an exception comes through."""
        self._server.serve_forever(poll_interval=0.2)

    def misbehave(self, fault: Fault) -> None:
        """Ask for a fault."""
        self.realm.faults.add(fault)

    def reply(self, request: Request) -> Reply:
        """Answer one request; what goes wrong inside is a 500 and a line in the log, never a lost connection."""
        try:
            if request.path.startswith(PREFIX):
                return control(self.realm, request, self.control_token)
            return answer(self.realm, request, self._stopping.wait)
        except Exception:  # noqa: BLE001 -- the last door: whatever it was, the client gets an answer
            _log.exception("%s %s failed", request.method, request.path)
            return oauth_error("server_error", "unknown_error", 500)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], provider: OidcProvider) -> None:
        self.provider = provider
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Say in the log what a client broke off; the default prints to stderr."""
        _log.debug("a connection from %s broke off", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "standins"
    sys_version = ""
    timeout = _IDLE_SECONDS
    server: _Server

    def _serve(self) -> None:
        path, _mark, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")
        if (
            not length.isascii()
            or not length.isdigit()
            or int(length) > _MAX_BODY
            or "Transfer-Encoding" in self.headers
        ):
            self.close_connection = True
            self._send(oauth_error("invalid_request", "the body is too long or of unknown length", 413))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, self.rfile.read(int(length)))
        reply = self.server.provider.reply(request)
        _log.info("%s %s %s", self.command, path, reply.status)
        self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 -- the names http.server looks for

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in {**_HEADERS, **reply.headers}.items():
            self.send_header(name, value)
        for cookie in reply.cookies:
            self.send_header("Set-Cookie", cookie)
        if reply.status != 204:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Nothing: the base class would print whole addresses, and a code is in them."""
