"""SNMPv1 and SNMPv2c messages as octets (RFC 1157, RFC 3416; BER of X.690), one pass each way.

Requests are laid out once per list of objects and only their request-id is written anew; an answer becomes a list of
`(name, tag, value)`. Everything read here comes from the network: a message that is not well formed raises BerError and
nothing else, whatever its octets are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = 0x80
NO_SUCH_INSTANCE: Final = 0x81
END_OF_MIB_VIEW: Final = 0x82

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
GET_BULK: Final = 0xA5
REPORT: Final = 0xA8

V1: Final = 0
V2C: Final = 1
V3: Final = 3

MAX_VARBINDS: Final = 512
"""More objects than this in one answer are no answer to anything asked here."""

FIRST_REQUEST_ID: Final = 1 << 24
LAST_REQUEST_ID: Final = (1 << 31) - 1
"""Request ids from this range are always four octets, so that a laid out request can be patched in place."""

Value = int | bytes | None
"""int for numbers, bytes for strings, addresses and object identifiers (content octets), None for NULL and exceptions."""

VarBind = tuple[bytes, int, Value]
"""The object's name as BER content octets, the tag of its value, its value."""

_KIND_OF_TAG: Final[dict[int, int]] = {
    INTEGER: 1,
    COUNTER32: 2, GAUGE32: 2, TIME_TICKS: 2, 0x45: 2, COUNTER64: 2, 0x47: 2,
    OCTET_STRING: 3, OBJECT_IDENTIFIER: 3, IP_ADDRESS: 3, OPAQUE: 3,
}  # fmt: skip


_MEMORY: Final = 32768
"""Bindings remembered; each is shorter than 130 octets."""

_seen: dict[bytes, VarBind] = {}


class BerError(ValueError):
    """The octets are no well-formed SNMP message."""


