"""Simulated time: as fast as asked, in steps, so that everything told within a step agrees."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

STEP: Final = 0.2
"""Real seconds a moment lasts: SNMP and web page agree within it, and a busy printer is not worked out anew per packet."""


class Moment(NamedTuple):
    """An instant: `stamp` changes with every step and every push, `at` is simulated (seconds since 1970), `up` real seconds."""

    stamp: tuple[int, int]
    at: float
    up: float


class Clock:
    """Turns real seconds into simulated ones; `speed` 0 stands still."""

    def __init__(self, start: float | None = None, speed: float = 1.0) -> None:
        """Start at `start` (seconds since 1970; now by default)."""
        self._began = self._anchor = time.monotonic()
        self._at = time.time() if start is None else start
        self.speed = speed
        self._pushes = 0

    def moment(self) -> Moment:
        """Return the present moment."""
        step = int((time.monotonic() - self._began) / STEP)
        real = self._began + step * STEP
        return Moment((step, self._pushes), self._at + max(0.0, real - self._anchor) * self.speed, step * STEP)

    def change(self, *, speed: float | None = None, advance: float = 0.0) -> Moment:
        """Set the speed, jump ahead by `advance` simulated seconds, or just end the moment; return the new moment."""
        if advance < 0 or (speed is not None and speed < 0):
            raise ValueError("simulated time does not run backwards")
        self._at = self.moment().at + advance
        self._anchor = time.monotonic()
        if speed is not None:
            self.speed = speed
        self._pushes += 1
        return self.moment()
