"""Parameters that stand for several values: lists, ranges, one of several by chance."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

MOST_VALUES: Final = 1000
_NUMBER: Final = r"(-?[0-9]{1,9}(?:\.[0-9]{1,6})?)"
_RANGE: Final = re.compile(rf"\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*(?:([:/])\s*{_NUMBER}\s*)?")


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one parameter. By chance: each item takes one of them, and nothing multiplies."""

    values: tuple[Any, ...]
    by_chance: bool = False

    @property
    def size(self) -> int:
        """Return how often it multiplies."""
        return 1 if self.by_chance else len(self.values)

    def at(self, number: int, seed: str) -> Any:
        """Return one value: the numbered one, or the one that the seed draws."""
        if self.by_chance:
            # Reproducible choices, not secrets.
            return random.Random(seed).choice(self.values)  # noqa: S311 -- see above
        return self.values[number]


def axis_of(value: Any, *, shorthand: bool) -> Axis:
    """Return the axis a value stands for; ValueError says what is wrong with it.

    Objects: `{"$list": [...]}`, `{"$range": [from, to, step]}`, `{"$choice": [...], "n": 1}` (n values drawn once when above 1).
    Text, where `shorthand` is allowed: `8,10,20`, `10..20`, `10..20:5` (step), `0..1/5` (five points), `10|20|30` (by chance).
    """
    if isinstance(value, Mapping) and any(str(key).startswith("$") for key in value):
        return _object(value)
    if shorthand and isinstance(value, str):
        if "|" in value:
            return _checked(tuple(part.strip() for part in value.split("|")), by_chance=True)
        values: list[Any] = []
        for part in value.split(","):
            found = _RANGE.fullmatch(part)
            values += _range(*found.groups()) if found else [part.strip()]
        return _checked(tuple(values))
    return Axis((value,))


def _object(value: Mapping[str, Any]) -> Axis:
    if set(value) == {"$list"} and isinstance(value["$list"], list):
        return _checked(tuple(value["$list"]))
    if set(value) <= {"$choice", "n"} and isinstance(value.get("$choice"), list):
        if value.get("n", 1) != 1:
            raise ValueError("a choice takes one value per item")
        return _checked(tuple(value["$choice"]), by_chance=True)
    if set(value) == {"$range"} and isinstance(value["$range"], list) and len(value["$range"]) in (2, 3):
        parts = [str(part) for part in value["$range"]]
        if all(re.fullmatch(_NUMBER, part) for part in parts):
            step = parts[2] if len(parts) == 3 else None
            return _checked(tuple(_range(parts[0], parts[1], ":" if step else None, step)))
    raise ValueError('one of {"$list": [...]}, {"$range": [from, to, step]}, {"$choice": [...]} was expected')


def _range(first: str, last: str, kind: str | None, much: str | None) -> list[Any]:
    low, high = Decimal(first), Decimal(last)
    if kind == "/":
        points = int(Decimal(much or 0))
        if not 2 <= points <= MOST_VALUES:
            raise ValueError(f"a range takes 2 to {MOST_VALUES} points")
        return [_plain(low + (high - low) * index / (points - 1)) for index in range(points)]
    step = abs(Decimal(much)) if kind and much else Decimal(1)
    if not step:
        raise ValueError("a range needs a step above 0")
    count = int(abs(high - low) / step) + 1
    if count > MOST_VALUES:
        raise ValueError(f"a range of {count} values is too long; {MOST_VALUES} are allowed")
    sign = 1 if high >= low else -1
    return [_plain(low + sign * step * index) for index in range(count)]


def _plain(number: Decimal) -> int | float:
    rounded = round(number, 6)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _checked(values: tuple[Any, ...], *, by_chance: bool = False) -> Axis:
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError(f"1 to {MOST_VALUES} values were expected")
    return Axis(values, by_chance)
