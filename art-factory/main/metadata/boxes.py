"""The boxes of MP4 and AVIF files (ISO base media file format). No sample and no pixel is touched or decoded.

Sources: ISO/IEC 14496-12 (boxes, 8.11 `meta`), ISO/IEC 23008-12 (items of pictures), XMP specification part 3 (the `uuid` box).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from main.metadata.containers import MOST_PARTS, MOST_TEXT, BrokenFile

XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_HEAD: Final = 8
_LONG_HEAD: Final = 16
_WORD: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box stands: `start` to `end`, its content from `content`."""

    kind: bytes
    start: int
    content: int
    end: int


def is_avif(data: bytes) -> bool:
    """Say whether a file's brand is AVIF's (a picture or a sequence)."""
    return data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis")


def boxes(data: bytes, at: int = 0, end: int | None = None) -> list[Box]:
    """Return the boxes between two places, one behind the other. BrokenFile."""
    end = len(data) if end is None else end
    found: list[Box] = []
    while at < end:
        if at + _HEAD > end or len(found) >= MOST_PARTS:
            raise BrokenFile(
                "the file ends in the middle of a box" if at + _HEAD > end else "the file has too many boxes"
            )
        size, kind = struct.unpack(">I4s", data[at : at + _HEAD])
        content = at + _HEAD
        if size == 1:
            content = at + _LONG_HEAD
            size = int.from_bytes(data[at + _HEAD : content], "big")
        elif size == 0:
            size = end - at
        if size < content - at or at + size > end:
            raise BrokenFile(
                f"a box says it has {size} bytes, and the file has no such room: it ends early, or is broken"
            )
        found.append(Box(kind, at, content, at + size))
        at += size
    return found


def box(kind: bytes, content: bytes) -> bytes:
    """Return one box."""
    return struct.pack(">I4s", len(content) + _HEAD, kind) + content


def xmp_of(data: bytes) -> bytes:
    """Return the XMP packet that stands in a box of its own; the last one counts. BrokenFile."""
    packets = [one for one in boxes(data) if _is_xmp(data, one)]
    return data[packets[-1].content + 16 : packets[-1].end][:MOST_TEXT] if packets else b""


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """Return the file with an XMP packet in a box of its own at the end, in the place of an older one. BrokenFile.

    Nothing before it moves: players find samples by their places in the file. An index of fragments (`mfra`) has to stay last.
    """
    found = boxes(data)
    if not found or found[0].kind != b"ftyp":
        raise BrokenFile("the file does not begin as MP4 does")
    whole = bytearray(data)
    _say_length(whole, found[-1])
    last = [found.pop()] if found[-1].kind == b"mfra" else []
    while _is_xmp(data, found[-1]):
        found.pop()
    for old in found:
        if _is_xmp(data, old):
            whole[old.start + 4 : old.start + _HEAD] = b"free"
    tail = bytes(whole[last[0].start : last[0].end]) if last else b""
    return bytes(whole[: found[-1].end]) + box(b"uuid", XMP_UUID + packet) + tail


def _is_xmp(data: bytes, one: Box) -> bool:
    return one.kind == b"uuid" and data[one.content : one.content + 16] == XMP_UUID


def _say_length(whole: bytearray, last: Box) -> None:
    """Write down the length of a last box that only says "to the end", since it is not the last any more."""
    if whole[last.start : last.start + 4] == b"\0\0\0\0":
        if last.end - last.start >= _WORD:
            raise BrokenFile("the last box is too long to have another behind it")
        whole[last.start : last.start + 4] = struct.pack(">I", last.end - last.start)
