"""What an answer of the other side means for a delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

WAITS: Final = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8),
)  # fmt: skip
"""After the first, second, ... refusal that may pass by itself; after the last of them a delivery has failed."""


def wait_after(attempt: int) -> timedelta | None:
    """Return how long to wait after attempt number `attempt` (from 1) was refused for now; None: give up."""
    return WAITS[attempt - 1] if 1 <= attempt <= len(WAITS) else None


def passes(code: int) -> bool:
    """Whether an SMTP reply may be another one later: 4yz is transient, 5yz permanent (RFC 5321, 4.2.1)."""
    return 400 <= code < 500


def may_be_told_again(status: int) -> bool:
    """Whether a webhook's HTTP answer may be another one later: 408, 425, 429 and 5xx."""
    return status in {408, 425, 429} or status >= 500
