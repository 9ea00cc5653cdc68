"""When a provider may be asked: its token bucket and its circuit. Pure arithmetic on numbers and times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=60)
LONGEST_PAUSE: Final = timedelta(minutes=10)


def refilled(tokens: float, since: datetime | None, now: datetime, rate_per_minute: int, burst: int) -> float:
    """Return a bucket's tokens now: it fills at the rate and holds `burst`. A clock that ran back fills nothing."""
    if since is None:
        return float(burst)
    elapsed = max(0.0, (now - since).total_seconds())
    return min(float(burst), tokens + elapsed * rate_per_minute / 60)


def pause_after(failures: int) -> timedelta | None:
    """Return how long a provider rests after so many failures in a row; None while it may be asked."""
    if failures < FAILURES:
        return None
    pause = FIRST_PAUSE * 2.0 ** min(failures - FAILURES, 10)
    return min(pause, LONGEST_PAUSE)
