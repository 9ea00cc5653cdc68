"""SNMP v1 and v2c: a request's bytes in, an answer's bytes out, or nothing where an agent keeps silent (RFC 1157, 3416, 1901)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import ber
from .printer import Face, Printer
from .view import NO_ACCESS, NO_ERROR, NO_SUCH_NAME, TOO_BIG, Query

V1, V2C, V3 = 0, 1, 3
ASKED: Final = {V1: {ber.GET, ber.GET_NEXT, ber.SET}, V2C: {ber.GET, ber.GET_NEXT, ber.GET_BULK, ber.SET}}
Answerer = Callable[[Printer, Face, "Request", int], bytes | None]
"""Returns the PDU a printer answers from a face in at most so many bytes, or None where it keeps silent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A PDU: `request_id` is the encoded INTEGER, `first` and `second` are error-status/-index or GETBULK's two numbers."""

    version: int
    tag: int
    request_id: bytes
    first: int
    second: int
    varbinds: bytes


def read_pdu(version: int, data: bytes, at: int, end: int) -> Request:
    """Read the PDU between `at` and `end`; raise BerError unless it is a request a printer may be sent."""
    tag, at, stop = ber.header(data, at, end)
    if stop != end or tag not in ASKED[V1 if version == V1 else V2C]:
        raise ber.BerError("no request")
    id_start = at
    _, at = ber.read_integer(data, at, end)
    request_id = data[id_start:at]
    first, at = ber.read_integer(data, at, end)
    second, at = ber.read_integer(data, at, end)
    start, stop = ber.expect(data, at, end, ber.SEQUENCE)
    if stop != end:
        raise ber.BerError("bytes behind the varbinds")
    return Request(version, tag, request_id, first, second, data[start:stop])


def write_pdu(request_id: bytes, status: int, index: int, varbinds: bytes, tag: int = ber.RESPONSE) -> bytes:
    """Return a response PDU from an encoded request id and the content of a varbind list."""
    return ber.tlv(tag, request_id + ber.integer(status) + ber.integer(index) + ber.tlv(ber.SEQUENCE, varbinds))


def answer_pdu(face: Face, own: ber.Oid, request: Request, room: int) -> bytes:
    """Return the response PDU of a face; at most `room` bytes, else tooBig (or fewer rows of a GETBULK)."""
    if request.tag == ber.SET:
        ber.read_varbinds(request.varbinds)
        status = NO_SUCH_NAME if request.version == V1 else NO_ACCESS
        return write_pdu(request.request_id, status, 1 if request.varbinds else 0, request.varbinds)
    bulk = request.tag == ber.GET_BULK
    query = Query(
        request.version,
        request.tag,
        request.first if bulk else 0,
        request.second if bulk else 0,
        request.varbinds,
        face.absent,
    )
    plan = face.shape.view.answer(query, own, room)
    made = write_pdu(request.request_id, plan.status, plan.index, plan.fill(face.cells))
    if len(made) <= room:
        return made
    if bulk:
        return _shortened(request, plan.varbinds(face.cells), room)
    return write_pdu(request.request_id, TOO_BIG, 0, request.varbinds if request.version == V1 else b"")


def _shortened(request: Request, varbinds: list[bytes], room: int) -> bytes:
    """Drop varbinds from the end until the answer fits (RFC 3416 section 4.2.3)."""
    spare = room - len(write_pdu(request.request_id, NO_ERROR, 0, b"")) - 6
    kept = []
    for varbind in varbinds:
        spare -= len(varbind)
        if spare < 0:
            break
        kept.append(varbind)
    return write_pdu(request.request_id, NO_ERROR, 0, b"".join(kept))


class CommunityAgent:
    """Answers v1 and v2c messages that carry the right community."""

    def __init__(self, community: str, largest: int, answer_pdu: Answerer) -> None:
        """Answer in messages of at most `largest` bytes; `answer_pdu` is asked for the PDU."""
        self._community = community.encode()
        self._largest = largest
        self._answer_pdu = answer_pdu
        self._heads = {
            version: ber.integer(version) + ber.tlv(ber.OCTET_STRING, self._community) for version in (V1, V2C)
        }

    def answer(self, printer: Printer, data: bytes) -> bytes | None:
        """Return the message that answers one, None where the community is wrong; raise BerError for malformed ones.

        The printer must be prepared.
        """
        start, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
        if end != len(data):
            raise ber.BerError("bytes behind the message")
        version, at = ber.read_integer(data, start, end)
        head = self._heads.get(version)
        if head is None:
            raise ber.BerError("no version of SNMP with communities")
        community, at = ber.read_octets(data, at, end)
        request = read_pdu(version, data, at, end)
        if community != self._community:
            return None
        pdu = self._answer_pdu(printer, printer.faces[b""], request, self._largest - len(head) - 4)
        return None if pdu is None else ber.tlv(ber.SEQUENCE, head + pdu)
