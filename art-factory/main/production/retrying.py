"""What happens after a failure: pure rules, by category and by what is known about money.

Base delays in seconds double with each attempt, are spread by a factor of 0.5 to 1.5, and end at a cap. A provider's own wish
(Retry-After) is a lower bound.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from main.providers.protocol import ErrorCategory, ProviderError

DELAYS: Final[dict[ErrorCategory, tuple[float, float]]] = {
    ErrorCategory.TRANSIENT: (5, 120),
    ErrorCategory.RATE_LIMITED: (60, 600),
    ErrorCategory.PROVIDER_OUTAGE: (120, 1800),
    ErrorCategory.NETWORK: (10, 300),
    ErrorCategory.FILE_SYSTEM: (30, 300),
    ErrorCategory.DOWNLOAD: (5, 120),
}
"""Retryable categories: base and longest delay."""

TRIPS: Final = frozenset({ErrorCategory.PROVIDER_OUTAGE, ErrorCategory.NETWORK})
"""Three in a row of these open a provider's circuit."""

POLL_DELAYS: Final[dict[ErrorCategory, tuple[float, float]]] = {
    **DELAYS,
    ErrorCategory.RATE_LIMITED: (5, 60),
    ErrorCategory.PROVIDER_OUTAGE: (2, 60),
    ErrorCategory.NETWORK: (2, 60),
    ErrorCategory.AUTHENTICATION: (60, 600),
}
"""Asking again costs nothing, so it is done sooner."""


class Next(StrEnum):
    """What to do."""

    POLL_AGAIN = "poll_again"
    SUBMIT_AGAIN = "submit_again"
    FAIL = "fail"
    GIVE_UP = "give_up"
    BLOCK = "block"
    HOLD = "hold"
    CANCEL = "cancel"
    UNKNOWN = "unknown"


class Money(StrEnum):
    """What becomes of the reservation."""

    KEEP = "keep"
    RELEASE = "release"
    SETTLE = "settle"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, when, and with the money."""

    next: Next
    money: Money
    delay: float = 0.0


def after_submit(error: ProviderError, *, tries: int, most: int) -> Decision:
    """Decide after a POST that gave no reference. `tries` counts this one.

    Only a lost answer leaves money in doubt: a refusal is an answer, and without a connection nothing was sent.
    """
    if error.category is ErrorCategory.UNKNOWN_SUBMIT:
        return Decision(Next.UNKNOWN, Money.DOUBT)
    ended = _ended(error, Money.RELEASE)
    if ended is not None:
        return ended
    if tries >= most:
        return Decision(Next.GIVE_UP, Money.RELEASE)
    return Decision(Next.SUBMIT_AGAIN, Money.RELEASE, delay(DELAYS, error, tries))


def after_poll(error: ProviderError, *, tries: int, most: int, paid: bool, polls: int) -> Decision:
    """Decide after asking how a call stands. `polls` counts failed questions in a row.

    A call that is over is sent anew only when it surely was not charged: otherwise it could be paid twice.
    """
    if not error.ended:
        return Decision(Next.POLL_AGAIN, Money.KEEP, delay(POLL_DELAYS, error, polls))
    free = not paid or error.charged is False
    money = Money.RELEASE if free else Money.SETTLE
    ended = _ended(error, money)
    if ended is not None:
        return ended
    if not free:
        return Decision(Next.FAIL, Money.SETTLE)
    if tries >= most:
        return Decision(Next.GIVE_UP, money)
    return Decision(Next.SUBMIT_AGAIN, money, delay(DELAYS, error, tries))


def delay(table: dict[ErrorCategory, tuple[float, float]], error: ProviderError, tries: int) -> float:
    """Return the seconds to wait: base times two to the tries, spread, at most the cap, at least what the provider asks."""
    base, cap = table.get(error.category, (30.0, 300.0))
    spread = 0.5 + random.random()  # noqa: S311 -- spreading retries is no cryptography
    waited = min(base * 2.0 ** min(max(tries - 1, 0), 12) * spread, cap)
    return max(waited, min(error.retry_after or 0.0, 3600.0))


def _ended(error: ProviderError, money: Money) -> Decision | None:
    """Return the decision for failures that no repetition mends."""
    if error.category is ErrorCategory.CONTENT_POLICY:
        return Decision(Next.BLOCK, money)
    if error.category is ErrorCategory.QUOTA:
        return Decision(Next.HOLD, money)
    if error.category is ErrorCategory.CANCELLED:
        return Decision(Next.CANCEL, money)
    if error.category not in DELAYS or error.retryable is False:
        return Decision(Next.FAIL, money)
    return None
