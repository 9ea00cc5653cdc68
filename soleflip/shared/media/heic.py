"""HEIC, what iPhones take pictures in: unpacked in a process of its own with little memory and time.

Decoders of video are large and read by strangers' hands; what breaks one, or keeps it busy, breaks no more than this process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from PIL import Image

from shared.translation import gettext_noop as _

CHILD: Final = Path(__file__).with_name("heic_child.py")
KINDS: Final = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypheim", b"ftypheis", b"ftypmsf1")
LARGEST_PIXELS: Final = 50_000_000
"""An iPhone's largest picture has 8064 x 6048."""
MEMORY: Final = 1_200 * 2**20
"""Of addresses; 50 million pixels take about 350 MB beside what Python and the decoder are."""
CPU_SECONDS: Final = 20
SECONDS: Final = 60
WHY: Final = {
    3: _("it has more pixels than a phone's camera makes"),
    4: _("it cannot be read as a picture; it may be broken"),
    5: _("it does not fit into memory; take it in a smaller size"),
}


class NoPictureError(ValueError):
    """A HEIC file that is no picture we take; the message says why."""


def is_heic(data: bytes) -> bool:
    """Say whether a file calls itself HEIC or HEIF (ISO/IEC 23008-12)."""
    return data[4:12] in KINDS


def unpacked(data: bytes, side: int) -> Image.Image:
    """Return a HEIC file's picture upright, its longest side at most `side`; raises NoPictureError."""
    command = [sys.executable, "-I", str(CHILD), *(str(each) for each in (LARGEST_PIXELS, side, MEMORY, CPU_SECONDS))]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False, env={})
    except subprocess.TimeoutExpired:
        raise NoPictureError(WHY[4]) from None
    if done.returncode:
        raise NoPictureError(WHY.get(done.returncode, WHY[4]))
    head, _line, pixels = done.stdout.partition(b"\n")
    width, height = (int(each) for each in head.split())
    return Image.frombytes("RGB", (width, height), pixels)
