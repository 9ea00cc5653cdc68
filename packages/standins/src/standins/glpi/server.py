"""The stand-in on a loopback port."""

from __future__ import annotations

import json
import logging
import socket
from typing import Final

from standins.faults import Faults
from standins.glpi.api import ROOT, Api
from standins.glpi.refusals import Refusal
from standins.glpi.world import World
from standins.loopback import LoopbackHandler, LoopbackServer, LoopbackService
from standins.wire import Reply, Request, json_reply

APP_TOKEN: Final = "glpi-demo-app-token"  # noqa: S105 -- the demo's, on loopback

_log = logging.getLogger("standins.glpi")


class Glpi(LoopbackService):
    """GLPI for tests and the demo, in a `with` block; `url` goes into GLPI_API_URL.

    `world`, `api` and `faults` may be changed while it runs. `seen` lists the requests as "METHOD path?query", in order: no
    header and no body, so a secret in it is one that somebody put into an address.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        app_token: str | None = APP_TOKEN,
        credentials: bool = True,
        world: World | None = None,
    ) -> None:
        """Take the port at once (0: any free one); raises OSError when it is taken, ValueError off loopback."""
        self.world = world or World()
        self.api = Api(self.world, app_token, credentials=credentials)
        self.faults = Faults()
        self.seen: list[str] = []
        self.listen("glpi", host, lambda: _Server((host, port), self))
        self.url = f"http://{host}:{self.port}{ROOT}"

    def end_sessions(self) -> None:
        """Forget every session, as PHP does after a while."""
        self.api.sessions.clear()

    def reply(self, request: Request) -> Reply | None:
        """Answer one request; None breaks the connection off."""
        self.seen.append(f"{request.method} {request.path}{'?' if request.query else ''}{request.query}")
        if request.path != ROOT and not request.path.startswith(f"{ROOT}/"):
            return Reply(404, b"<html>Not Found</html>", {"Content-Type": "text/html"})
        fault = self.faults.take(request.path.removeprefix(ROOT))
        if fault is not None:
            if fault.kind == "drop":
                return None
            if fault.kind == "slow":
                self.stopping.wait(fault.seconds)
            elif fault.kind == "garbage":
                return Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"})
            elif fault.kind == "status":
                return json_reply(["ERROR", "Something went wrong on purpose"], fault.status)
        try:
            return self.api.answer(request)
        except Refusal as refused:
            return refused.reply()
        except Exception:  # noqa: BLE001 -- the last door: whatever it was, the client gets an answer
            _log.exception("%s %s failed", request.method, request.path)
            return json_reply(["ERROR", "Internal Server Error"], 500)


class _Server(LoopbackServer):
    def __init__(self, address: tuple[str, int], glpi: Glpi) -> None:
        self.glpi = glpi
        super().__init__(address, _Handler)


class _Handler(LoopbackHandler):
    server: _Server

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = LoopbackHandler.serve  # noqa: N815 -- http.server's names

    def refuse_body(self) -> None:
        self._send(json_reply(["ERROR", "Payload Too Large"], 413))

    def answer(self, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        reply = self.server.glpi.reply(Request(self.command, path, query, headers, body))
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send(reply.status, reply.headers.items(), reply.body)


def ready_line(glpi: Glpi) -> str:
    """Return one line of JSON that says where it is."""
    return json.dumps({"ready": True, "api": glpi.url})
