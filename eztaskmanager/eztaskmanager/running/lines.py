"""Bytes of a run become log lines: split, decoded, bounded, in the order they were made."""

from __future__ import annotations

import json
import logging
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from eztaskmanager.running.messages import END, LOG, PROGRESS
from eztaskmanager.states import Stream

logger = logging.getLogger(__name__)
MAX_FRAME = 4 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """One row of the log."""

    report_id: int
    timestamp: datetime
    level: str
    message: str
    stream: str
    logger: str = ""


def clean(text: str, limit: int) -> str:
    """Return text a database takes: no NUL, no lone surrogates, at most `limit` characters."""
    if "\x00" in text:
        text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= limit:
        return text
    rest = _("%(count)d more characters") % {"count": len(text) - limit}
    return f"{text[:limit]} … ({rest})"


@dataclass
class Splitter:
    """One output pipe: bytes in, whole lines out. `taken` counts the bytes handed out."""

    limit: int
    taken: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    @property
    def received(self) -> int:
        """Return how many bytes have come in."""
        return self.taken + len(self._rest)

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        self._rest += data

    def lines(self, upto: int | None = None, *, final: bool = False) -> Iterator[str]:
        """Yield whole lines that begin before byte `upto`; with `final`, the rest too."""
        while self._rest and (upto is None or self.taken < upto):
            end = self._rest.find(b"\n")
            if end < 0:
                if not final and len(self._rest) <= 4 * self.limit:
                    return
                end = len(self._rest) - 1
            yield self._cut(end + 1)

    def _cut(self, size: int) -> str:
        text = bytes(self._rest[:size]).decode("utf-8", "replace")
        del self._rest[:size]
        self.taken += size
        # A progress bar redraws its line: what was shown last is what counts.
        shown = text.rstrip("\r\n").rsplit("\r", 1)[-1]
        return clean(shown, self.limit)


class Frames:
    """The control socket: JSON lines in, dictionaries out; what is no frame is dropped."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Take what was read; yield what is whole."""
        self._rest += data
        *whole, rest = self._rest.split(b"\n")
        self._rest = rest if len(rest) <= MAX_FRAME else bytearray()
        for line in whole:
            try:
                frame = json.loads(line)
            except ValueError:
                logger.warning("A child sent a line that is no frame.")
                continue
            if isinstance(frame, dict) and frame.get("k") in (LOG, PROGRESS, END):
                yield frame


class Recorder:
    """Makes log lines of one run and counts them by level.

    Lines beyond `max_lines` are counted and dropped, so that a command that prints
    without end fills no disk.
    """

    def __init__(self, report_id: int, max_lines: int, max_length: int) -> None:
        self.report_id = report_id
        self.counts: Counter[str] = Counter()
        self.dropped = 0
        self.pending: deque[Line] = deque()
        self._max_lines = max_lines
        self._max_length = max_length
        self.n_lines = 0

    def add(
        self,
        message: str,
        stream: str,
        level: str = "INFO",
        name: str = "",
        timestamp: float | None = None,
    ) -> None:
        """Record one line."""
        level = level[:10]
        if stream == Stream.LOG:
            self.counts[level] += 1
        if self.n_lines >= self._max_lines and stream != Stream.SYSTEM:
            self.dropped += 1
            return
        self.n_lines += 1
        self.pending.append(
            Line(
                self.report_id,
                datetime.now(UTC) if timestamp is None else _moment(timestamp),
                level,
                clean(message, self._max_length),
                stream,
                clean(name, 90)[:100],
            )
        )

    def close(self) -> None:
        """Say what was dropped, if anything."""
        if self.dropped:
            self.add(
                _("%(count)d more lines were written and not kept.")
                % {"count": self.dropped},
                Stream.SYSTEM,
                "WARNING",
            )
            self.dropped = 0


def _moment(timestamp: float) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, OSError, ValueError, TypeError):
        return datetime.now(UTC)
