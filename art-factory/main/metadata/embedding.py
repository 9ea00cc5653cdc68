"""Write how a product was made into a copy of its bytes, without touching a pixel or a sample."""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image

from main.metadata.boxes import is_avif, with_xmp
from main.metadata.containers import (
    PNG,
    BrokenFile,
    gif_comment,
    gif_head,
    jpeg_segment,
    jpeg_segments,
    png_chunk,
    png_chunks,
    png_text,
    png_text_chunk,
    riff_body,
    riff_chunks,
    riff_file,
    riff_list,
)
from main.metadata.items import with_items
from main.metadata.texts import OWN, XMP_KEYWORD, Making, a1111_text, own_json, xmp_packet

EXIF_IFD: Final = 0x8769
USER_COMMENT: Final = 0x9286
EXIF: Final = b"Exif\0\0"
XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_MOST_SEGMENT: Final = 65_533
_READ: Final = 200_000
SOFTWARE: Final = b"Art Factory\0"
XMP_CHUNK: Final = b"_PMX"
"""Where WAV keeps XMP. Source: XMP specification part 3, 1.1.9."""
INFO_COMMENT: Final = b"ICMT"
INFO_SOFTWARE: Final = b"ISFT"
"""Chunks of LIST INFO. Source: Multimedia Programming Interface and Data Specifications 1.0, "INFO List Chunk"."""


def embed(data: bytes, making: Making) -> bytes:
    """Return the file with its making inside: PNG text, EXIF and XMP in JPEG, WebP and AVIF, a comment in GIF, LIST INFO and XMP
    in WAV, XMP in MP4; others as they are.

    A file that is broken, or whose texts do not fit, also comes back as it is: taking it along must not fail.
    """
    try:
        if data.startswith(PNG):
            return _png(data, making)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data, making)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data, making)
        if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
            return _wav(data, making)
        if data[4:8] == b"ftyp":
            return _avif(data, making) if is_avif(data) else with_xmp(data, _xmp(making))
        if data.startswith(b"GIF8"):
            at = gif_head(data)
            return data[:at] + gif_comment(a1111_text(making).encode("utf-8", "replace")) + data[at:]
    except BrokenFile:
        pass
    return data


def exif_with(making: Making, before: bytes = b"") -> bytes:
    """Return EXIF data (with its `Exif` prefix) that holds the A1111 text as UserComment; what was there before stays."""
    comment = b"UNICODE\0" + a1111_text(making).encode("utf-16-be", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _exif(comment, before)
        except Exception:  # noqa: BLE001 -- Pillow raises whatever a stranger's EXIF leads to; then it is written anew
            return _exif(comment, b"")


def _exif(comment: bytes, before: bytes) -> bytes:
    exif = Image.Exif()
    if before:
        exif.load(before)
    exif.get_ifd(EXIF_IFD)[USER_COMMENT] = comment
    return bytes(exif.tobytes())


def _png(data: bytes, making: Making) -> bytes:
    ours = {"parameters": a1111_text(making), OWN: own_json(making)}
    found = bytearray(PNG)
    for kind, content in png_chunks(data):
        text = png_text(kind, content[:_READ], _READ) if kind in (b"tEXt", b"iTXt") else None
        if text is None or text[0] not in (*ours, XMP_KEYWORD):
            found += png_chunk(kind, content)
        if kind == b"IHDR":
            for keyword, value in ours.items():
                found += png_text_chunk(keyword, value)
            packet = _xmp(making)
            found += png_chunk(b"iTXt", XMP_KEYWORD.encode() + b"\0\0\0\0\0" + packet)
    return bytes(found)


def _jpeg(data: bytes, making: Making) -> bytes:
    segments, picture = jpeg_segments(data)
    exif = next((content for marker, content in segments if marker == 0xE1 and content.startswith(EXIF)), b"")
    kept = [
        (marker, content) for marker, content in segments if not (marker == 0xE1 and content.startswith((EXIF, XMP)))
    ]
    head = 1 if kept and kept[0][0] == 0xE0 else 0
    ours = [(0xE1, exif_with(making, exif)), (0xE1, XMP + _xmp(making))]
    fitting = [(marker, content) for marker, content in ours if len(content) <= _MOST_SEGMENT]
    written = [*kept[:head], *fitting, *kept[head:]]
    return data[:2] + b"".join(jpeg_segment(marker, content) for marker, content in written) + data[picture:]


def _webp(data: bytes, making: Making) -> bytes:
    chunks = riff_chunks(data)
    before = next((content for kind, content in chunks if kind == b"EXIF"), b"")
    kept = [(kind, content) for kind, content in chunks if kind not in (b"EXIF", b"XMP ")]
    if not kept:
        raise BrokenFile("the WebP file is empty")
    if kept[0][0] == b"VP8X" and len(kept[0][1]) == 10:
        head = bytes((kept[0][1][0] | 0x0C,)) + kept[0][1][1:]
        kept = kept[1:]
    else:
        head = _webp_head(*kept[0])
    exif = exif_with(making, before).removeprefix(EXIF)
    packet = _xmp(making)
    return riff_file(b"WEBP", [(b"VP8X", head), *kept, (b"EXIF", exif), (b"XMP ", packet)])


def _wav(data: bytes, making: Making) -> bytes:
    """Put our chunks behind the sound; what others wrote into LIST INFO stays."""
    chunks = [one for one in riff_chunks(data) if one[0] != XMP_CHUNK]
    if not any(kind == b"data" for kind, _content in chunks):
        raise BrokenFile("the WAVE file has no sound")
    ours = {INFO_COMMENT: a1111_text(making).encode("utf-8", "replace") + b"\0", INFO_SOFTWARE: SOFTWARE}
    info: list[tuple[bytes, bytes]] = []
    kept = []
    for kind, content in chunks:
        if kind == b"LIST" and content[:4] == b"INFO":
            info += [one for one in riff_list(content) if one[0] not in ours]
        else:
            kept.append((kind, content))
    written = b"INFO" + riff_body([*info, *ours.items()])
    return riff_file(b"WAVE", [*kept, (b"LIST", written), (XMP_CHUNK, _xmp(making))])


def _avif(data: bytes, making: Making) -> bytes:
    """Put EXIF and XMP beside the picture; XMP alone behind a file that is built in a way we do not change (a sequence)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = Image.open(io.BytesIO(data)).info.get("exif", b"")
    except Exception:  # noqa: BLE001 -- Pillow raises whatever a stranger's file leads to
        raise BrokenFile("the AVIF file cannot be read") from None
    try:
        return with_items(data, exif_with(making, before).removeprefix(EXIF), _xmp(making))
    except BrokenFile:
        return with_xmp(data, _xmp(making))


def _xmp(making: Making) -> bytes:
    return xmp_packet(making).encode("utf-8", "replace")


def _webp_head(kind: bytes, content: bytes) -> bytes:
    """Return the extended header of a simple file: flags for EXIF and XMP (and alpha), and the size."""
    flags = 0x0C
    if kind == b"VP8 " and len(content) >= 10:
        width = int.from_bytes(content[6:8], "little") & 0x3FFF
        height = int.from_bytes(content[8:10], "little") & 0x3FFF
    elif kind == b"VP8L" and len(content) >= 5:
        bits = int.from_bytes(content[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags |= 0x10 if bits >> 28 & 1 else 0
    else:
        raise BrokenFile("the WebP file begins with something else")
    return bytes((flags, 0, 0, 0)) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
