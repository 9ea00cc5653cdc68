"""The four on loopback ports of their own: the standard library's threaded HTTP server around each service."""

from __future__ import annotations

import json
import logging
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from standins.imaging.book import Book
from standins.imaging.civitai import CivitaiService
from standins.imaging.comfyui import ComfyuiService
from standins.imaging.fal import FalService
from standins.imaging.faults import Fault, Faults
from standins.imaging.message import Dropped, Reply, Request, say
from standins.imaging.replicate import ReplicateService
from standins.imaging.service import Service

_log = logging.getLogger("standins.imaging")
_MAX_BODY: Final = 64 * 1024 * 1024
_IDLE_SECONDS: Final = 15
KEYS: Final = {
    "fal": "standin-id:standin-secret",
    "replicate": "r8_standin",
    "civitai": "civitai-standin",
    "comfyui": "",
}
SERVICES: Final[dict[str, type[Service]]] = {
    "fal": FalService,
    "replicate": ReplicateService,
    "civitai": CivitaiService,
    "comfyui": ComfyuiService,
}


class ImagingServices:
    """fal.ai, Replicate, CivitAI and ComfyUI, in a `with` block.

    `urls` and `keys` by provider; `book` holds every call and request; `misbehave` asks for a fault. Calls take `seconds`.
    `control` opens POST and DELETE `/__faults` and GET `/__calls` to processes that cannot reach into this one.
    """

    def __init__(
        self,
        *,
        ports: dict[str, int] | None = None,
        seconds: float = 0.0,
        keys: dict[str, str] | None = None,
        control: bool = False,
        only: tuple[str, ...] = tuple(SERVICES),
    ) -> None:
        """Take the ports at once (any free ones unless told). Raises OSError when one is taken."""
        self.book, self.faults, self.keys = Book(seconds), Faults(), {**KEYS, **(keys or {})}
        self.control = control
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._servers: dict[str, _Server] = {}
        self.urls: dict[str, str] = {}
        for name in only:
            service = SERVICES[name](self.book, self.faults, self.keys[name], wait=self._stopping.wait)
            server = _Server(("127.0.0.1", (ports or {}).get(name, 0)), self, service)
            service.base = self.urls[name] = f"http://127.0.0.1:{server.server_address[1]}"
            self._servers[name] = server

    def __enter__(self) -> Self:
        """Serve in threads of their own."""
        for name, server in self._servers.items():
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name=name)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and give the ports back."""
        self._stopping.set()
        for server in self._servers.values():
            if self._threads:
                server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def misbehave(self, kind: str, where: str = "submit", **more: Any) -> None:
        """Ask for a fault; see `faults.KINDS`."""
        self.faults.add(Fault(kind, where, **more))

    def reply(self, service: Service, request: Request) -> Reply:
        """Answer one request and write it down. Raises Dropped."""
        if self.control and request.path.startswith("/__"):
            return self._controlled(request)
        entry = {"provider": service.name, "method": request.method, "path": request.path, "query": dict(request.query)}
        self.book.note({**entry, "headers": dict(request.headers), "body": request.json()})
        try:
            return service.answer(request)
        except Dropped:
            raise
        except Exception:  # noqa: BLE001 -- the last door: whatever it was, the client gets an answer
            _log.exception("%s %s failed", request.method, request.path)
            return say(500, {"detail": "the stand-in itself is broken"})

    def _controlled(self, request: Request) -> Reply:
        match [request.method, request.path]:
            case ["POST", "/__faults"]:
                self.faults.add(Fault.from_data(request.json()))
            case ["DELETE", "/__faults"]:
                self.faults.clear()
            case ["GET", "/__calls"]:
                calls = list(self.book.calls.values())
                rows = [
                    {
                        "id": one.id,
                        "provider": one.provider,
                        "model": one.model,
                        "arguments": one.arguments,
                        "key": one.key,
                    }
                    for one in calls
                ]
                return say(200, rows)
            case _:
                return say(404, {"detail": "there is no such command"})
        return Reply(204)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], services: ImagingServices, service: Service) -> None:
        self.services, self.service = services, service
        super().__init__(address, _Handler)

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Say in the log what a client broke off; the default prints to stderr."""
        _log.debug("a connection from %s broke off", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "standins"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        path, _mark, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > _MAX_BODY:
            self.close_connection = True
            self._send(say(413, {"detail": "the body is too long or of unknown length"}))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, dict(parse_qsl(query)), headers, self.rfile.read(int(length)))
        try:
            self._send(self.server.services.reply(self.server.service, request))
        except Dropped:
            # Lingering 0 seconds: the client sees the line break instead of an end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 -- the names http.server looks for

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Nothing: a test would drown in it."""


def as_line(services: ImagingServices) -> str:
    """Return where they are as one line of JSON."""
    return json.dumps({"ready": True, "urls": services.urls})
