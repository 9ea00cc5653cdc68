"""The only way out of the browser: a forward proxy that judges every request as `safehttp` judges ours.

Chromium is started so that it can resolve no name and reach nothing but this proxy, so a redirect, a frame, a script's fetch,
a WebSocket or a name that suddenly points elsewhere all end here. A request goes to the very address that was judged. Each
session has a proxy to itself that knows one printer; between sessions it lets nothing out.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

import safehttp

HEAD_BYTES: Final = 64 * 1024
PIECE: Final = 64 * 1024
CONNECT_SECONDS: Final = 5.0
HEAD_SECONDS: Final = 15.0
MOST_BYTES: Final = 20 * 1024 * 1024
MOST_REQUESTS: Final = 300

_HOP_BY_HOP: Final = frozenset(
    {"connection", "proxy-connection", "keep-alive", "proxy-authorization", "upgrade", "te", "trailer", "host"}
)


class TooMuchError(Exception):
    """The page has sent or asked for more than one session may."""


class GuardProxy:
    """Serves one session; `refused` are the sentences about what was not let out."""

    def __init__(self) -> None:
        """Let nothing out yet."""
        self._policy: safehttp.Policy | None = None
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._bytes = 0
        self._last = time.monotonic()
        self.requests = 0
        self.refused: list[str] = []

    async def start(self) -> int:
        """Listen on a loopback port of the kernel's choice; return it."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    def admit(self, policy: safehttp.Policy) -> None:
        """Begin a session: let out what `policy` admits."""
        self._policy, self.requests, self._bytes, self.refused = policy, 0, 0, []

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.close()
        await self.end_session()

    async def end_session(self) -> None:
        """Let nothing out any more, and hang up on what is still under way."""
        self._policy = None
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def settle(self, quiet: float, at_most: float) -> None:
        """Wait until nothing has been under way for `quiet` seconds from now on, `at_most` in all.

        What happened before does not count: a click's request may take a busy browser a while to send.
        """
        begun = time.monotonic()
        while (now := time.monotonic()) < begun + at_most:
            if not self._open and now - max(self._last, begun) >= quiet:
                return
            await asyncio.sleep(quiet / 4)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            await self._talk(reader, writer)
        except (
            OSError,
            EOFError,
            TimeoutError,
            ValueError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
            TooMuchError,
        ):
            pass  # the browser sees a connection that ends, as it would without a proxy
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_SECONDS * 4):
            head = await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        method, wanted, *_ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        tunnel = method == "CONNECT"
        try:
            if self._policy is None:
                raise safehttp.Refused("No page is being read.")
            if self.requests > MOST_REQUESTS:
                raise safehttp.Refused(f"The page asks for more than {MOST_REQUESTS} things.")
            target = safehttp.parse_url(f"https://{wanted}/" if tunnel else wanted)
            addresses = await asyncio.to_thread(safehttp.judge, self._policy, target)
            upstream = await self._connect(str(addresses[0]), target.port)
        except safehttp.SafeHttpError as error:
            self.refused.append(str(error))
            await _answer(writer, 403 if isinstance(error, safehttp.Refused) else 502, str(error))
            return
        far_reader, far_writer = upstream
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._both_ways(reader, writer, far_reader, far_writer)
            else:
                self._open += 1
                try:
                    far_writer.write(_request_head(head, method, target))
                    await self._exchange(head, reader, writer, far_reader, far_writer)
                finally:
                    self._open -= 1
        finally:
            far_writer.close()
            self._last = time.monotonic()

    async def _connect(self, address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(address, port, limit=HEAD_BYTES)
        except (OSError, TimeoutError):
            raise safehttp.Unreachable(f"{address} does not take connections on port {port}.") from None

    async def _exchange(
        self,
        head: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """Send one request's body and return its answer; the connection ends with it."""
        body = asyncio.create_task(self._copy(reader, far_writer, _length(head)))
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                answer = await far_reader.readuntil(b"\r\n\r\n")
                while answer.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
                    answer = await far_reader.readuntil(b"\r\n\r\n")
            writer.write(_answer_head(answer))
            await self._copy(far_reader, writer, None)
        finally:
            body.cancel()
            with suppress(asyncio.CancelledError, OSError, TooMuchError):
                await body

    async def _both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        ways = {
            asyncio.create_task(self._copy(reader, far_writer, None)),
            asyncio.create_task(self._copy(far_reader, writer, None)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, length: int | None) -> None:
        """Copy `length` bytes, or to the end."""
        left = length
        while left is None or left > 0:
            piece = await source.read(PIECE if left is None else min(PIECE, left))
            if not piece:
                return
            self._bytes += len(piece)
            self._last = time.monotonic()
            if self._bytes > MOST_BYTES:
                raise TooMuchError
            sink.write(piece)
            await sink.drain()
            left = None if left is None else left - len(piece)


def _request_head(head: bytes, method: str, target: safehttp.Target) -> bytes:
    """Return the head as the printer gets it: its own path and Host, without what belongs to this connection."""
    lines = [line for line in head.split(b"\r\n")[1:] if line and _name(line) not in _HOP_BY_HOP]
    first = f"{method} {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\nConnection: close".encode("latin-1")
    return b"\r\n".join([first, *lines]) + b"\r\n\r\n"


def _answer_head(head: bytes) -> bytes:
    """Return an answer's head; it says that the connection ends, so that the next request is judged anew."""
    status, *lines = head.split(b"\r\n")
    kept = [line for line in lines if line and _name(line) not in _HOP_BY_HOP]
    return b"\r\n".join([status, *kept, b"Connection: close"]) + b"\r\n\r\n"


def _name(line: bytes) -> str:
    return line.partition(b":")[0].strip().decode("latin-1").lower()


def _length(head: bytes) -> int | None:
    """Return the length of a request's body; None where it comes in chunks."""
    fields = {_name(line): line.partition(b":")[2].strip() for line in head.split(b"\r\n")[1:] if line}
    if "transfer-encoding" in fields:
        return None
    length = fields.get("content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _answer(writer: asyncio.StreamWriter, status: int, text: str) -> None:
    body = text.encode()
    word = "Forbidden" if status == 403 else "Bad Gateway"
    head = f"HTTP/1.1 {status} {word}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
