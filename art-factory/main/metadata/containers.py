"""The boxes that pictures come in: PNG chunks, JPEG segments, RIFF chunks, GIF blocks. Pixels are never touched or decoded.

Sources: PNG 3rd edition (11.3.3 textual information), ITU T.81 annex B, the WebP container specification, GIF89a.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

PNG: Final = b"\x89PNG\r\n\x1a\n"
MOST_PARTS: Final = 20_000
MOST_TEXT: Final = 2_000_000
"""A file's text may be so long, in bytes, also after unpacking."""


class BrokenFile(ValueError):  # noqa: N818 -- says what the file is
    """The file ends early or contradicts itself."""


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk's type and content. BrokenFile."""
    at = len(PNG)
    for _ in range(MOST_PARTS):
        if at + 12 > len(data):
            raise BrokenFile("the PNG file ends early")
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if at + 12 + length > len(data):
            raise BrokenFile("the PNG file ends early")
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IEND":
            return
    raise BrokenFile("the PNG file has too many chunks")


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_text_chunk(keyword: str, text: str) -> bytes:
    """Return a text chunk: tEXt where Latin-1 is enough, which every reader knows, else iTXt."""
    try:
        return png_chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return png_chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))


def png_text(kind: bytes, content: bytes, left: int) -> tuple[str, str] | None:
    """Return a text chunk's keyword and text, at most `left` bytes unpacked; None for another chunk. BrokenFile."""
    keyword, found, rest = content[:80].partition(b"\0")
    if kind not in (b"tEXt", b"zTXt", b"iTXt") or not found:
        return None
    rest = content[len(keyword) + 1 :]
    packed = kind == b"zTXt"
    encoding = "latin-1"
    if kind == b"zTXt":
        rest = rest[1:]
    elif kind == b"iTXt":
        encoding = "utf-8"
        packed, rest = rest[:1] == b"\1", rest[2:]
        rest = rest.partition(b"\0")[2].partition(b"\0")[2]
    if packed:
        rest = _unpacked(rest, left)
    if len(rest) > left:
        raise BrokenFile("the file holds more text than is read")
    return keyword.decode("latin-1"), rest.decode(encoding, "replace")


def jpeg_segments(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Return the segments before the picture (marker, content) and where the picture begins. BrokenFile."""
    found: list[tuple[int, bytes]] = []
    at = 2
    for _ in range(MOST_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            raise BrokenFile("the JPEG file ends early")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            return found, at
        if length < 2 or at + 2 + length > len(data):
            raise BrokenFile("the JPEG file ends early")
        found.append((marker, data[at + 4 : at + 2 + length]))
        at += 2 + length
    raise BrokenFile("the JPEG file has too many segments")


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """Return one segment; content is at most 65533 bytes."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def riff_chunks(data: bytes, at: int = 12) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a RIFF file (WebP, WAV), from a place on. BrokenFile."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    return _riff_parts(data, at, end)


def riff_list(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a LIST chunk, behind its kind. BrokenFile."""
    return _riff_parts(content, 4, len(content))


def _riff_parts(data: bytes, at: int, end: int) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        if at + 8 + length > len(data) or len(found) >= MOST_PARTS:
            raise BrokenFile(f"the {data[8:12].decode('ascii', 'replace').strip()} file ends early")
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def riff_file(form: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return a RIFF file of these chunks."""
    body = riff_body(chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + form + body


def riff_body(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return chunks one behind the other, each padded to an even length."""
    return b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for kind, content in chunks
    )


def gif_head(data: bytes) -> int:
    """Return where the blocks of a GIF begin, behind the global colours. BrokenFile."""
    if len(data) < 14:
        raise BrokenFile("the GIF file ends early")
    colours = 3 * 2 ** ((data[10] & 7) + 1) if data[10] & 0x80 else 0
    if 13 + colours >= len(data):
        raise BrokenFile("the GIF file ends early")
    return 13 + colours


def gif_comment(text: bytes) -> bytes:
    """Return a comment extension."""
    blocks = b"".join(bytes((len(part),)) + part for at in range(0, len(text), 255) if (part := text[at : at + 255]))
    return b"\x21\xfe" + blocks + b"\0"


def gif_first_comment(data: bytes) -> bytes:
    """Return the comment that stands right behind the head, where ours is; empty when there is none."""
    at = gif_head(data)
    if data[at : at + 2] != b"\x21\xfe":
        return b""
    at += 2
    found = bytearray()
    while at < len(data) and data[at]:
        found += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    return bytes(found[:MOST_TEXT])


def _unpacked(packed: bytes, left: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(packed, left + 1)
    except zlib.error:
        raise BrokenFile("a text in the PNG file cannot be unpacked") from None
    if len(found) > left:
        raise BrokenFile("the file holds more text than is read")
    return found
