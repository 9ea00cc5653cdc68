"""What the launcher prints: one line at a time, each with the name of who speaks, safe to show whatever a process
logs.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from typing import TextIO

COLOURS = (36, 35, 33, 32, 34, 96, 95, 93, 92, 94)
BOLD, RED, DIM = 1, 31, 2
MAX_LINE = 2000
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return a log line without terminal commands and direction marks, at most 2,000 characters."""
    plain = CONTROLS.sub("", ESCAPES.sub("", text.rstrip("\r\n"))).expandtabs(4)
    return plain if len(plain) <= MAX_LINE else f"{plain[:MAX_LINE]} ... ({len(plain)} characters)"


class Terminal:
    """Prints whole lines from many threads. A terminal that went away is no reason to break off stopping."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        """Speak on `stream` (standard output); colours are for terminals without NO_COLOR unless told."""
        self._stream = sys.stdout if stream is None else stream
        self._colour = self._stream.isatty() and "NO_COLOR" not in os.environ if colour is None else colour
        self._lock = threading.Lock()
        self._width = 8
        self._colours: dict[str, int] = {}

    def say(self, text: str, *styles: int) -> None:
        """Print a line of the launcher itself."""
        self._write(self._styled(text, *styles))

    def log(self, source: str, text: str) -> None:
        """Print a line of one process behind its name."""
        with self._lock:
            self._width = max(self._width, len(source))
            colour = self._colours.setdefault(source, COLOURS[len(self._colours) % len(COLOURS)])
        self._write(f"{self._styled(source.ljust(self._width) + ' |', colour)} {clean(text)}")

    def _styled(self, text: str, *styles: int) -> str:
        return f"\x1b[{';'.join(map(str, styles))}m{text}\x1b[0m" if self._colour and styles else text

    def _write(self, text: str) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(text + "\n")
            self._stream.flush()
