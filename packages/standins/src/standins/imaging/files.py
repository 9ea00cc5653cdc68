"""Bytes of results, made from nothing but the standard library: a PNG of the asked size, a WAV, the head of an MP4."""

from __future__ import annotations

import hashlib
import io
import struct
import wave
import zlib
from typing import Final

MP4: Final = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08free"


def png(width: int, height: int, text: str, *, black: bool = False) -> bytes:
    """Return a picture of stripes whose colours follow from a text; black when asked."""
    digest = hashlib.sha256(text.encode()).digest()
    palette = bytes(3 * 16) if black else bytes(digest[(3 * i + j) % 32] for i in range(16) for j in range(3))
    rows = []
    for y in range(height):
        band = (y * 16 // max(height, 1) + digest[0]) % 16
        left, right = band, (band + digest[1]) % 16
        cut = width * digest[y * 31 // max(height, 1)] // 256
        rows.append(b"\0" + bytes([left]) * cut + bytes([right]) * (width - cut))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b"")]
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def sound(seconds: float, text: str) -> bytes:
    """Return a hum as WAV, 8 kHz."""
    period = 20 + hashlib.sha256(text.encode()).digest()[0] % 60
    frames = bytes(200 if i % period < period // 2 else 56 for i in range(int(8000 * min(seconds, 60))))
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(frames)
    return target.getvalue()


def film(text: str) -> bytes:
    """Return an MP4 whose boxes are sound, with some bytes of its own in the place of a film."""
    content = hashlib.sha256(text.encode()).digest()
    return MP4 + struct.pack(">I4s", len(content) + 8, b"mdat") + content
