"""How a printer is used: pages, toner and trouble as a pure function of seed, printer and simulated time.

Nothing is counted forward: the pages a printer has printed by an instant follow from the working hours that have passed, so
any instant can be asked in any order and a fleet that nobody polls costs nothing. What people do on top of that (print a job,
replace a cartridge, reset the counters) is kept in `Meddling`.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Final, Literal

from .devices import FUNCTIONS, DeviceSpec, SupplySpec

Hours = Literal["office", "always"]

HOUR: Final = 3600
WEEK: Final = 168 * HOUR
MONDAY: Final = 4 * 24 * HOUR
"""1970-01-05 was a Monday."""

GRAIN: Final = 0.125
"""Pages are counted in eighths: between two of them nothing moves, and nothing has to be worked out anew."""

LOW: Final = 0.10
"""Share of a supply below which a printer warns."""

CELLS: Final = tuple((f, c, s) for f in FUNCTIONS for c in ("bw", "color") for s in ("a4", "a3"))
"""Every kind of impression that is counted apart; all other counters are sums of these."""


def weights(hours: Hours) -> list[float]:
    """Return the share of a working day's volume in each hour of a week from Monday; 5 in all."""
    if hours == "always":
        return [5 / 168] * 168
    day = [0.02] * 8 + [0.7, 1.1, 1.3, 1.2, 0.8, 0.9, 1.2, 1.2, 1.0, 0.6, 0.2] + [0.02] * 5
    week = day * 5 + [0.02] * 48
    total = sum(week)
    return [5 * hour / total for hour in week]


class Calendar:
    """Working time: how many working days have passed at an instant (seconds since 1970, UTC)."""

    def __init__(self, hours: Hours) -> None:
        """Sum the weights of the week's hours once."""
        self._sums = [0.0]
        for weight in weights(hours):
            self._sums.append(self._sums[-1] + weight)

    def days(self, at: float) -> float:
        """Return the working days since 1970; five per week, whatever the hours."""
        weeks, rest = divmod(at - MONDAY, WEEK)
        hour, part = divmod(rest, HOUR)
        before = self._sums[int(hour)]
        return weeks * 5 + before + (self._sums[int(hour) + 1] - before) * part / HOUR


@dataclass(slots=True)
class Meddling:
    """What people did to a printer beyond its habits: pages by cell and side, counters set back, cartridges replaced."""

    pages: float = 0.0
    faces: dict[tuple[int, int], int] = field(default_factory=dict)
    zero: tuple[int, ...] = ()
    scans: int = 0
    shifts: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SupplyState:
    """A supply at an instant: `left` is the share of its life (0-1), `level` and `capacity` what the device tells."""

    spec: SupplySpec
    left: float
    level: int
    capacity: int
    number: int

    @property
    def condition(self) -> str:
        """`ok`, `low` or `empty`; a receptacle that is full counts as empty of room."""
        return "empty" if self.left <= 0 else "low" if self.left < LOW else "ok"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that moves, at one instant: counters by name, supplies and trays in the order of the description, trouble."""

    counters: dict[str, int]
    supplies: tuple[SupplyState, ...]
    trays: tuple[int, ...]
    jammed: bool
    printing: bool


class Habits:
    """The habits of one printer: made from (seed, index, generation) alone."""

    def __init__(self, spec: DeviceSpec, seed: str, index: int, generation: int, calendar: Calendar) -> None:
        """Draw the printer's volume, mix and wear."""
        draw = random.Random(f"{seed}/{index}/{generation}/{spec.id}")  # noqa: S311 - a fleet that repeats, no cryptography
        use = spec.printing
        self.spec = spec
        self.calendar = calendar
        low, high = use.pages_per_day
        self.rate: float = low * (high / low) ** draw.random()
        self.first_day = calendar.days(1_640_000_000 + draw.randrange(0, 3 * 365) * 86_400)
        self.swing = draw.uniform(0.2, 0.6)
        self.phase = draw.uniform(0, math.tau)
        self.mix = _mix(spec, draw)
        self.scan_share = use.scan * draw.uniform(0.6, 1.4)
        self.color_share = use.color * draw.uniform(0.6, 1.3)
        self.jam_every = draw.uniform(2500, 9000)
        self.job = draw.uniform(3, 14)
        self.wear = [
            (draw.uniform(0.75, 1.5) / supply.pages, draw.random(), 1 + draw.uniform(0.004, 0.03))
            for supply in spec.supplies
        ]

    def pages(self, at: float) -> float:
        """Return the pages printed since the printer was installed, by its habits alone; never falls as `at` grows."""
        days = max(0.0, self.calendar.days(at) - self.first_day)
        period = 4.3 / math.tau
        swing = self.swing * period * (math.sin(days / period + self.phase) - math.sin(self.phase))
        return math.floor(self.rate * (days + swing) / GRAIN) * GRAIN

    def faces(self, printed: float, did: Meddling) -> list[int]:
        """Return raw counts after so many pages: one-sided impressions and two-sided sheets of each cell, never set back."""
        counts = [0] * (2 * len(CELLS))
        for cell, one_sided, two_sided in self.mix:
            counts[2 * cell] = int(printed * one_sided)
            counts[2 * cell + 1] = int(printed * two_sided)
        for (cell, side), more in did.faces.items():
            counts[2 * cell + side] += more
        return counts

    def scans(self, printed: float, did: Meddling) -> int:
        """Return the images scanned, never set back."""
        return int(printed * self.scan_share) + did.scans

    def snapshot(self, pages: float, did: Meddling) -> Snapshot:
        """Return everything that moves once so many pages have been printed by habit."""
        counts = self.faces(pages, did)
        if did.zero:
            counts = [count - zero for count, zero in zip(counts, did.zero, strict=False)]
        printed = pages + did.pages
        counters = count(counts)
        counters["scan"] = self.scans(pages, did) - (did.zero[-1] if did.zero else 0)
        counters["marker"] = int(counters["total"] * (1 + self.spec.marker_extra))
        job = printed / self.job % 1
        return Snapshot(
            counters=counters,
            supplies=tuple(self._supply(place, printed, did) for place in range(len(self.wear))),
            trays=tuple(
                tray.capacity - int(printed / (place + 1)) % (tray.capacity + 1)
                for place, tray in enumerate(self.spec.trays)
            ),
            jammed=printed % self.jam_every < 0.8,
            printing=job > 0.6,
        )

    def worn(self, place: int, printed: float, did: Meddling) -> float:
        """Return how many lives of the supply at `place` have been used up."""
        speed, start, _ = self.wear[place]
        share = self.color_share if self.spec.supplies[place].share == "color" else 1.0
        used = printed * share * speed + start
        return used + 0.02 * math.sin(used * 20) + did.shifts.get(place, 0.0)

    def _supply(self, place: int, printed: float, did: Meddling) -> SupplyState:
        spec = self.spec.supplies[place]
        number, used = divmod(self.worn(place, printed, did), self.wear[place][2])
        left = max(0.0, 1 - used)
        told = (1 - left) if spec.receptacle else left
        level = int(told * spec.capacity / spec.step + 1e-4) * spec.step
        if spec.report == "some":
            level, capacity = (-3 if left > 0 else 0), -2
        elif spec.report == "unknown":
            level, capacity = -2, -2
        elif spec.report == "percent":
            level, capacity = int(told * 100), -2
        else:
            capacity = spec.capacity
        return SupplyState(spec, left, level, capacity, int(number))


