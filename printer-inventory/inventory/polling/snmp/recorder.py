"""Recording everything a printer says, to read it again without the printer: for a model whose profile is still to be written."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Final

from inventory.polling.snmp import ber
from inventory.polling.snmp.ber import BerError, Message, VarBind
from inventory.polling.snmp.oids import decode_oid, encode_oid
from inventory.polling.snmp.transport import normal_address

ROOTS: Final = ("1.3.6.1.2.1", "1.3.6.1.4.1")
"""mib-2 and the makers' trees; the SNMP modules under 1.3.6.1.6 hold users and communities and are not asked for."""

MAX_OBJECTS: Final = 100_000
REPETITIONS: Final = 20

_SECRET: Final = tuple(
    encode_oid(f"1.3.6.1.2.1.{table}")
    for table in ("3", "4.21", "4.22", "4.24", "4.32", "4.34", "4.35", "6.13", "6.19", "6.20", "7.5", "7.7")
)
"""Tables of other machines' addresses: neighbours, routes and connections."""


class RecordError(Exception):
    """The printer cannot be recorded; the text says why and what to do."""


class Recorder:
    """Walks whole subtrees of one printer, one request at a time, with SNMP v2c or v1."""

    def __init__(
        self, address: str, port: int, community: str, *, version: int = 2, timeout: float = 2.0, tries: int = 3
    ) -> None:
        """Prepare; nothing is sent yet."""
        known = normal_address(address)
        if known is None:
            raise RecordError(f"{address[:60]!r} is no numeric address. Correct the address.")
        self._peer = (known[0], port)
        self._community = community.encode()
        self._version = ber.V1 if version == 1 else ber.V2C
        self._bulk = version != 1
        self._tries = tries
        self._socket = socket.socket(known[1], socket.SOCK_DGRAM)
        self._socket.settimeout(timeout)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def walk(self) -> Iterator[VarBind]:
        """Yield every object under `ROOTS`; RecordError when the printer does not answer at all."""
        count = 0
        for root in ROOTS:
            for row in self._subtree(encode_oid(root)):
                if row[2] is None:
                    continue
                count += 1
                yield row
                if count >= MAX_OBJECTS:
                    return
        if not count:
            raise RecordError(f"{self._peer[0]} does not answer, or has no objects for this community.")

    def _subtree(self, root: bytes) -> Iterator[VarBind]:
        at, seen = root, {root}
        while True:
            answer = self._ask(at)
            if answer is None and self._bulk:
                self._bulk = False
                continue
            before = len(seen)
            for row in answer or ():
                if row[1] == ber.END_OF_MIB_VIEW or not row[0].startswith(root):
                    return
                if row[0] in seen:
                    continue
                seen.add(row[0])
                at = row[0]
                yield row
            if len(seen) == before:
                return

    def _ask(self, name: bytes) -> list[VarBind] | None:
        """Return what follows `name`, None when nothing comes back; v1's error at the end of the tree is an empty list."""
        request_id = int.from_bytes(os.urandom(3), "big") + ber.FIRST_REQUEST_ID
        pdu = ber.GET_BULK if self._bulk else ber.GET_NEXT
        request = ber.lay_out_request(self._version, self._community, pdu, (name,), 0, REPETITIONS if self._bulk else 0)
        for _ in range(self._tries):
            self._socket.sendto(request.with_id(request_id), self._peer)
            message = self._answer_to(request_id)
            if message is not None:
                return [] if message.error_status else message.varbinds
        return None

    def _answer_to(self, request_id: int) -> Message | None:
        """Return the answer to a request; octets of others and of other times are passed over."""
        for _ in range(20):
            try:
                octets, source = self._socket.recvfrom(65535)
            except OSError:
                return None
            try:
                message = ber.decode_message(octets)
            except BerError:
                continue
            if message.request_id == request_id and source[0] == self._peer[0] and message.pdu == ber.RESPONSE:
                return message
        return None


def is_secret(name: bytes) -> bool:
    """Whether an object tells of other machines, not of the printer."""
    return name.startswith(_SECRET)


def line_of(row: VarBind) -> str:
    """Return a row as `OID|TYPE|VALUE`; strings that are not plain text in hex."""
    name, tag, value = row
    oid = decode_oid(name)
    if isinstance(value, int):
        return f"{oid}|{tag}|{value}"
    octets = value or b""
    if tag == ber.OBJECT_IDENTIFIER:
        return f"{oid}|{tag}|{decode_oid(octets)}" if octets else f"{oid}|{tag}|0.0"
    if tag == ber.IP_ADDRESS:
        return f"{oid}|{tag}|{'.'.join(map(str, octets))}" if len(octets) == 4 else f"{oid}|{tag}x|{octets.hex()}"
    if all(32 <= octet < 127 for octet in octets):
        return f"{oid}|{tag}|{octets.decode('ascii')}"
    return f"{oid}|{tag}x|{octets.hex()}"
