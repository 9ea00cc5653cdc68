"""How much time and memory one request may take."""

from __future__ import annotations

import time
from dataclasses import dataclass

from safehttp.errors import TimedOut


@dataclass(frozen=True)
class Limits:
    """Limits of one call, redirects included. Seconds and bytes.

    `total_seconds` covers everything from resolving to the last byte; `connect_seconds` each connection with its TLS
    handshake; `read_seconds` each wait for more bytes. `max_body_bytes` counts after decompression.
    """

    total_seconds: float = 30.0
    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    max_header_bytes: int = 32 * 1024
    max_body_bytes: int = 10 * 1024 * 1024
    max_redirects: int = 5

    def __post_init__(self) -> None:
        """Refuse limits that limit nothing."""
        if min(self.total_seconds, self.connect_seconds, self.read_seconds) <= 0:
            raise ValueError("times are seconds above 0")
        if min(self.max_header_bytes, self.max_body_bytes) < 1 or self.max_redirects < 0:
            raise ValueError("sizes are at least 1 byte, redirects at least 0")


class Deadline:
    """The moment at which one call has to be over."""

    def __init__(self, seconds: float) -> None:
        """Start the clock now."""
        self._end = time.monotonic() + seconds
        self._seconds = seconds

    def remaining(self, at_most: float | None = None) -> float:
        """Return the seconds that are left, `at_most` if given. Raises `TimedOut` when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left if at_most is None else min(left, at_most)

    def is_over(self) -> bool:
        """Say whether the moment has come."""
        return time.monotonic() >= self._end

    def passed(self) -> TimedOut:
        """Return the error to raise when the whole call took too long."""
        return TimedOut(f"No complete answer within {self._seconds:g} seconds; try again later or raise the limit.")
