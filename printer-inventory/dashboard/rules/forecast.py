"""How long a supply lasts: its daily use from its levels, with cartridge swaps told from noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Point = tuple[float, float]
"""A day (any count of days) and a level in per cent."""

SWAP_RISE: Final = 12.0
"""A level that rises by more than this, and stays, is another cartridge; less is rounding, or one that was shaken."""
FEWEST_DAYS: Final = 5.0
FEWEST_DROP: Final = 1.0
"""Days seen and per cent used below which nothing is said."""
HALF_LIFE: Final = 30.0
"""Days after which what was used counts half: offices change, a Monday does not matter."""
Z: Final = 1.645
"""Half the width of a 90 % interval in standard deviations."""
MOST_DAYS: Final = 999.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Per cent a day, and days until the level is 0: best guess, shortest and longest of a 90 % interval (None: no end in sight).

    `swapped_at` is the day of the first reading of the cartridge in use, None if it is the first seen; `swaps` counts all.
    """

    rate: float
    days: float
    shortest: float
    longest: float | None
    swapped_at: float | None
    swaps: int

    @property
    def confidence(self) -> str:
        """How far the guess can be trusted: good (within a third), fair (within its double), poor."""
        if self.longest is None or self.longest > 3 * self.days:
            return "poor"
        return "good" if self.longest - self.shortest <= self.days * 2 / 3 else "fair"


def days_left(points: Sequence[Point]) -> Forecast | None:
    """Return when a supply runs out, from its levels in the order of time (one a day will do); None where too little is known.

    Every drop counts, also those of cartridges before, since the office uses what it uses; a swap's rise does not. A level
    that is wrong for one reading (a spike up or down) is left out. Levels told in steps spread over the days between.
    """
    clean = _without_spikes(points)
    pieces = _cartridges(clean)
    if not pieces or not pieces[-1]:
        return None
    last_day, level = pieces[-1][-1]
    steps = [step for piece in pieces for step in _steps(piece)]
    seen = sum(length for _start, length, _drop in steps)
    used = sum(drop for _start, _length, drop in steps)
    if seen < FEWEST_DAYS or used < FEWEST_DROP:
        return None
    weeks = _weeks(steps, last_day)
    weight = sum(one[0] for one in weeks)
    rate = sum(one[1] for one in weeks) / weight
    if rate <= 0:
        return None
    step = _step_of(clean)
    past, weekly = _errors(weeks, rate)
    ahead = weekly / math.sqrt(max(level / rate / 7, 0.5))
    error = math.hypot(past, ahead) + step / (2 * seen)
    fast, slow = rate + Z * error, rate - Z * error
    return Forecast(
        rate=rate,
        days=min(level / rate, MOST_DAYS),
        shortest=min(max(level - step / 2, 0) / fast, MOST_DAYS),
        longest=min((level + step / 2) / slow, MOST_DAYS) if slow > 0 else None,
        swapped_at=pieces[-1][0][0] if len(pieces) > 1 else None,
        swaps=len(pieces) - 1,
    )


def _without_spikes(points: Sequence[Point]) -> list[Point]:
    """Leave out a reading that stands far from both its neighbours, which agree with each other."""
    return [
        point
        for place, point in enumerate(points)
        if not (
            0 < place < len(points) - 1
            and abs(points[place - 1][1] - points[place + 1][1]) < SWAP_RISE
            and min(abs(point[1] - points[place - 1][1]), abs(point[1] - points[place + 1][1])) > SWAP_RISE
        )
    ]


def _cartridges(points: Sequence[Point]) -> list[list[Point]]:
    """Return the readings of each cartridge."""
    pieces: list[list[Point]] = []
    for point in points:
        if not pieces or point[1] - pieces[-1][-1][1] > SWAP_RISE:
            pieces.append([])
        pieces[-1].append(point)
    return pieces


def _steps(piece: Sequence[Point]) -> list[tuple[float, float, float]]:
    """Return (start, days, drop) between readings; a small rise is a drop taken back."""
    return [(a[0], b[0] - a[0], a[1] - b[1]) for a, b in pairwise(piece) if b[0] > a[0]]


def _weeks(steps: Sequence[tuple[float, float, float]], today: float) -> list[tuple[float, float, float]]:
    """Return (weighted days, weighted drop, weight) of each week seen, counted back from today: weekends fall into every one."""
    found: dict[int, list[float]] = {}
    for start, length, drop in steps:
        age = today - (start + length / 2)
        week = found.setdefault(int(age // 7), [0.0, 0.0])
        week[0] += length
        week[1] += drop
    weeks = []
    for number, (length, drop) in found.items():
        weight = 0.5 ** ((number * 7 + 3.5) / HALF_LIFE)
        weeks.append((length * weight, drop * weight, weight))
    return weeks


def _errors(weeks: Sequence[tuple[float, float, float]], rate: float) -> tuple[float, float]:
    """Return the standard error of a rate weighted over weeks, and the standard deviation of one week's; both half the rate where
    there is one week only.
    """
    if len(weeks) < 2:
        return rate / 2, rate / 2
    total = sum(length for length, _drop, _weight in weeks)
    spread = sum((drop - rate * length) ** 2 for length, drop, _weight in weeks)
    past = math.sqrt(spread * len(weeks) / (len(weeks) - 1)) / total
    apart = sum(weight * (drop / length - rate) ** 2 for length, drop, weight in weeks)
    return past, math.sqrt(apart / sum(weight for _length, _drop, weight in weeks))


def _step_of(points: Sequence[Point]) -> float:
    """Return the smallest difference of two levels: what the device rounds to, in per cent."""
    levels = sorted({level for _day, level in points})
    return min((b - a for a, b in pairwise(levels)), default=1.0)
