"""The fleet's UDP side: one socket that answers from the asked address, or a socket per printer."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from .printer import Printer
from .world import World

IP_PKTINFO: Final = 8
"""Linux, ip(7): tells and chooses the local address of a datagram. Python names it from 3.14 on."""
RECEIVE_BUFFER: Final = 4 << 20
BATCH: Final = 64
LARGEST_DATAGRAM: Final = 65_535
LOOPBACK: Final = 127

Where = tuple[str, int]
Handler = Callable[[Printer, bytes, Where, "Sender"], None]


class Sender:
    """Sends datagrams as a printer, or as another address or port where a fault asks for it."""

    def __init__(self, sock: socket.socket, *, chooses_source: bool) -> None:
        """Send through `sock`; `chooses_source` where it serves many addresses."""
        self._socket = sock
        self._chooses_source = chooses_source

    def send(self, printer: Printer, data: bytes, to: Where) -> None:
        """Send from the printer's address; a full send buffer loses the datagram, as networks do."""
        with suppress(BlockingIOError):
            if self._chooses_source:
                self._socket.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, printer.packet_info)], 0, to)
            else:
                self._socket.sendto(data, to)

    def send_elsewhere(self, data: bytes, to: Where, source: str) -> None:
        """Send from another loopback address, through a socket of its own (so another port as well)."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((source, 0))
            other.sendto(data, to)


class UdpServer:
    """Reads the fleet's sockets in the running event loop and hands each datagram to `handler`."""

    def __init__(self, world: World, handler: Handler) -> None:
        """Open nothing yet."""
        self.world = world
        self.handler = handler
        self._sockets: list[socket.socket] = []

    def open(self) -> None:
        """Open the sockets and set each printer's port; raise OSError when a port is taken."""
        config = self.world.config
        loop = asyncio.get_running_loop()
        if config.mode == "addresses":
            sock = _socket()
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            fence(sock)
            self._sockets.append(sock)
            sock.bind(("0.0.0.0", config.snmp_port))  # noqa: S104 - all of 127/8 has no other name; see the two fences
            places = {socket.inet_aton(printer.address): printer for printer in self.world.printers}
            sender = Sender(sock, chooses_source=True)
            for packed, printer in places.items():
                printer.snmp_port = sock.getsockname()[1]
                printer.packet_info = struct.pack("=I4s4s", 0, packed, packed)
            loop.add_reader(sock, self._read_many, sock, sender, places)
            return
        for printer in self.world.printers:
            sock = _socket()
            self._sockets.append(sock)
            sock.bind((printer.address, config.snmp_port + printer.number if config.snmp_port else 0))
            printer.snmp_port = sock.getsockname()[1]
            loop.add_reader(sock, self._read_one, sock, Sender(sock, chooses_source=False), printer)

    def close(self) -> None:
        """Close every socket."""
        for sock in self._sockets:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        self._sockets.clear()

    def _read_many(self, sock: socket.socket, sender: Sender, places: dict[bytes, Printer]) -> None:
        batch = []
        for _ in range(BATCH):
            try:
                data, control, _, sender_address = sock.recvmsg(LARGEST_DATAGRAM, 64)
            except BlockingIOError:
                break
            except ConnectionError:
                continue
            asked = control[0][2][8:12] if control else b""
            printer = places.get(asked)
            if printer is None or asked[0] != LOOPBACK:
                self.world.stray_packets += 1
                continue
            printer.counts.pending += 1
            batch.append((printer, data, sender_address))
        for printer, data, where in batch:
            self._take(printer, data, where, sender)

    def _read_one(self, sock: socket.socket, sender: Sender, printer: Printer) -> None:
        for _ in range(BATCH):
            try:
                data, where = sock.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                break
            except ConnectionError:
                continue
            printer.counts.pending += 1
            self._take(printer, data, where, sender)

    def _take(self, printer: Printer, data: bytes, where: Where, sender: Sender) -> None:
        counts = printer.counts
        counts.packets += 1
        counts.max_in_flight = max(counts.max_in_flight, counts.pending)
        self.handler(printer, data, where, sender)


def fence(sock: socket.socket) -> None:
    """Let a socket that is bound to every address hear loopback only.

    A second fence beside the check of each datagram's and connection's address; kernels before Linux 5.7 want root for it.
    """
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return sock
