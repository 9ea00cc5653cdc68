"""Pictures from strangers: judged before they are unpacked, unpacked once, and drawn anew. What is kept is never what was sent.

EXIF (with its GPS position), comments, colour profiles and whatever else a file carries stay behind, since only pixels are
copied into a new JPEG.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError, features

from shared.media import heic
from shared.translation import phrase

FORMATS: Final = ("JPEG", "PNG", "WEBP", *(("AVIF",) if features.check("avif") else ()))
TAKEN: Final = (*FORMATS, "HEIC", "HEIF")
"""What may be sent; HEIC is unpacked elsewhere (`heic.py`)."""
LARGEST_BYTES: Final = 25 * 2**20
LARGEST_PIXELS: Final = 64_000_000
"""A phone's largest ordinary picture has 50 million pixels."""
SIZES: Final = {"full": 2048, "card": 480, "tiny": 128}
"""The longest side of what is kept."""
CONTENT_TYPE: Final = "image/jpeg"
_AT_ONCE = threading.BoundedSemaphore(2)
"""A picture unpacked takes up to 200 MB; a process unpacks two at a time."""


class BadPictureError(ValueError):
    """This is no picture we take; the message says why and what to do."""

    def __init__(self, message: str) -> None:
        """Keep the message as it was made, so that a page can say it in its language."""
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture drawn anew, as JPEG by the names of `SIZES`; width and height are those of `full`."""

    width: int
    height: int
    files: dict[str, bytes]


def redraw(data: bytes) -> Picture:
    """Return a picture drawn anew, turned upright, on white; raises BadPictureError."""
    if len(data) > LARGEST_BYTES:
        raise BadPictureError(
            phrase("larger than %(largest_bytes)s MB; take it in a smaller size", largest_bytes=LARGEST_BYTES // 2**20)
        )
    with _AT_ONCE:
        full = _guarded(lambda: _unpacked(data))
        files = {}
        for name, side in SIZES.items():
            small = full if name == "full" else full.copy()
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=86 if name == "full" else 80, progressive=True, optimize=True)
            files[name] = buffer.getvalue()
        return Picture(full.width, full.height, files)


def _guarded(work: Callable[[], Image.Image]) -> Image.Image:
    try:
        return work()
    except BadPictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPictureError(phrase("it has more pixels than any camera makes")) from None
    except MemoryError:
        raise BadPictureError(phrase("it does not fit into memory; take it in a smaller size")) from None
    except Exception:  # noqa: BLE001 -- Pillow's plugins raise nearly everything over a broken file
        raise BadPictureError(phrase("it cannot be read as a picture; it may be broken")) from None


def _unpacked(data: bytes) -> Image.Image:
    """Return the pixels of a picture's first frame, at most as large as `full`, on white."""
    if heic.is_heic(data):
        try:
            return heic.unpacked(data, SIZES["full"])
        except heic.NoPictureError as error:
            raise BadPictureError(str(error)) from None
    try:
        found = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise BadPictureError(phrase("not a picture we read (%(formats)s)", formats=", ".join(TAKEN))) from None
    with found as image:
        if image.width * image.height > LARGEST_PIXELS:
            raise BadPictureError(
                phrase(
                    "%(width)s × %(height)s pixels are more than %(largest_pixels)s million",
                    width=image.width,
                    height=image.height,
                    largest_pixels=LARGEST_PIXELS // 10**6,
                )
            )
        if image.width < 1 or image.height < 1 or max(image.size) > 50 * min(image.size):
            raise BadPictureError(phrase("it is no more than a line"))
        image.draft("RGB", (SIZES["full"], SIZES["full"]))
        image.load()
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((SIZES["full"], SIZES["full"]), Image.Resampling.LANCZOS)
        solid = upright.convert("RGBA") if upright.mode in ("RGBA", "LA", "PA", "P") else upright.convert("RGB")
        clean = Image.new("RGB", solid.size, "white")
        clean.paste(solid, mask=solid if solid.mode == "RGBA" else None)
        return clean
