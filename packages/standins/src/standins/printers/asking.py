"""A small SNMP manager that can also send nonsense, for looking at the stand-ins from outside."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from . import ber
from .world import PrinterAddress

SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)
SERIAL = (1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1)
LIFE_COUNT = (1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 4, 1, 1)
SUPPLY_LEVEL = (1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9)
NULL = ber.tlv(ber.NULL, b"")


@dataclass(frozen=True)
class Answer:
    """A response: `varbinds` are (oid, tag, content octets)."""

    version: int
    request_id: int
    status: int
    index: int
    varbinds: list[tuple[ber.Oid, int, bytes]]
    size: int
    source: tuple[str, int]

    @property
    def values(self) -> list[bytes]:
        """The content octets alone."""
        return [content for _, _, content in self.varbinds]


def request(
    tag: int,
    *oids: ber.Oid,
    version: int = 1,
    community: str = "public",
    number: int = 7,
    first: int = 0,
    second: int = 0,
) -> bytes:
    """Return the bytes of a v1 (0) or v2c (1) request."""
    varbinds = b"".join(ber.varbind(oid, NULL) for oid in oids)
    body = ber.integer(number) + ber.integer(first) + ber.integer(second) + ber.tlv(ber.SEQUENCE, varbinds)
    head = ber.integer(version) + ber.tlv(ber.OCTET_STRING, community.encode())
    return ber.tlv(ber.SEQUENCE, head + ber.tlv(tag, body))


def read(data: bytes, source: tuple[str, int] = ("", 0)) -> Answer:
    """Return what a response says; raise BerError when it is none."""
    at, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
    version, at = ber.read_integer(data, at, end)
    _, at = ber.read_octets(data, at, end)
    at, end = ber.expect(data, at, end, ber.RESPONSE)
    number, at = ber.read_integer(data, at, end)
    status, at = ber.read_integer(data, at, end)
    index, at = ber.read_integer(data, at, end)
    at, end = ber.expect(data, at, end, ber.SEQUENCE)
    varbinds = []
    while at < end:
        inner, at = ber.expect(data, at, end, ber.SEQUENCE)
        oid_start, oid_stop = ber.expect(data, inner, at, ber.OID)
        tag, start, stop = ber.header(data, oid_stop, at)
        varbinds.append((ber.parse_oid(data[oid_start:oid_stop]), tag, data[start:stop]))
    return Answer(version, number, status, index, varbinds, len(data), source)


def number_of(content: bytes) -> int:
    """Return the number of an INTEGER's content octets."""
    return int.from_bytes(content, "big", signed=True)


class Manager:
    """A UDP socket of its own; `with Manager() as manager`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, printer: PrinterAddress, data: bytes) -> None:
        """Send bytes to a printer."""
        self._socket.sendto(data, (printer.address, printer.snmp_port))

    def receive(self, *, seconds: float = 5) -> tuple[bytes, tuple[str, int]]:
        """Return the next datagram and its source; raise TimeoutError when none comes."""
        self._socket.settimeout(seconds)
        data, source = self._socket.recvfrom(65_535)
        return data, source

    def ask(self, printer: PrinterAddress, tag: int, *oids: ber.Oid, **options: int | str) -> Answer:
        """Send a request and return the answer."""
        self.send(printer, request(tag, *oids, **options))  # type: ignore[arg-type]
        data, source = self.receive()
        return read(data, source)

    def is_silent(self, printer: PrinterAddress, data: bytes, healthy: PrinterAddress) -> bool:
        """Return whether a packet gets no answer: a healthy printer of the same process, asked after it, answers first."""
        self.send(printer, data)
        self.send(healthy, request(ber.GET, SYS_DESCR, number=31_337))
        answer, source = self.receive()
        return source[0] == healthy.address and read(answer).request_id == 31_337


def walk(manager: Manager, printer: PrinterAddress, *, version: int = 1) -> list[tuple[ber.Oid, int, bytes]]:
    """Return every object of a printer by GETNEXT; raise BerError when it goes round in circles."""
    found: list[tuple[ber.Oid, int, bytes]] = []
    at: ber.Oid = (1, 3)
    while True:
        answer = manager.ask(printer, ber.GET_NEXT, at, version=version)
        oid, tag, content = answer.varbinds[0]
        if answer.status or tag == ber.END_OF_MIB_VIEW:
            return found
        if oid <= at:
            raise ber.BerError(f"{oid} does not come after {at}")
        found.append((oid, tag, content))
        at = oid


def steady(rows: list[tuple[ber.Oid, int, bytes]]) -> list[tuple[ber.Oid, int, bytes]]:
    """Return the rows of a walk without sysUpTime, which moves while one walks."""
    return [row for row in rows if row[1] != ber.TIME_TICKS]
