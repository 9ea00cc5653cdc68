"""What more than one provider puts on the wire alike: pictures as data: URIs, progress as bars in a log."""

from __future__ import annotations

import base64
import re
from typing import Final

from main.providers.protocol import ErrorCategory, InputFile, ProviderError

MOST_INPUT: Final = 12_000_000
_PERCENT: Final = re.compile(r"(\d{1,3})%\|")


def inline(file: InputFile) -> str:
    """Return a file as a data: URI, which the providers take in place of an address. VALIDATION when it is too large."""
    data = file.path.read_bytes()
    if len(data) > MOST_INPUT:
        text = f"The input picture has {len(data) / 1e6:.0f} MB; {MOST_INPUT / 1e6:.0f} MB can be sent."
        raise ProviderError(ErrorCategory.VALIDATION, text, charged=False)
    return f"data:{file.media_type};base64,{base64.b64encode(data).decode()}"


def percent_of(logs: str) -> float:
    """Return the last progress bar in some logs, 0 to 1; 0 without any."""
    found = _PERCENT.findall(logs[-4000:])
    return min(100, int(found[-1])) / 100 if found else 0.0
