"""The stand-in on a loopback port: sign-in, API and a control door, with StockX's limits."""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import socket
import threading
import time

from standins.faults import Fault, Faults
from standins.loopback import LoopbackHandler, LoopbackServer, LoopbackService
from standins.stockx.api import answer
from standins.stockx.oauth import Accounts
from standins.stockx.wire import Refusal
from standins.stockx.world import World
from standins.wire import Reply, Request, json_reply

_log = logging.getLogger("standins.stockx")


class StockX(LoopbackService):
    """StockX for tests and the demo, in a `with` block; `url` is its address, `api` and `auth` go into settings.

    `per_second` and `per_day` are the limits above which it answers 429 (None: no limit). `world`, `accounts` and
    `faults` may be changed while it runs; `seen` counts the API's requests by "METHOD path".
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        per_second: float | None = None,
        per_day: int | None = 25_000,
        operation_seconds: float = 0.1,
        control_token: str | None = None,
    ) -> None:
        """Take the port at once (0: any free one); raises OSError when it is taken, ValueError off loopback."""
        self.world, self.accounts, self.faults = World(operation_seconds), Accounts(), Faults()
        self.control_token = secrets.token_urlsafe(24) if control_token is None else control_token
        self.per_second, self.per_day = per_second, per_day
        self.seen: dict[str, int] = {}
        self.used = self.refused = 0
        self._last = 0.0
        self._lock = threading.Lock()
        self.listen("stockx", host, lambda: _Server((host, port), self))
        self.url = f"http://{host}:{self.port}"
        self.api, self.auth = f"{self.url}/v2", self.url

    def reply(self, request: Request) -> Reply | None:
        """Answer one request; None breaks the connection off."""
        try:
            if request.path.startswith("/control/"):
                return self._control(request)
            fault = self.faults.take(request.path)
            if fault is not None:
                if fault.kind == "drop":
                    return None
                if fault.kind == "slow":
                    self.stopping.wait(fault.seconds)
                elif fault.kind == "garbage":
                    return Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"})
                elif fault.kind == "status":
                    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                    return Refusal(fault.status, "Something went wrong on purpose", headers).reply()
            return self._answer(request, again=fault is not None and fault.kind == "duplicate_page")
        except Refusal as refused:
            return refused.reply()
        except Exception:  # noqa: BLE001 -- the last door: whatever it was, the client gets an answer
            _log.exception("%s %s failed", request.method, request.path)
            return Refusal(500, "Internal Server Error").reply()

    def _answer(self, request: Request, *, again: bool) -> Reply:
        match (request.method, request.path):
            case ("GET", "/authorize"):
                return self.accounts.authorize(request.params)
            case ("GET", "/authorize/approve"):
                return self.accounts.approve(request.params)
            case ("POST", "/oauth/token"):
                return self.accounts.token(request.form)
        if not request.path.startswith("/v2/"):
            raise Refusal(404, "Not found")
        self._admit(request)
        if again and "pageNumber=" in request.query:
            number = int(request.params["pageNumber"])
            query = request.query.replace(f"pageNumber={number}", f"pageNumber={max(1, number - 1)}")
            request = Request(request.method, request.path, query, request.headers, request.body)
        return answer(self.world, request)

    def _admit(self, request: Request) -> None:
        """Count a request; raises Refusal without a key or token, and above the limits."""
        if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), self.accounts.api_key.encode()):
            raise Refusal(403, "Forbidden")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.accounts.knows(token):
            raise Refusal(401, "Unauthorized")
        with self._lock:
            name = f"{request.method} {request.path}"
            self.seen[name] = self.seen.get(name, 0) + 1
            now = time.monotonic()
            if self.per_day is not None and self.used >= self.per_day:
                self.refused += 1
                raise Refusal(429, "Limit Exceeded", {"Retry-After": "3600"})
            # A twentieth of slack: requests sent a second apart may arrive a little closer.
            if self.per_second and now - self._last < 0.95 / self.per_second:
                self.refused += 1
                raise Refusal(429, "Too Many Requests", {"Retry-After": "1"})
            self._last, self.used = now, self.used + 1

    def _control(self, request: Request) -> Reply:
        """POST faults {...} | DELETE faults | POST sell/LISTING | POST advance/ORDER {status} | GET listings."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.control_token or not hmac.compare_digest(given.encode(), self.control_token.encode()):
            raise Refusal(404, "Not found")
        body = request.json() if request.body else {}
        try:
            match [request.method, *request.path.removeprefix("/control/").split("/")]:
                case ["POST", "faults"]:
                    self.faults.add(Fault(**body))
                case ["DELETE", "faults"]:
                    self.faults.clear()
                case ["POST", "sell", listing_id]:
                    return json_reply({"orderNumber": self.world.sell(listing_id).number})
                case ["POST", "advance", number]:
                    return json_reply({"status": self.world.advance(number, body.get("status")).status})
                case ["GET", "listings"]:
                    return json_reply({each.id: each.status for each in self.world.listings.values()})
                case _:
                    raise Refusal(404, "Not found")
        except (KeyError, TypeError, ValueError) as error:
            raise Refusal(400, str(error)) from None
        return Reply(204)


class _Server(LoopbackServer):
    def __init__(self, address: tuple[str, int], stockx: StockX) -> None:
        self.stockx = stockx
        super().__init__(address, _Handler)


class _Handler(LoopbackHandler):
    most_body = 256 * 1024
    server: _Server

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = LoopbackHandler.serve  # noqa: N815 -- http.server's names

    def refuse_body(self) -> None:
        self._send(Refusal(413, "Payload Too Large").reply())

    def answer(self, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        reply = self.server.stockx.reply(Request(self.command, path, query, headers, body))
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send(reply.status, reply.headers.items(), reply.body)


def ready_line(stockx: StockX) -> str:
    """Return one line of JSON that says where it is."""
    return json.dumps({"ready": True, "api": stockx.api, "auth": stockx.auth})
