"""Downtime (D) of a device in a month: what of its agreed hours (A) was lost while its printer was asked and not read."""

from __future__ import annotations

from typing import Final

DOWNTIME: Final = "actual_downtime"
"""The field it stands in; `_auto` is what the days come to, `_manual` that a person wrote another figure."""
CENTS: Final = 2
"""Hours are given to the hundredth, as a file gives them."""


def downtime(agreed: float, lost: float) -> float:
    """Return D in hours: `lost` is the part of the month's working hours in which the printer was away (0 to 1).

    Every working hour of the month is worth the same part of the agreed hours, whether these are those of the working week (176)
    or all there are (720): nights and days off cost nothing (`inventory.rules.working_hours.share_lost`).
    """
    return round(agreed * min(1.0, max(0.0, lost)), CENTS) if agreed > 0 else 0.0


def stands(told: float | None, current: float, *, manual: bool) -> float:
    """Return the D of a row: what was told, unless nothing was or a person has written another figure."""
    return current if told is None or manual else told
