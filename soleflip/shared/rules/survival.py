"""How long such pairs take to sell: a survival estimate from the seller's own pairs, the unsold ones counted as censored.

The curve of the whole shop is Kaplan and Meier's product-limit estimate (1958). A brand's is drawn towards the shop's, a
model's towards its brand's, a size's towards its model's: the parent counts as much as `PRIOR` pairs (beta-Stacy process,
Walker and Muliere 1997). So few pairs move little, many speak for themselves, and no bucket is without an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log
from typing import Any, Literal, TypeAlias

Level: TypeAlias = Literal["size", "model", "brand", "shop"]
PRIOR = 4.0
"""So many pairs the level above counts for."""
ENOUGH = 5
"""Below so many sales in the whole shop there is no estimate."""
NAMED = 3
"""A level is named as what an estimate rests on from so many sales on."""
LONGEST = 730.0
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Spell:
    """`pairs` that came on one day and were sold (or, unsold, looked at last) `days` later; nobody's bucket is None."""

    product: Any
    brand: Any
    size: str | None
    days: int
    sold: bool
    pairs: int = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """How many more days a pair will take: half of such pairs take `days`, four of five between `low` and `high`.

    `high` is None where that lies beyond everything seen. `pairs`, of which `sold`, are those of the `level` it rests on.
    """

    days: float
    low: float
    high: float | None
    pairs: int
    sold: int
    level: Level


@dataclass(frozen=True)
class Curve:
    """The part still unsold after each day of `days` (ascending), and the sales a day expected beyond the last."""

    days: tuple[int, ...]
    unsold: tuple[float, ...]
    rate: float

    def at(self, day: float) -> float:
        """Return the part of pairs still unsold after a day."""
        left = 1.0
        for each, part in zip(self.days, self.unsold, strict=True):
            if each > day:
                break
            left = part
        return left

    def remaining(self, age: float, part: float) -> tuple[float, bool]:
        """Return in how many more days a `part` of the pairs of an age is sold, and whether that was ever seen."""
        start = self.at(age)
        target = start * (1 - part)
        last = age
        if start > 0:
            for day, left in zip(self.days, self.unsold, strict=True):
                if day <= age:
                    continue
                last = float(day)
                if left <= target + 1e-12:
                    return max(1.0, day - age), True
            tail = self.unsold[-1] / target if self.unsold and self.days[-1] > age else 1 / (1 - part)
        else:
            tail = 1 / (1 - part)
        more = log(max(tail, 1.0)) / self.rate if self.rate > 0 else LONGEST
        return min(LONGEST, max(1.0, last - age + more)), False


def curve(spells: Iterable[tuple[int, bool, int]], parent: Curve | None = None, prior: float = PRIOR) -> Curve:
    """Return the curve of some (days, sold, pairs), drawn towards a parent's; without one it is Kaplan and Meier's."""
    sold: dict[int, int] = {}
    left: dict[int, int] = {}
    for days, was_sold, pairs in spells:
        day = max(1, days)
        left[day] = left.get(day, 0) + pairs
        if was_sold:
            sold[day] = sold.get(day, 0) + pairs
    risk, exposure, events = sum(left.values()), sum(day * n for day, n in left.items()), sum(sold.values())
    above = dict(zip(parent.days, parent.unsold, strict=True)) if parent else {}
    weight, before, now = (prior if parent else 0.0), 1.0, 1.0
    times: list[int] = []
    unsold: list[float] = []
    for day in sorted({*left, *above}):
        after = above.get(day, before)
        counted, at_risk = weight * (before - after) + sold.get(day, 0), weight * before + risk
        if counted > 0 and at_risk > 0:
            now *= 1 - min(1.0, counted / at_risk)
            times.append(day)
            unsold.append(now)
        before = after
        risk -= left.get(day, 0)
    if parent is None:
        rate = (events + 0.5) / exposure if exposure else 0.0
    else:
        rate = (prior + events) / (prior / parent.rate + exposure) if parent.rate else 0.0
    return Curve(tuple(times), tuple(unsold), rate)


@dataclass
class Paces:
    """The curves of a shop, each made when somebody asks for it."""

    spells: Sequence[Spell]
    _curves: dict[tuple[Any, ...], Curve] = field(default_factory=dict)

    @cached_property
    def _buckets(self) -> dict[tuple[Any, ...], list[tuple[int, bool, int]]]:
        found: dict[tuple[Any, ...], list[tuple[int, bool, int]]] = {}
        for each in self.spells:
            for key in _chain(each.product, each.brand, each.size):
                found.setdefault(key, []).append((each.days, each.sold, each.pairs))
        return found

    def _counts(self, key: tuple[Any, ...]) -> tuple[int, int]:
        rows = self._buckets.get(key, ())
        return sum(n for _, _, n in rows), sum(n for _, sold, n in rows if sold)

    def _curve(self, chain: Sequence[tuple[Any, ...]]) -> Curve:
        key = chain[-1]
        if key not in self._curves:
            parent = self._curve(chain[:-1]) if len(chain) > 1 else None
            rows = self._buckets.get(key)
            self._curves[key] = parent if parent is not None and not rows else curve(rows or (), parent)
        return self._curves[key]

    def pace(self, product: Any, brand: Any, size: str | None, age_days: int = 0) -> Pace | None:
        """Return how long a pair that has been here for some days will take from now on; None with too few sales."""
        chain = _chain(product, brand, size)
        if self._counts(chain[0])[1] < ENOUGH:
            return None
        found = self._curve(chain)
        named = next((key for key in reversed(chain) if self._counts(key)[1] >= NAMED), chain[0])
        days, _ = found.remaining(age_days, 0.5)
        low, _ = found.remaining(age_days, LOW)
        high, seen = found.remaining(age_days, HIGH)
        pairs, sold = self._counts(named)
        level: Level = named[0]
        return Pace(round(days, 1), round(low, 1), round(high, 1) if seen else None, pairs, sold, level)


def _chain(product: Any, brand: Any, size: str | None) -> list[tuple[Any, ...]]:
    """Return the buckets of a pair, the widest first."""
    found: list[tuple[Any, ...]] = [("shop",)]
    if brand is not None:
        found.append(("brand", brand))
    if product is not None:
        found.append(("model", product))
        if size:
            found.append(("size", product, size))
    return found


def concordance(told: Sequence[float], days: Sequence[float], sold: Sequence[bool]) -> float:
    """Return Harrell's C (1982): of the pairs of pairs whose order is known, the part told in that order; ties are half."""
    good = known = 0.0
    for first in range(len(days)):
        if not sold[first]:
            continue
        for second in range(len(days)):
            if days[second] > days[first] or (days[second] == days[first] and not sold[second]):
                known += 1
                good += 1.0 if told[first] < told[second] else 0.5 if told[first] == told[second] else 0.0
    return good / known if known else 0.5
