"""When a printer is due again."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

STEADY_FAILURES: Final = 2
"""So many failures in a row change nothing: a printer may be switched off for a moment."""
MOST_DOUBLINGS: Final = 16
GOLDEN_RATIO: Final = (math.sqrt(5) - 1) / 2


def phase_of(printer_id: int) -> float:
    """Return where in the interval a printer is due, 0 to 1: spread evenly over any run of ids, and always the same."""
    return (printer_id * GOLDEN_RATIO) % 1.0


def next_due(now: datetime, interval: timedelta, phase: float, failures: int, longest: timedelta) -> datetime:
    """Return the printer's next due time after `now`, on its own grid.

    The grid is fixed (multiples of the interval since 1970, shifted by the phase), so late polls, missed ones and polls
    by hand never make it drift. A printer that has failed more than twice in a row is asked half as often with each
    further failure, `longest` apart at most.
    """
    step = interval
    if failures > STEADY_FAILURES:
        step = min(interval * 2 ** min(failures - STEADY_FAILURES, MOST_DOUBLINGS), max(longest, interval))
    seconds = step.total_seconds()
    offset = phase * interval.total_seconds()
    passed = math.floor((now.timestamp() - offset) / seconds)
    return datetime.fromtimestamp((passed + 1) * seconds + offset, tz=UTC)
