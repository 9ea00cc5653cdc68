"""Downtime (D) of a device in a month: what of its agreed hours (A) was lost, by the days its printer was asked and not read."""

from __future__ import annotations

from typing import Final

DOWNTIME: Final = "actual_downtime"
"""The field it stands in; `_auto` is what the days come to, `_manual` that a person wrote another figure."""
CENTS: Final = 2
"""Hours are given to the hundredth, as a file gives them."""


def downtime(agreed: float, days_lost: float, days: int) -> float:
    """Return D in hours.

    Every day of the month is worth the same part of the agreed hours. Of a day that share is lost in which the printer was
    asked and never read; `days_lost` is the sum of these shares (two whole days and a quarter of one: 2.25). A day on which
    nobody asked counts as lost by nobody, so that D only says what was seen, and grows while the month runs.
    """
    if agreed <= 0 or days <= 0:
        return 0.0
    return round(agreed * min(1.0, max(0.0, days_lost / days)), CENTS)


def stands(told: float | None, current: float, *, manual: bool) -> float:
    """Return the D of a row: what was told, unless nothing was or a person has written another figure."""
    return current if told is None or manual else told
