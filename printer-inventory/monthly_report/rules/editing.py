"""Which cells of a row may be edited, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monthly_report.rules.downtime import CENTS, DOWNTIME
from monthly_report.rules.figures import COUNTERS, ENDS, LARGEST_COUNTER, STARTS, counters_of

CLOSED: Final = "closed"
NO_PERMISSION: Final = "no_permission"
OTHER_PART: Final = "other_part"
NOT_OF_MODEL: Final = "not_of_model"
LOCKED: Final = "locked"
"""Why a cell is not to be edited; the words for people are the page's."""
NOT_WHOLE: Final = "is no whole number"
TOO_LARGE: Final = f"is more than {LARGEST_COUNTER}"
NO_HOURS: Final = "is no number of hours"
TOO_LONG: Final = "is more hours than there are"
"""Why a typed figure is none; the words for people are the page's."""
LARGEST_HOURS: Final = 100_000.0
LONGEST_HOURS: Final = 30
"""Characters of typed hours."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a model of device can print. A spec that is not enforced allows everything."""

    is_color: bool = False
    paper_format: str = "A4A3"
    enforce: bool = False
    allow_manual_edit: bool = False

    def counters(self) -> frozenset[str]:
        """Return the counter fields this model can have."""
        if not self.enforce:
            return frozenset(COUNTERS)
        colours = ("color",) if self.is_color else ("bw",)
        return frozenset(
            f"{paper}_{colour}_{edge}"
            for paper in ("a4", "a3")
            if paper.upper() in self.paper_format
            for colour in colours
            for edge in ("start", "end")
        )


@dataclass(frozen=True, slots=True)
class Person:
    """What of editing somebody may do at all."""

    starts: bool = False
    ends: bool = False
    past_locks: bool = False


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row is judged by. `override` is what a person has decided for its serial number: True allows, False locks."""

    part: str
    last_ok: datetime | None
    has_auto: bool
    override: bool | None = None


def is_locked(row: RowFacts, spec: Spec, person: Person, now: datetime, fresh: timedelta) -> bool:
    """Say whether the end counters are kept from people: the device itself tells them, and told them lately."""
    if person.past_locks or spec.allow_manual_edit or row.override is True:
        return False
    if row.override is False:
        return True
    return row.has_auto and row.last_ok is not None and now - row.last_ok <= fresh


def refusals(
    row: RowFacts, spec: Spec, person: Person, *, is_open: bool, now: datetime, fresh: timedelta
) -> dict[str, str]:
    """Return the fields that may not be edited, each with the first reason that holds.

    Hours of downtime belong to the whole device and no poll tells them for good, so they are of every part and never locked.
    """
    of_part, of_model = set(counters_of(row.part)), spec.counters()
    locked = is_locked(row, spec, person, now, fresh)
    refused: dict[str, str] = {}
    for field in COUNTERS:
        allowed = person.starts if field in STARTS else person.ends
        checks = (
            (CLOSED, not is_open),
            (NO_PERMISSION, not allowed),
            (OTHER_PART, field not in of_part),
            (NOT_OF_MODEL, field not in of_model),
            (LOCKED, field in ENDS and locked),
        )
        if reason := next((word for word, holds in checks if holds), ""):
            refused[field] = reason
    if not is_open or not person.ends:
        refused[DOWNTIME] = NO_PERMISSION if is_open else CLOSED
    return refused


def clean_value(value: object) -> int | None:
    """Return a typed counter: digits with or without group separators, None for an empty cell.

    ValueError for anything else and for more than 100,000,000.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(NOT_WHOLE)
    digits = str(value).translate(_GROUPS).strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(LARGEST_COUNTER)):
        raise ValueError(NOT_WHOLE)
    number = int(digits)
    if number > LARGEST_COUNTER:
        raise ValueError(TOO_LARGE)
    return number


def clean_hours(value: object) -> float | None:
    """Return typed hours to the hundredth, with a point or a comma; None for an empty cell. ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(NO_HOURS)
    text = str(value).translate(_GROUPS).strip().replace(",", ".")
    whole, _, part = text.partition(".")
    if not text.isascii() or not whole.isdigit() or len(text) > LONGEST_HOURS or not (part or "0").isdigit():
        raise ValueError(NO_HOURS)
    hours = round(float(text), CENTS)
    if hours > LARGEST_HOURS:
        raise ValueError(TOO_LONG)
    return hours


_GROUPS: Final[Mapping[int, None]] = dict.fromkeys(map(ord, " \u00a0\u202f\u2009"))
