"""The printers' web servers: one listening socket for all addresses of a block, or one per printer.

A small HTTP/1.1 server that closes after each answer, as most printers' do; requests are bounded in size and time.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from .doors import Asked, Doors
from .modelled import Modelled
from .pages import Page, page
from .printer import Printer
from .udp import fence
from .world import World

REQUEST_LIMIT: Final = 16 << 10
BODY_LIMIT: Final = 4 << 10
REQUEST_SECONDS: Final = 15.0
HANG_SECONDS: Final = 3600.0
WORDS: Final = {
    200: "OK", 303: "See Other", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


class WebServer:
    """Serves every printer's status pages."""

    def __init__(self, world: World) -> None:
        """Listen to nothing yet."""
        self.world = world
        self._doors = Doors(world.config.web_user, world.config.web_password)
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, and set each printer's web port; raise OSError when a port is taken."""
        config = self.world.config
        if config.mode == "addresses":
            sock = _socket(config.web_port)
            fence(sock)
            # All of 127/8 has no other name than 0.0.0.0; what came in for another address is closed unread.
            sock.bind(("0.0.0.0", config.web_port))  # noqa: S104 - see above and `fence`
            port = await self._listen(sock, None)
            for printer in self.world.printers:
                printer.web_port = port
            return
        for printer in self.world.printers:
            wanted = config.web_port + printer.number if config.web_port else 0
            sock = _socket(wanted)
            sock.bind((printer.address, wanted))
            printer.web_port = await self._listen(sock, printer)

    async def _listen(self, sock: socket.socket, printer: Printer | None) -> int:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked = printer or self.world.by_address.get(writer.get_extra_info("sockname")[0])
            task = asyncio.current_task()
            if task is not None:
                self._talks.add(task)
                task.add_done_callback(self._talks.discard)
            with suppress(ConnectionError):
                if asked is not None:
                    await self._talk(asked, reader, writer)
            writer.close()

        server = await asyncio.start_server(accept, sock=sock, limit=REQUEST_LIMIT, backlog=512)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        for server in self._servers:
            server.close()
        talks = list(self._talks)
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _talk(self, printer: Printer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                asked = Asked.of(await reader.readuntil(b"\r\n\r\n"))
                if asked is not None and 0 < asked.length <= BODY_LIMIT:
                    asked = replace(asked, body=await reader.readexactly(asked.length))
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        printer.web_counts.requests += 1
        faults = printer.faults.wanted if printer.faults is not None else {}
        if faults.get("web_hang"):
            await asyncio.sleep(HANG_SECONDS)
        await asyncio.sleep(faults.get("web_slow", 0) / 1000)
        error = faults.get("web_error")
        status, found, extra = (error, Page(""), ()) if error else self._answer(printer, asked)
        writer.write(_response(status, found, extra, with_body=asked is None or asked.method != "HEAD"))
        await writer.drain()

    def _answer(self, printer: Printer, asked: Asked | None) -> tuple[int, Page, tuple[str, ...]]:
        """Return the status, the page and more header lines for what is asked."""
        nothing = Page("")
        if asked is None:
            return 400, nothing, ()
        subject = printer.subject
        if not isinstance(subject, Modelled):
            return 404, nothing, ()
        door = self._doors.ask(subject.spec.web, printer.number, asked)
        if door is not None:
            return door
        if asked.method not in {"GET", "HEAD"}:
            return 405, nothing, ()
        try:
            target = urlsplit(asked.target)
        except ValueError:
            return 400, nothing, ()
        facts = printer.facts(self.world.clock.moment())
        found = page(target.path, target.query, subject.spec, facts)
        return (404, nothing, ()) if found is None else (200, found, ())


def _socket(port: int) -> socket.socket:
    """Return a socket to listen on `port`; it may be taken again while old connections linger.

    Not so for port 0: the kernel might then choose one that another such socket is about to listen on.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def _response(status: int, found: Page, more: tuple[str, ...], *, with_body: bool) -> bytes:
    body = found.body.encode() if status == 200 else f"{status} {WORDS[status]}\n".encode()
    kind = found.kind if status == 200 else "text/plain"
    if status == 401 and not more:
        more = ('WWW-Authenticate: Basic realm="printer"',)
    extra = "".join(f"{line}\r\n" for line in more)
    head = (
        f"HTTP/1.1 {status} {WORDS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"{extra}Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (body if with_body else b"")