def _mix(spec: DeviceSpec, draw: random.Random) -> list[tuple[int, float, float]]:
    """Return (cell, one-sided share, two-sided share in sheets) of the impressions this printer makes."""
    use = spec.printing
    functions = {"copy": use.copy * draw.uniform(0.5, 1.5), "fax": use.fax * draw.uniform(0.5, 1.5)}
    functions["print"] = 1 - functions["copy"] - functions["fax"]
    color, a3, duplex = (min(0.95, share * draw.uniform(0.6, 1.3)) for share in (use.color, use.a3, use.duplex))
    mix = []
    for cell, (function, ink, size) in enumerate(CELLS):
        plain = function == "fax"
        share = functions[function]
        share *= float(ink == "bw") if plain else color if ink == "color" else 1 - color
        share *= float(size == "a4") if plain else a3 if size == "a3" else 1 - a3
        if share > 0:
            two = 0.0 if plain else duplex
            mix.append((cell, share * (1 - two), share * two / 2))
    return mix


def count(counts: list[int]) -> dict[str, int]:
    """Return every counter by name from the raw counts; duplex and simplex are sheets, the others impressions."""
    made = [counts[2 * cell] + 2 * counts[2 * cell + 1] for cell in range(len(CELLS))]
    print_, copy, fax = made[0:4], made[4:8], made[8:12]
    bw_a4, bw_a3, color_a4, color_a3 = (print_[i] + copy[i] + fax[i] for i in range(4))
    duplex = sum(counts[1 : 2 * len(CELLS) : 2])
    total = bw_a4 + bw_a3 + color_a4 + color_a3
    return {
        "none": 0,
        "total": total,
        "bw": bw_a4 + bw_a3,
        "color": color_a4 + color_a3,
        "a4": bw_a4 + color_a4,
        "a3": bw_a3 + color_a3,
        "bw_a4": bw_a4,
        "bw_a3": bw_a3,
        "color_a4": color_a4,
        "color_a3": color_a3,
        "print": sum(print_),
        "print_bw": print_[0] + print_[1],
        "print_color": print_[2] + print_[3],
        "copy": sum(copy),
        "copy_bw": copy[0] + copy[1],
        "copy_color": copy[2] + copy[3],
        "copy_color_a4": copy[2],
        "copy_color_a3": copy[3],
        "fax": sum(fax),
        "duplex": duplex,
        "duplex_faces": 2 * duplex,
        "simplex": total - 2 * duplex,
    }
