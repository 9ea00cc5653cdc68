"""One unconnected UDP socket per address family for the whole fleet.

Unconnected, so that an answer from another address of a multi-homed printer is seen (and judged by the collector); with a large
receive buffer, because five hundred printers answer at once; with the kernel's error queue where there is one, so that "port
unreachable" ends a wait that would otherwise take seconds.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
from collections.abc import Callable
from typing import Final

RECEIVE_BUFFER: Final = 4 * 1024 * 1024
MAX_DATAGRAM: Final = 65535
BATCH: Final = 512
"""Datagrams read before time-outs and new printers get their turn."""

_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_MSG_ERRQUEUE: Final = getattr(socket, "MSG_ERRQUEUE", 0)
_EXTENDED_ERROR: Final = struct.Struct("=IBBBBII")

Peer = tuple[str, int]


def normal_address(text: str) -> tuple[str, socket.AddressFamily] | None:
    """Return an address in its usual spelling and its family; None for anything that is no numeric IPv4 or IPv6 address."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, text)), family
        except (OSError, ValueError):
            continue
    return None


class Wire:
    """Sends datagrams, receives datagrams, and tells of the errors that routers and hosts sent back."""

    def __init__(self) -> None:
        """Open nothing yet: a family's socket is made when it is first needed."""
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray(MAX_DATAGRAM)
        self._view = memoryview(self._buffer)

    def close(self) -> None:
        """Close the sockets."""
        for endpoint in self._sockets.values():
            endpoint.close()
        self._sockets.clear()
        self._selector.close()

    def watch(self, endpoint: socket.socket) -> None:
        """Let `wait` also end when `endpoint` has something to read (its content is the caller's business)."""
        self._selector.register(endpoint, selectors.EVENT_READ, None)

    def _open(self, family: socket.AddressFamily) -> socket.socket:
        endpoint = socket.socket(family, socket.SOCK_DGRAM)
        endpoint.settimeout(0)
        with contextlib.suppress(OSError):
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if _MSG_ERRQUEUE:
            level, option = (
                (socket.IPPROTO_IP, _IP_RECVERR) if family == socket.AF_INET else (socket.IPPROTO_IPV6, _IPV6_RECVERR)
            )
            with contextlib.suppress(OSError):
                endpoint.setsockopt(level, option, 1)
        endpoint.bind(("0.0.0.0" if family == socket.AF_INET else "::", 0))  # noqa: S104 - answers come to every interface
        self._sockets[family] = endpoint
        self._selector.register(endpoint, selectors.EVENT_READ, endpoint)
        return endpoint

    def send(self, datagram: bytes, peer: Peer, family: socket.AddressFamily) -> OSError | None:
        """Send; return the error when this very datagram cannot be sent (no route, address refused).

        An error kept from an earlier datagram to another host surfaces in the next call: it is read from the queue, and the
        datagram is sent again. A full buffer counts as a lost datagram, which the time-out repairs.
        """
        endpoint = self._sockets.get(family) or self._open(family)
        problem: OSError | None = None
        for _ in range(3):
            try:
                endpoint.sendto(datagram, peer)
                return None
            except BlockingIOError:
                return None
            except OSError as error:
                problem = error
        return problem

    def wait(self, seconds: float) -> bool:
        """Wait for anything to read, at most `seconds`; return whether there is."""
        return bool(self._selector.select(max(0.0, seconds)))

    def receive(self, take: Callable[[bytes, Peer], None]) -> None:
        """Hand over what has arrived, up to a batch per socket."""
        for endpoint in list(self._sockets.values()):
            receive_into, view = endpoint.recvfrom_into, self._view
            for _ in range(BATCH):
                try:
                    length, source = receive_into(self._buffer)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # an error meant for a datagram sent before: its details are in the error queue
                take(bytes(view[:length]), source[:2])

    def errors(self) -> list[tuple[Peer, int]]:
        """Return (address that was asked, errno) of every error that came back; empty where the system does not tell."""
        found: list[tuple[Peer, int]] = []
        if not _MSG_ERRQUEUE:
            return found
        for endpoint in self._sockets.values():
            for _ in range(BATCH):
                try:
                    _, ancillary, _, peer = endpoint.recvmsg(0, 512, _MSG_ERRQUEUE)
                except OSError:
                    break
                for _level, kind, octets in ancillary:
                    if kind in (_IP_RECVERR, _IPV6_RECVERR) and len(octets) >= _EXTENDED_ERROR.size:
                        found.append((peer[:2], _EXTENDED_ERROR.unpack_from(octets)[0]))
        return found
