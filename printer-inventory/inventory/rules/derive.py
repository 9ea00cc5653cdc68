"""From what a device counts to the four figures contracts are written in: A4 and A3, black-and-white and colour.

A device that counts the four itself is taken at its word. Otherwise the missing ones follow from the sums it does give;
pages of unknown size are A4, and pages of unknown colour are colour on a colour device and black-and-white on any
other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inventory.polling.reading import DeviceReading

RULE_VERSION: Final = 1
COLOR_INKS: Final = frozenset({"cyan", "magenta", "yellow"})


@dataclass(frozen=True, slots=True)
class DerivedCounters:
    """Impressions since the device was made; None where the reading gives no ground for a figure."""

    bw_a4: int | None = None
    color_a4: int | None = None
    bw_a3: int | None = None
    color_a3: int | None = None
    total: int | None = None


def is_color_device(reading: DeviceReading) -> bool:
    """Return whether the device prints in colour: it has coloured supplies or has counted a colour page."""
    if any(supply.color in COLOR_INKS for supply in reading.supplies):
        return True
    return any(
        value > 0
        for name, value in reading.counters.items()
        if name in ("color", "color_a4", "color_a3", "print_color")
    )


def derive(reading: DeviceReading) -> DerivedCounters:
    """Return the four contract counters and the total of a reading."""
    counters = reading.counters
    total = counters.get("total")
    color, bw = _color_split(counters, total, is_color=is_color_device(reading))
    color_a3 = counters.get("color_a3")
    bw_a3 = counters.get("bw_a3")
    a3 = counters.get("a3")
    if a3 is not None and color_a3 is None and bw_a3 is None:
        # Only the sum of both is known: it belongs to the colour the device prints in.
        color_a3, bw_a3 = (a3, 0) if color and not bw else (0, a3)
    return DerivedCounters(
        bw_a4=_rest(counters.get("bw_a4"), bw, bw_a3),
        color_a4=_rest(counters.get("color_a4"), color, color_a3),
        bw_a3=bw_a3 if bw_a3 is not None else _zero_if_known(bw),
        color_a3=color_a3 if color_a3 is not None else _zero_if_known(color),
        total=total if total is not None else _sum_if_known(bw, color),
    )


def _color_split(counters: Mapping[str, int], total: int | None, *, is_color: bool) -> tuple[int | None, int | None]:
    """Return (colour, black-and-white) impressions as far as they are known."""
    color, bw = counters.get("color"), counters.get("bw")
    if color is None and ("color_a4" in counters or "color_a3" in counters):
        color = counters.get("color_a4", 0) + counters.get("color_a3", 0)
    if bw is None and ("bw_a4" in counters or "bw_a3" in counters):
        bw = counters.get("bw_a4", 0) + counters.get("bw_a3", 0)
    if total is not None:
        if color is None and bw is None:
            return (total, 0) if is_color else (0, total)
        if color is None and bw is not None:
            # The counters of one device are read a moment apart: on a black-and-white one the difference is no colour page.
            color = max(total - bw, 0) if is_color else 0
        elif bw is None and color is not None:
            bw = max(total - color, 0)
    return color, bw


def _rest(known: int | None, whole: int | None, part: int | None) -> int | None:
    """Return `known`, or what is left of `whole` without `part`."""
    if known is not None:
        return known
    return None if whole is None else max(whole - (part or 0), 0)


def _zero_if_known(whole: int | None) -> int | None:
    return None if whole is None else 0


def _sum_if_known(*parts: int | None) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
