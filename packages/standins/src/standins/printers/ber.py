"""The part of ASN.1 BER (X.690) that SNMP uses, read strictly and written in the shortest form (RFC 3417 section 8).

Object identifiers are tuples of ints; a "varbind" is the complete SEQUENCE of an object identifier and a value (RFC 3416
section 3).
"""

from __future__ import annotations

from typing import Final

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
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
SET: Final = 0xA3
GET_BULK: Final = 0xA5
REPORT: Final = 0xA8

NUMBERS: Final = frozenset({INTEGER, COUNTER32, GAUGE32, TIME_TICKS, COUNTER64})
UNSIGNED_BITS: Final = {COUNTER32: 32, GAUGE32: 32, TIME_TICKS: 32, COUNTER64: 64}

MAX_OID_PARTS: Final = 128
"""RFC 3416 section 4.1: an object identifier has at most 128 sub-identifiers."""

Oid = tuple[int, ...]


class BerError(ValueError):
    """The bytes are no BER that an SNMP message may hold."""


def length(size: int) -> bytes:
    """Return the length octets for a content of `size` bytes."""
    if size < 0x80:
        return bytes((size,))
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(digits),)) + digits


_TAGS: Final = tuple(bytes((tag,)) for tag in range(256))
_LENGTHS: Final = tuple(length(size) for size in range(2048))
"""The length octets of everything that fits a frame: they are written several times per answer."""


def tlv(tag: int, content: bytes) -> bytes:
    """Return tag, length and content."""
    size = len(content)
    return _TAGS[tag] + (_LENGTHS[size] if size < 2048 else length(size)) + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Return a number; unsigned types wrap at their width, as a device's register does."""
    bits = UNSIGNED_BITS.get(tag)
    if bits is not None:
        value %= 1 << bits
    octets = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(octets, "big", signed=True))


def oid_content(oid: Oid) -> bytes:
    """Return the content octets of an object identifier; raise BerError when it has fewer than two parts or a negative one."""
    if len(oid) < 2 or min(oid) < 0:
        raise BerError("an object identifier needs two parts, none negative")
    out = bytearray()
    for part in (oid[0] * 40 + oid[1], *oid[2:]):
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(0x80 | part & 0x7F)
        out += bytes(reversed(digits))
    return bytes(out)


def name(oid: Oid) -> bytes:
    """Return an encoded object identifier."""
    return tlv(OID, oid_content(oid))


def varbind(oid: Oid, value: bytes) -> bytes:
    """Return the varbind of an object identifier and an encoded value."""
    return tlv(SEQUENCE, name(oid) + value)


def encode(tag: int, value: int | bytes | str | Oid) -> bytes:
    """Return an encoded value: numbers for number tags, dotted text or a tuple for OID, bytes (or latin-1 text) otherwise."""
    if tag in NUMBERS:
        return integer(int(value), tag)  # type: ignore[arg-type]
    if tag == OID:
        parts = tuple(map(int, value.split("."))) if isinstance(value, str) else value
        if not isinstance(parts, tuple):
            raise BerError("an object identifier is dotted text or a tuple")
        return tlv(OID, oid_content(parts))
    if isinstance(value, str):
        value = value.encode("latin-1")
    if not isinstance(value, bytes):
        raise BerError(f"tag {tag:#x} wants bytes")
    return tlv(tag, value)


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read a tag and a length at `at`; return (tag, start, stop) of the content; raise BerError when it leaves `end`."""
    if at + 2 > end:
        raise BerError("cut off before a length")
    tag, size = data[at], data[at + 1]
    at += 2
    if size & 0x80:
        digits = size & 0x7F
        if not 1 <= digits <= 4 or at + digits > end:
            raise BerError("a length SNMP does not allow")
        size = int.from_bytes(data[at : at + digits], "big")
        at += digits
    if at + size > end:
        raise BerError("content longer than its frame")
    return tag, at, at + size


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Like `header`, but raise BerError unless the tag is `tag`; return (start, stop)."""
    found, start, stop = header(data, at, end)
    if found != tag:
        raise BerError(f"tag {found:#x} where {tag:#x} belongs")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return (value, position behind it) of an INTEGER of at most eight octets."""
    start, stop = expect(data, at, end, INTEGER)
    if not 1 <= stop - start <= 8:
        raise BerError("an integer of no or too many octets")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Return (content, position behind it) of an OCTET STRING."""
    start, stop = expect(data, at, end, OCTET_STRING)
    return data[start:stop], stop


def parse_oid(content: bytes) -> Oid:
    """Return the parts of an object identifier's content octets; raise BerError for what no encoder writes."""
    if not content or content[-1] & 0x80:
        raise BerError("an object identifier that does not end")
    parts: list[int] = []
    part = 0
    for octet in content:
        part = part << 7 | octet & 0x7F
        if part > 0xFFFFFFFF:
            raise BerError("a sub-identifier over 32 bits")
        if not octet & 0x80:
            parts.append(part)
            part = 0
    if len(parts) >= MAX_OID_PARTS:
        raise BerError("more than 128 sub-identifiers")
    first = min(parts[0] // 40, 2)
    return (first, parts[0] - 40 * first, *parts[1:])


def read_varbinds(data: bytes) -> list[bytes]:
    """Return the object identifiers (content octets) of a varbind list's content; their values are checked for shape only."""
    oids = []
    at, end = 0, len(data)
    while at < end:
        start, at = expect(data, at, end, SEQUENCE)
        oid_start, oid_stop = expect(data, start, at, OID)
        _, _, value_stop = header(data, oid_stop, at)
        if value_stop != at:
            raise BerError("bytes behind a varbind's value")
        oids.append(data[oid_start:oid_stop])
    return oids
