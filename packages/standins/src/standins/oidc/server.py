"""The provider on a loopback port: the standard library's threaded HTTP server around a `Realm`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from standins.loopback import LoopbackHandler, LoopbackServer, LoopbackService
from standins.oidc.control import PREFIX, control
from standins.oidc.faults import Fault
from standins.oidc.message import Reply, Request, oauth_error
from standins.oidc.model import Lifetimes, RealmData, demo_data
from standins.oidc.realm import Realm
from standins.oidc.routes import answer
from standins.oidc.store import new_secret
from standins.oidc.tokens import KeyRing

_log = logging.getLogger("standins.oidc")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class OidcProvider(LoopbackService):
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
        data = data or demo_data()
        self.control_token = new_secret() if control_token is None else control_token
        self.listen("oidc", host, lambda: _Server((host, port), self))
        shown = f"[{host}]" if ":" in host else host
        self.issuer = f"http://{shown}:{self.port}/realms/{data.realm}"
        self.realm = Realm(data, self.issuer, lifetimes, clock, keys)

    def misbehave(self, fault: Fault) -> None:
        """Ask for a fault."""
        self.realm.faults.add(fault)

    def reply(self, request: Request) -> Reply:
        """Answer one request; what goes wrong inside is a 500 and a line in the log, never a lost connection."""
        try:
            if request.path.startswith(PREFIX):
                return control(self.realm, request, self.control_token)
            return answer(self.realm, request, self.stopping.wait)
        except Exception:  # noqa: BLE001 -- the last door: whatever it was, the client gets an answer
            _log.exception("%s %s failed", request.method, request.path)
            return oauth_error("server_error", "unknown_error", 500)


class _Server(LoopbackServer):
    def __init__(self, address: tuple[str, int], provider: OidcProvider) -> None:
        self.provider = provider
        super().__init__(address, _Handler)


class _Handler(LoopbackHandler):
    server: _Server

    do_GET = do_POST = do_PUT = do_DELETE = LoopbackHandler.serve  # noqa: N815 -- the names http.server looks for

    def refuse_body(self) -> None:
        self._send(oauth_error("invalid_request", "the body is too long or of unknown length", 413))

    def answer(self, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        reply = self.server.provider.reply(Request(self.command, path, query, headers, body))
        _log.info("%s %s %s", self.command, path, reply.status)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        headers = [*{**_HEADERS, **reply.headers}.items(), *(("Set-Cookie", cookie) for cookie in reply.cookies)]
        if reply.status != 204:
            headers.append(("Content-Type", reply.content_type))
        self.send(reply.status, headers, reply.body)
