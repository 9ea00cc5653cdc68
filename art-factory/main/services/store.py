"""The product store: one for all providers. Bytes decide what a file is; the original is never touched.

`media/products/<project or unfiled>/<yyyy>/<mm>/<uuid>_<sha8>.<ext>`, thumbnails `media/thumbs/<size>/<uuid>.webp`.
"""

from __future__ import annotations

import hashlib
import io
import uuid
import warnings
import wave
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.text import slugify
from PIL import Image

THUMBNAILS: Final = (320, 640)
MOST_PIXELS: Final = 67_108_864
MOST_BYTES: Final = 200_000_000
MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", 0, "png", "image/png"),
    (b"\xff\xd8\xff", 0, "jpg", "image/jpeg"),
    (b"GIF8", 0, "gif", "image/gif"),
    (b"WEBP", 8, "webp", "image/webp"),
    (b"ftypavif", 4, "avif", "image/avif"),
    (b"WAVE", 8, "wav", "audio/wav"),
    (b"fLaC", 0, "flac", "audio/flac"),
    (b"ID3", 0, "mp3", "audio/mpeg"),
    (b"\xff\xfb", 0, "mp3", "audio/mpeg"),
    (b"OggS", 0, "ogg", "audio/ogg"),
    (b"\x1aE\xdf\xa3", 0, "webm", "video/webm"),
    (b"ftyp", 4, "mp4", "video/mp4"),
)


class WrongBytes(ValueError):  # noqa: N818 -- names what was found
    """What came is no picture, video or sound of a kind we keep; the text says what it is."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store, and what its bytes say about it. `file` is relative to MEDIA_ROOT."""

    uuid: uuid.UUID
    file: str
    size: int
    media_type: str
    product_type: str
    sha256: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    dhash: int | None = None


def sniff(data: bytes) -> tuple[str, str]:
    """Return extension and media type by the first bytes; WrongBytes for anything else (HTML, SVG, archives...)."""
    for magic, offset, extension, media_type in MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return extension, media_type
    raise WrongBytes(f"these {len(data)} bytes are no picture, video or sound that is kept here")


def store(data: bytes, *, identity: uuid.UUID, project: str, moment: datetime) -> Stored:
    """Write a file and its thumbnails; the same identity and bytes give the same file. WrongBytes, OSError."""
    if len(data) > MOST_BYTES:
        raise WrongBytes(f"{len(data)} bytes are more than {MOST_BYTES}")
    extension, media_type = sniff(data)
    digest = hashlib.sha256(data).hexdigest()
    folder = Path("products") / (slugify(project)[:60] or "unfiled") / f"{moment:%Y}" / f"{moment:%m}"
    file = folder / f"{identity}_{digest[:8]}.{extension}"
    kind = media_type.partition("/")[0]
    width = height = duration = fingerprint = None
    if kind == "image":
        width, height, duration, fingerprint = _picture(data, identity)
        kind = "video" if duration else "image"
    elif media_type == "audio/wav":
        duration = _seconds(data)
    write(Path(settings.MEDIA_ROOT) / file, data)
    return Stored(identity, str(file), len(data), media_type, kind, digest, width, height, duration, fingerprint)


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def thumbnail_path(identity: uuid.UUID, size: int) -> Path:
    """Return where a thumbnail lies."""
    return Path(settings.MEDIA_ROOT) / "thumbs" / str(size) / f"{identity}.webp"


def open_picture(data: bytes) -> Image.Image:
    """Return a picture whose pixels have been read. WrongBytes when it is broken or too large (decompression bombs)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MOST_PIXELS:
            raise WrongBytes(f"{picture.width} x {picture.height} is more than {MOST_PIXELS // 1_000_000} megapixels")
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, WrongBytes):
            raise
        raise WrongBytes(f"the picture is broken: {error}") from None
    return picture


def thumbnails(picture: Image.Image, identity: uuid.UUID) -> None:
    """Write the thumbnails, each made from the next larger one."""
    current = picture.convert("RGB")
    for size in sorted(THUMBNAILS, reverse=True):
        if max(current.size) > size:
            current.thumbnail((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
        target = io.BytesIO()
        current.save(target, "WEBP", quality=80, method=2)
        write(thumbnail_path(identity, size), target.getvalue())


def dhash(picture: Image.Image) -> int:
    """Return the difference hash, 64 bits, signed (it is stored as one): each bit says whether brightness falls to the right."""
    small = picture.convert("L").resize((9, 8), Image.Resampling.BILINEAR).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (small[row * 9 + column] > small[row * 9 + column + 1])
    return bits - (1 << 64) if bits >= 1 << 63 else bits


def _picture(data: bytes, identity: uuid.UUID) -> tuple[int, int, float | None, int]:
    picture = open_picture(data)
    frames = int(getattr(picture, "n_frames", 1))
    duration: float | None = frames * float(picture.info.get("duration", 100)) / 1000 if frames > 1 else None
    thumbnails(picture, identity)
    return picture.width, picture.height, duration, dhash(picture)


def _seconds(data: bytes) -> float | None:
    try:
        with wave.open(io.BytesIO(data)) as file:
            return float(file.getnframes() / (file.getframerate() or 1))
    except (wave.Error, EOFError):
        return None