class Message(NamedTuple):
    """A decoded v1 or v2c message; `error_status` and `error_index` as in RFC 3416 section 3."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[VarBind]


class Request(NamedTuple):
    """A laid out request: `octets` with four octets of request-id at `id_at`."""

    octets: bytes
    id_at: int

    def with_id(self, request_id: int) -> bytes:
        """Return the datagram with `request_id` (from FIRST_REQUEST_ID to LAST_REQUEST_ID) in its place."""
        octets, at = self
        return octets[:at] + request_id.to_bytes(4, "big") + octets[at + 4 :]


def encode_length(length: int) -> bytes:
    """Return the definite form of a BER length."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, content: bytes) -> bytes:
    """Return tag, length and content."""
    return bytes((tag,)) + encode_length(len(content)) + content


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """Return an INTEGER, or with another `tag` an application type, in the fewest octets."""
    length = (value.bit_length() // 8) + 1
    return tlv(tag, value.to_bytes(length, "big", signed=True))


@lru_cache(maxsize=16384)
def lay_out_request(
    version: int, community: bytes, pdu: int, names: tuple[bytes, ...], non_repeaters: int = 0, max_repetitions: int = 0
) -> Request:
    """Return a request for `names` (content octets); the two last arguments count for GET_BULK only (RFC 3416 4.2.3)."""
    bindings = b"".join(tlv(SEQUENCE, tlv(OBJECT_IDENTIFIER, name) + b"\x05\x00") for name in names)
    counts = encode_integer(non_repeaters) + encode_integer(max_repetitions)
    after_id = counts + tlv(SEQUENCE, bindings)
    body = tlv(pdu, b"\x02\x04" + bytes(4) + after_id)
    message = tlv(SEQUENCE, encode_integer(version) + tlv(OCTET_STRING, community) + body)
    return Request(message, len(message) - len(after_id) - 4)


def encode_response(message: Message) -> bytes:
    """Return the octets of a message whose values are given as read by `decode_message` (for recorded walks and tests)."""
    bindings = b"".join(
        tlv(SEQUENCE, tlv(OBJECT_IDENTIFIER, name) + _encode_value(tag, value)) for name, tag, value in message.varbinds
    )
    body = (
        encode_integer(message.request_id)
        + encode_integer(message.error_status)
        + encode_integer(message.error_index)
        + tlv(SEQUENCE, bindings)
    )
    head = encode_integer(message.version) + tlv(OCTET_STRING, message.community)
    return tlv(SEQUENCE, head + tlv(message.pdu, body))


def _encode_value(tag: int, value: Value) -> bytes:
    if value is None:
        return tlv(tag, b"")
    if isinstance(value, int):
        return encode_integer(value, tag)
    return tlv(tag, value)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return the length that starts at `at` and where its content starts."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if count == 0 or count > 4:
        raise BerError("a length in a form that SNMP does not use")
    end = at + 1 + count
    if end > len(data):
        raise BerError("the message is cut off")
    return int.from_bytes(data[at + 1 : end], "big"), end


def _enter(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Step into a value of `tag`; return where its content starts and ends."""
    if data[at] != tag:
        raise BerError(f"tag {tag:#04x} expected, {data[at]:#04x} found")
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        length, start = _length(data, at + 1)
    if start + length > end:
        raise BerError("a value reaches past its container")
    return start, start + length


def _integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    length, start = data[at + 1], at + 2
    if data[at] != INTEGER or not 0 < length <= 8 or start + length > end:
        raise BerError("an integer expected, of a length that SNMP uses")
    stop = start + length
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def decode_message(data: bytes) -> Message:
    """Return the message in `data`; octets after it are ignored, as some agents pad. BerError if it is not well formed."""
    try:
        at, end = _enter(data, 0, len(data), SEQUENCE)
        version, at = _integer(data, at, end)
        if version not in (V1, V2C):
            raise BerError(f"SNMP version {version} is not spoken here")
        start, at = _enter(data, at, end, OCTET_STRING)
        community = data[start:at]
        pdu = data[at]
        at, end = _enter(data, at, end, pdu)
        request_id, at = _integer(data, at, end)
        error_status, at = _integer(data, at, end)
        error_index, at = _integer(data, at, end)
        at, end = _enter(data, at, end, SEQUENCE)
        return Message(version, community, pdu, request_id, error_status, error_index, _varbinds(data, at, end))
    except IndexError:
        raise BerError("the message is cut off") from None


def v3_message_id(data: bytes) -> int:
    """Return the msgID of an SNMPv3 message (RFC 3412 section 6); BerError for anything else."""
    try:
        at, end = _enter(data, 0, len(data), SEQUENCE)
        version, at = _integer(data, at, end)
        if version != V3:
            raise BerError(f"SNMP version {version} is not v3")
        at, end = _enter(data, at, end, SEQUENCE)
        return _integer(data, at, end)[0]
    except IndexError:
        raise BerError("the message is cut off") from None


def _varbinds(data: bytes, at: int, end: int) -> list[VarBind]:
    """Read the variable bindings.

    This is where a poll spends its time. The bindings of a fleet repeat (names, texts, types, levels from 0 to 100): those seen
    before are taken from a memory that starts anew when it is full, so that a hostile device cannot make it grow.
    """
    found: list[VarBind] = []
    append = found.append
    known = _seen.get
    while at < end:
        length = data[at + 1]
        if length < 0x80:
            stop = at + 2 + length
            piece = data[at:stop]
            binding = known(piece)
            if binding is None:
                if stop > end or data[at] != SEQUENCE:
                    raise BerError("a variable binding expected")
                binding = _varbind(data, at + 2, stop)
                if len(_seen) >= _MEMORY:
                    _seen.clear()
                _seen[piece] = binding
            append(binding)
        else:
            start, stop = _enter(data, at, end, SEQUENCE)
            append(_varbind(data, start, stop))
        at = stop
    if at != end:
        raise BerError("the variable bindings reach past their container")
    if len(found) > MAX_VARBINDS:
        raise BerError(f"more than {MAX_VARBINDS} objects in one answer")
    return found


def _varbind(data: bytes, at: int, end: int) -> VarBind:
    """Read the name and the value between `at` and `end`."""
    if end - at < 4 or data[at] != OBJECT_IDENTIFIER:
        raise BerError("a variable binding without a name")
    length = data[at + 1]
    at += 2
    if length >= 0x80:
        length, at = _length(data, at - 1)
    name = data[at : at + length]
    at += length
    if at + 2 > end:
        raise BerError("a variable binding without a value")
    tag = data[at]
    length = data[at + 1]
    at += 2
    if length >= 0x80:
        length, at = _length(data, at - 1)
    if at + length != end:
        raise BerError("a value whose length does not fit its binding")
    kind = _KIND_OF_TAG.get(tag, 0)
    if kind == 3:
        return name, tag, data[at:end]
    if kind == 0:
        return name, tag, None
    if length > 9:
        raise BerError("a number of a length that SNMP does not use")
    return name, tag, int.from_bytes(data[at:end], "big", signed=kind == 1)
