"""Read how a stranger's file says it was made. Everything in it is untrusted: sizes are bounded, text stays text."""

from __future__ import annotations

import html
import io
import warnings
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image

from main.metadata.boxes import is_avif, xmp_of
from main.metadata.containers import (
    MOST_TEXT,
    PNG,
    BrokenFile,
    gif_first_comment,
    jpeg_segments,
    png_chunks,
    png_text,
    riff_chunks,
    riff_list,
)
from main.metadata.dialects import read_a1111, read_comfyui, read_invokeai, read_own, read_swarm
from main.metadata.embedding import EXIF, EXIF_IFD, INFO_COMMENT, USER_COMMENT, XMP, XMP_CHUNK
from main.metadata.texts import OWN, XMP_KEYWORD

MOST_PROMPT: Final = 20_000


class NothingFound(ValueError):  # noqa: N818 -- says what was looked for
    """The file does not say how it was made, or is no picture; the text says which."""


@dataclass(slots=True)
class Recovered:
    """What a file says: prompts, parameters in our names, the model or machine it names, and what was not understood."""

    source: str
    prompt: str = ""
    negative_prompt: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    machine: str = ""
    model: str = ""
    left_out: list[str] = field(default_factory=list)


def recover(data: bytes) -> Recovered:
    """Return how a PNG, JPEG, WebP, AVIF, GIF, WAV or MP4 file says it was made. NothingFound, BrokenFile."""
    texts = _texts(data)
    readers = (
        (OWN, "Art Factory", read_own),
        ("invokeai_metadata", "InvokeAI", read_invokeai),
        ("parameters", "SwarmUI", read_swarm),
        ("parameters", "A1111", read_a1111),
        ("prompt", "ComfyUI", read_comfyui),
    )
    for keyword, source, reader in readers:
        if keyword not in texts:
            continue
        found = reader(texts[keyword])
        if found is not None:
            found["prompt"] = str(found.get("prompt", ""))[:MOST_PROMPT].replace("\0", "")
            found["negative_prompt"] = str(found.get("negative_prompt", ""))[:MOST_PROMPT].replace("\0", "")
            return Recovered(source=source, **found)
    names = ", ".join(sorted(texts)[:5])
    raise NothingFound(f"the file holds no parameters that are understood (it has {names})" if names else _NOTHING)


_NOTHING: Final = "the file does not say how it was made: chat programs and social networks take that out"


def _texts(data: bytes) -> dict[str, str]:
    """Return a file's texts by PNG's keywords, whatever it is."""
    if data.startswith(PNG):
        found = _from_png(data)
    elif data.startswith(b"\xff\xd8\xff"):
        parts = [content for marker, content in jpeg_segments(data)[0] if marker == 0xE1]
        found = _from_parts([part for part in parts if part.startswith(EXIF)], parts)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        chunks = riff_chunks(data)
        packets = [XMP + content for kind, content in chunks if kind == b"XMP "]
        found = _from_parts([content for kind, content in chunks if kind == b"EXIF"], packets)
    elif data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        found = _from_wav(data)
    elif data[4:8] == b"ftyp":
        found = _from_boxes(data)
    elif data.startswith(b"GIF8"):
        comment = gif_first_comment(data)
        found = {"parameters": comment.decode("utf-8", "replace")} if comment else {}
    else:
        raise NothingFound("only PNG, JPEG, WebP, AVIF, GIF, WAV and MP4 files say how they were made")
    ours = _from_xmp(found.pop(XMP_KEYWORD, ""))
    return {OWN: ours, **found} if ours else found


def _from_png(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    left = MOST_TEXT
    for kind, content in png_chunks(data):
        if (text := png_text(kind, content, left)) is not None:
            left -= len(text[1])
            found.setdefault(*text)
        elif kind == b"eXIf":
            found |= _from_exif(content)
    return found


def _from_wav(data: bytes) -> dict[str, str]:
    """Return LIST INFO's comment as `parameters`, and the XMP chunk."""
    found: dict[str, str] = {}
    for kind, content in riff_chunks(data):
        if len(content) > MOST_TEXT:
            continue
        if kind == XMP_CHUNK:
            found[XMP_KEYWORD] = content.decode("utf-8", "replace")
        elif kind == b"LIST" and content[:4] == b"INFO":
            comment = next((text for name, text in riff_list(content) if name == INFO_COMMENT), b"")
            if comment:
                found["parameters"] = comment.rstrip(b"\0").decode("utf-8", "replace")
    return found


def _from_boxes(data: bytes) -> dict[str, str]:
    """Return the XMP box of an MP4; of an AVIF also the EXIF and XMP beside its picture, which libavif finds."""
    packet = xmp_of(data)
    found = {XMP_KEYWORD: packet.decode("utf-8", "replace")} if packet else {}
    if not is_avif(data) or found:
        return found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = Image.open(io.BytesIO(data)).info
    except Exception:  # noqa: BLE001 -- Pillow raises whatever a stranger's file leads to
        raise BrokenFile("the AVIF file ends early, or is broken") from None
    exif, beside = info.get("exif"), info.get("xmp")
    return _from_parts([exif] if isinstance(exif, bytes) else [], [XMP + beside] if isinstance(beside, bytes) else [])


def _from_parts(exifs: list[bytes], packets: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for content in exifs[:1]:
        found |= _from_exif(content)
    for content in packets:
        if content.startswith(XMP):
            found[XMP_KEYWORD] = content[: MOST_TEXT + len(XMP)].removeprefix(XMP).decode("utf-8", "replace")
    return found


def _from_xmp(packet: str) -> str:
    """Return our JSON out of an XMP packet: plain text between two marks, so that no XML of strangers is parsed."""
    return html.unescape(packet.partition("<artfactory:making>")[2].partition("</artfactory:making>")[0])


def _from_exif(content: bytes) -> dict[str, str]:
    """Return the UserComment as A1111's `parameters`."""
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(content if content.startswith(EXIF) else EXIF + content)
            comment = exif.get_ifd(EXIF_IFD).get(USER_COMMENT)
    except Exception:  # noqa: BLE001 -- Pillow raises whatever a stranger's EXIF leads to
        return {}
    if not isinstance(comment, bytes) or len(comment) > MOST_TEXT:
        return {}
    kind, text = comment[:8], comment[8:]
    if kind == b"UNICODE\0":
        # EXIF leaves the order of bytes open: text with many zeros at odd places is little-endian.
        little = text[1::2].count(0) > text[::2].count(0)
        return {"parameters": text.decode("utf-16-le" if little else "utf-16-be", "replace")}
    return {"parameters": (text if kind.startswith((b"ASCII", b"\0")) else comment).decode("utf-8", "replace")}
