"""The four on loopback ports of their own: the standard library's threaded HTTP server around each service."""

from __future__ import annotations

import json
import logging
import socket
import struct
import threading
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
from standins.loopback import LoopbackHandler, LoopbackServer

_log = logging.getLogger("standins.imaging")
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
            server.start(name, poll_seconds=0.01)
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and give the ports back."""
        self._stopping.set()
        for server in self._servers.values():
            server.stop()

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


class _Server(LoopbackServer):
    def __init__(self, address: tuple[str, int], services: ImagingServices, service: Service) -> None:
        self.services, self.service = services, service
        super().__init__(address, _Handler)


class _Handler(LoopbackHandler):
    most_body = 64 * 1024 * 1024
    disable_nagle_algorithm = True
    server: _Server

    do_GET = do_POST = do_PUT = do_DELETE = LoopbackHandler.serve  # noqa: N815 -- the names http.server looks for

    def refuse_body(self) -> None:
        self._send(say(413, {"detail": "the body is too long or of unknown length"}))

    def answer(self, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        request = Request(self.command, path, dict(parse_qsl(query)), headers, body)
        try:
            self._send(self.server.services.reply(self.server.service, request))
        except Dropped:
            # Lingering 0 seconds: the client sees the line break instead of an end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

    def _send(self, reply: Reply) -> None:
        kind = () if reply.status == 204 else (("Content-Type", reply.content_type),)
        self.send(reply.status, (*reply.headers.items(), *kind), reply.body)


def as_line(services: ImagingServices) -> str:
    """Return where they are as one line of JSON."""
    return json.dumps({"ready": True, "urls": services.urls})
