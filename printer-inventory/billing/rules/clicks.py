"""Clicks: what a device printed in a month, counted as contracts count it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monthly_report.rules.figures import kinds_of

CLICKS_PER_A3: Final = 2
"""An A3 side takes the paper and the ink of two A4 sides, and is paid as two."""


class Colour(StrEnum):
    """What a click is paid as."""

    MONO = "mono"
    COLOR = "color"


class Doubt(StrEnum):
    """Why the clicks of a row are not certain."""

    BELOW_ZERO = "below_zero"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Clicks:
    """A row's clicks; `doubts` are looked at before an invoice goes out."""

    mono: int
    color: int
    doubts: tuple[Doubt, ...] = ()

    def of(self, colour: Colour) -> int:
        """Return the clicks of one colour."""
        return self.mono if colour is Colour.MONO else self.color


def clicks_of(part: str, row: Mapping[str, int | None]) -> Clicks:
    """Return the clicks of a row of the month, given its counters by name (`a4_bw_start`, `a4_bw_end`, ...).

    A side of A4 is one click, one of A3 two. A counter that fell is paid with nothing and is a doubt (BELOW_ZERO); so is one
    of which only one end is known, and a row whose counters are all unknown (UNKNOWN).
    """
    found = {Colour.MONO: 0, Colour.COLOR: 0}
    doubts: set[Doubt] = set()
    known = 0
    for kind in kinds_of(part):
        start, end = row.get(f"{kind}_start"), row.get(f"{kind}_end")
        if start is None or end is None:
            if (start is None) != (end is None):
                doubts.add(Doubt.UNKNOWN)
            continue
        known += 1
        if end < start:
            doubts.add(Doubt.BELOW_ZERO)
            continue
        paper, colour = kind.split("_")
        found[Colour.COLOR if colour == "color" else Colour.MONO] += (end - start) * (
            CLICKS_PER_A3 if paper == "a3" else 1
        )
    if not known:
        doubts.add(Doubt.UNKNOWN)
    return Clicks(found[Colour.MONO], found[Colour.COLOR], tuple(sorted(doubts)))
