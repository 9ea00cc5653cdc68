"""Sockets that go only where the judge said, and that never outlive the call's deadline.

`httpcore2` asks its network backend for a connection to a name; these backends answer with a connection to the judged
address instead. Host header, TLS server name and certificate check keep the name.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import httpcore2

from safehttp.address import Address
from safehttp.errors import BadResponse, SafeHttpError, TimedOut, TooLarge, Unreachable
from safehttp.limits import Deadline, Limits

READ_BYTES = 64 * 1024

# At DEBUG the engine logs every header of an answer, cookies among them; a debugging session must not store those.
logging.getLogger("httpcore2").setLevel(logging.INFO)


class HeaderBudget:
    """Counts what an answer sends before its head is complete, 1xx answers included."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing read."""
        self._max = limits.max_header_bytes
        self._read = 0
        self.complete = False

    def next_read(self, wanted: int) -> int:
        """Return how much to read next. Raises `TooLarge` when the head should have ended by now."""
        if self.complete:
            return wanted
        if self._read >= self._max:
            raise self.exceeded()
        return min(wanted, self._max - self._read)

    def note(self, count: int) -> None:
        """Count bytes that were read."""
        self._read += count

    def exceeded(self) -> TooLarge:
        """Return the error for a head over the limit."""
        return TooLarge(f"The answer's headers are larger than {self._max} bytes; it was not read.")


class PinnedStream(httpcore2.NetworkStream):
    """A blocking socket whose every wait ends with the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline, limits: Limits, budget: HeaderBudget) -> None:
        """Take over a connected socket."""
        self._sock, self._deadline, self._limits, self._budget = sock, deadline, limits, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, at most `max_bytes`; empty at the end."""
        size = self._budget.next_read(min(max_bytes, READ_BYTES))
        self._sock.settimeout(self._deadline.remaining(self._limits.read_seconds))
        with _as(httpcore2.ReadTimeout, httpcore2.ReadError):
            data = self._sock.recv(size)
        self._budget.note(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        view = memoryview(buffer)
        while view:
            self._sock.settimeout(self._deadline.remaining(self._limits.read_seconds))
            with _as(httpcore2.WriteTimeout, httpcore2.WriteError):
                view = view[self._sock.send(view) :]

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> PinnedStream:
        """Return this connection with TLS; the handshake as a whole has `connect_seconds`."""
        self._sock.settimeout(self._deadline.remaining(self._limits.connect_seconds))
        try:
            with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                sock = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return PinnedStream(sock, self._deadline, self._limits, self._budget)

    def get_extra_info(self, info: str) -> Any:
        """Return the TLS object when asked for it: the engine looks there for HTTP/2."""
        return self._sock if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket) else None


class PinnedBackend(httpcore2.NetworkBackend):
    """Connects to one of the judged addresses, whatever name is asked for."""

    def __init__(
        self, addresses: tuple[Address, ...], deadline: Deadline, limits: Limits, budget: HeaderBudget
    ) -> None:
        """Serve one connection of one call."""
        self._addresses, self._deadline, self._limits, self._budget = addresses, deadline, limits, budget

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> PinnedStream:
        """Try the addresses in turn and return the first connection."""
        failure: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses:
            try:
                with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                    return PinnedStream(self._open(address, port), self._deadline, self._limits, self._budget)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def _open(self, address: Address, port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            sock.settimeout(self._deadline.remaining(self._limits.connect_seconds))
            sock.connect((str(address), port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return sock


class AsyncPinnedStream(httpcore2.AsyncNetworkStream):
    """An asynchronous stream that counts the head's bytes; the deadline is the calling task's."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream, limits: Limits, budget: HeaderBudget) -> None:
        """Wrap a connected stream."""
        self._stream, self._limits, self._budget = stream, limits, budget

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, at most `max_bytes`; empty at the end."""
        data = await self._stream.read(self._budget.next_read(min(max_bytes, READ_BYTES)), self._limits.read_seconds)
        self._budget.note(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        await self._stream.write(buffer, self._limits.read_seconds)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncPinnedStream:
        """Return this connection with TLS; the handshake as a whole has `connect_seconds`."""
        stream = await self._stream.start_tls(ssl_context, server_hostname, self._limits.connect_seconds)
        return AsyncPinnedStream(stream, self._limits, self._budget)

    def get_extra_info(self, info: str) -> Any:
        """Pass the question on to the wrapped stream."""
        return self._stream.get_extra_info(info)


class AsyncPinnedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to one of the judged addresses, whatever name is asked for."""

    def __init__(self, addresses: tuple[Address, ...], limits: Limits, budget: HeaderBudget) -> None:
        """Serve one connection of one call."""
        self._addresses, self._limits, self._budget = addresses, limits, budget
        self._engine = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncPinnedStream:
        """Try the addresses in turn and return the first connection."""
        failure: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = await self._engine.connect_tcp(str(address), port, timeout=self._limits.connect_seconds)
                return AsyncPinnedStream(stream, self._limits, self._budget)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


@contextmanager
def translated(origin: str, deadline: Deadline | None = None) -> Generator[None]:
    """Turn the engine's errors into ours, with a sentence for the person who reads it."""
    try:
        yield
    except httpcore2.TimeoutException as error:
        late = deadline is not None and deadline.is_over()
        text = f"{origin} did not answer in time; it may be off, busy or behind a firewall."
        raised = deadline.passed() if deadline is not None and late else TimedOut(text)
        raised.sent = not isinstance(error, httpcore2.ConnectTimeout)
        raise raised from None
    except httpcore2.NetworkError as error:
        broken = Unreachable(f"{origin} {_why(error)}")
        broken.sent = not isinstance(error, httpcore2.ConnectError)
        raise broken from None
    except httpcore2.ProtocolError:
        raise BadResponse(f"{origin} answered, but not with HTTP; check port and scheme.") from None
    except SafeHttpError as error:
        error.__suppress_context__ = True
        raise


@contextmanager
def unsent() -> Generator[None]:
    """Mark the errors of what comes before the first byte."""
    try:
        yield
    except SafeHttpError as error:
        error.sent = False
        raise


@contextmanager
def _as(timeout: type[Exception], failure: type[Exception]) -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except OSError as error:
        raise failure(str(error)) from error


def _why(error: BaseException) -> str:
    """Say what a broken connection means, from the first cause that tells."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"shows a certificate that is not trusted ({cause.verify_message}); it was not asked."
        if isinstance(cause, ssl.SSLError):
            return "could not agree on TLS; check port and scheme, or the device's TLS settings."
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return "refuses connections; nothing listens on that port."
        if isinstance(cause, OSError) and cause.errno:
            return f"cannot be reached ({os.strerror(cause.errno)})."
        cause = cause.__cause__ or cause.__context__
    return "cannot be reached, or closed the connection."
