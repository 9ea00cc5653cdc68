"""SNMP v1 and v2c: a request's bytes in, an answer's bytes out, or nothing where an agent keeps silent (RFC 1157, 3416, 1901)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import ber
from .printer import Face, Printer
from .view import NO_ACCESS, NO_ERROR, NO_SUCH_NAME, TOO_BIG, Query

V1, V2C, V3 = 0, 1, 3
ASKED: Final = {V1: {ber.GET, ber.GET_NEXT, ber.SET}, V2C: {ber.GET, ber.GET_NEXT, ber.GET_BULK, ber.SET}}
Answerer = Callable[[Printer, Face, Query, bytes, int], bytes | None]
"""Returns the PDU a printer answers to a query and its encoded request id in at most so many bytes, or None for silence."""

QUERIES_KEPT: Final = 4096
NO_ERROR_STATUS: Final = ber.integer(NO_ERROR) + ber.integer(0)

_queries: dict[tuple[int, int, bytes], Query] = {}


def read_pdu(version: int, data: bytes, at: int, end: int) -> tuple[Query, bytes]:
    """Read the PDU between `at` and `end`; return its query and its encoded request id.

    Raises BerError unless it is a request a printer may be sent. A question asked before is recognised by its bytes.
    """
    tag, at, stop = ber.header(data, at, end)
    if stop != end or tag not in ASKED[V1 if version == V1 else V2C]:
        raise ber.BerError("no request")
    id_start = at
    _, at = ber.read_integer(data, at, end)
    request_id = data[id_start:at]
    key = version, tag, data[at:end]
    query = _queries.get(key)
    if query is None:
        query = _read_query(version, tag, data, at, end)
        if len(_queries) >= QUERIES_KEPT:
            _queries.clear()
        _queries[key] = query
    return query, request_id


def _read_query(version: int, tag: int, data: bytes, at: int, end: int) -> Query:
    first, at = ber.read_integer(data, at, end)
    second, at = ber.read_integer(data, at, end)
    start, stop = ber.expect(data, at, end, ber.SEQUENCE)
    if stop != end:
        raise ber.BerError("bytes behind the varbinds")
    return Query(version, tag, first, second, data[start:stop])


def write_pdu(request_id: bytes, status: int, index: int, varbinds: bytes) -> bytes:
    """Return a response PDU from an encoded request id and the content of a varbind list."""
    told = ber.integer(status) + ber.integer(index) if status or index else NO_ERROR_STATUS
    return ber.tlv(ber.RESPONSE, request_id + told + ber.tlv(ber.SEQUENCE, varbinds))


def answer_pdu(face: Face, own: ber.Oid, query: Query, request_id: bytes, room: int) -> bytes:
    """Return the response PDU of a face; at most `room` bytes, else tooBig (or fewer rows of a GETBULK)."""
    if query.tag == ber.SET:
        ber.read_varbinds(query.varbinds)
        status = NO_SUCH_NAME if query.version == V1 else NO_ACCESS
        return write_pdu(request_id, status, 1 if query.varbinds else 0, query.varbinds)
    plan = face.shape.view.answer(query, face.absent, own, room)
    made = write_pdu(request_id, plan.status, plan.index, plan.fill(face.cells))
    if len(made) <= room:
        return made
    if query.tag == ber.GET_BULK:
        return _shortened(request_id, plan.varbinds(face.cells), room)
    return write_pdu(request_id, TOO_BIG, 0, query.varbinds if query.version == V1 else b"")


def _shortened(request_id: bytes, varbinds: list[bytes], room: int) -> bytes:
    """Drop varbinds from the end until the answer fits (RFC 3416 section 4.2.3)."""
    spare = room - len(write_pdu(request_id, NO_ERROR, 0, b"")) - 6
    kept = []
    for varbind in varbinds:
        spare -= len(varbind)
        if spare < 0:
            break
        kept.append(varbind)
    return write_pdu(request_id, NO_ERROR, 0, b"".join(kept))


class CommunityAgent:
    """Answers v1 and v2c messages that carry the right community."""

    def __init__(self, community: str, largest: int, answer_pdu: Answerer) -> None:
        """Answer in messages of at most `largest` bytes; `answer_pdu` is asked for the PDU."""
        self._largest = largest
        self._answer_pdu = answer_pdu
        self._heads = [
            (ber.integer(version) + ber.tlv(ber.OCTET_STRING, community.encode()), version) for version in (V2C, V1)
        ]

    def answer(self, printer: Printer, data: bytes) -> bytes | None:
        """Return the message that answers one; raise BerError for malformed ones and strangers' communities.

        The printer must be prepared.
        """
        start, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
        if end != len(data):
            raise ber.BerError("bytes behind the message")
        head, version = self._head(data, start)
        query, request_id = read_pdu(version, data, start + len(head), end)
        room = self._largest - len(head) - 4
        pdu = self._answer_pdu(printer, printer.faces[b""], query, request_id, room)
        return None if pdu is None else ber.tlv(ber.SEQUENCE, head + pdu)

    def _head(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return which of the fleet's version and community pairs stands at `start`."""
        for head, version in self._heads:
            if data.startswith(head, start):
                return head, version
        raise ber.BerError("another version or another community")
