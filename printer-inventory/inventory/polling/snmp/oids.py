"""Object identifiers: dotted text for people and files, BER content octets (X.690 8.19) as dictionary keys."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

MAX_ARCS: Final = 128
"""RFC 2578 section 3.5: at most 128 sub-identifiers."""

MAX_ARC: Final = 2**32 - 1
"""RFC 2578 section 3.5: a sub-identifier is at most 2^32 - 1."""


class OidError(ValueError):
    """The text or the octets are no object identifier."""


def _arc(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    octets = [value & 0x7F]
    value >>= 7
    while value:
        octets.append(0x80 | (value & 0x7F))
        value >>= 7
    return bytes(reversed(octets))


def _check(arcs: list[int], text: str) -> None:
    if len(arcs) < 2 or len(arcs) > MAX_ARCS:
        raise OidError(f"an object identifier has 2 to {MAX_ARCS} numbers: {text[:60]!r}")
    if arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or max(arcs) > MAX_ARC:
        raise OidError(f"a number of the object identifier is out of range: {text[:60]!r}")


@lru_cache(maxsize=65536)
def encode_oid(text: str) -> bytes:
    """Return the BER content octets of dotted `text` ("1.3.6.1.2.1.1.1.0", a leading dot allowed); OidError if it is none."""
    parts = text.removeprefix(".").split(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
        raise OidError(f"not a dotted object identifier: {text[:60]!r}")
    arcs = [int(part) for part in parts]
    _check(arcs, text)
    return _arc(arcs[0] * 40 + arcs[1]) + b"".join(map(_arc, arcs[2:]))


def decode_arcs(octets: bytes) -> tuple[int, ...]:
    """Return the numbers that BER `octets` spell, without splitting the first one (for index suffixes); OidError if cut."""
    arcs: list[int] = []
    value = 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(value)
            value = 0
        elif value > MAX_ARC:
            raise OidError("a number of the object identifier is out of range")
    if octets and octets[-1] >= 0x80:
        raise OidError("the object identifier is cut off")
    if len(arcs) > MAX_ARCS:
        raise OidError(f"an object identifier has at most {MAX_ARCS} numbers")
    return tuple(arcs)


@lru_cache(maxsize=65536)
def decode_oid(octets: bytes) -> str:
    """Return the dotted text of BER content `octets`; OidError for octets that spell none."""
    arcs = decode_arcs(octets)
    if not arcs:
        raise OidError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


@lru_cache(maxsize=65536)
def suffix_text(octets: bytes) -> str:
    """Return an index suffix as dotted text: b"\\x01\\x03" is "1.3"."""
    return ".".join(map(str, decode_arcs(octets)))


@lru_cache(maxsize=16384)
def encode_suffix(text: str) -> bytes:
    """Return the octets of an index suffix: "1.3" is b"\\x01\\x03"; OidError if it is none."""
    parts = text.split(".") if text else []
    if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
        raise OidError(f"not an index: {text[:60]!r}")
    return b"".join(_arc(int(part)) for part in parts)
