"""The week in which a client works: what of a printer's silence is downtime.

Written as opening hours are (https://wiki.openstreetmap.org/wiki/Key:opening_hours), in whole hours:
`Mo-Fr 09:00-18:00; Sa 10-14`. A later part says a day anew; `Su off` takes it out; `24/7` is always.
Days may be Russian (`Пн-Пт`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
RUSSIAN: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
ALWAYS: Final = "24/7"
HOURS: Final = 24
WHOLE_DAY: Final = 2**HOURS - 1
LONGEST: Final = 200

Week = tuple[int, ...]
"""Seven days from Monday; bit h of a day is set when its hour h..h+1 is worked."""


def parse(text: str) -> Week:
    """Return the week that a text says; ValueError, in words for the person who typed it, for one that says none."""
    if len(text) > LONGEST:
        raise ValueError(text[:20])
    if text.strip() == ALWAYS:
        return (WHOLE_DAY,) * len(DAYS)
    week = [0] * len(DAYS)
    for part in text.lower().replace("–", "-").split(";"):
        words = part.split(maxsplit=1)
        if not words:
            continue
        if len(words) != 2:
            raise ValueError(part.strip())
        hours = 0 if words[1].strip() == "off" else _hours(words[1])
        for day in _days(words[0]):
            week[day] = hours
    if not any(week):
        raise ValueError(text.strip())
    return tuple(week)


def _days(text: str) -> list[int]:
    found: list[int] = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        start, end = _day(first), _day(last or first)
        found += range(start, end + 1) if start <= end else [*range(start, len(DAYS)), *range(end + 1)]
    return found


def _day(text: str) -> int:
    for names in (DAYS, RUSSIAN):
        if text in names:
            return names.index(text)
    raise ValueError(text)


def _hours(text: str) -> int:
    mask = 0
    for piece in text.replace(" ", "").split(","):
        first, _, last = piece.partition("-")
        start, end = _hour(first), _hour(last)
        if start >= end:
            raise ValueError(piece)
        mask |= 2**end - 2**start
    return mask


def _hour(text: str) -> int:
    hour, _, minutes = text.partition(":")
    if not (hour.isascii() and hour.isdigit() and len(hour) <= 2 and minutes in ("", "00") and int(hour) <= HOURS):
        raise ValueError(text)
    return int(hour)


def share_lost(days: Sequence[tuple[int, int, int]], week: Week, total: int) -> float:
    """Return the part of `total` working hours that was lost: 0 to 1.

    `days` are (weekday from Monday = 0, hours asked, hours asked and never read) as bits like a week's. A day is worth its
    working hours; of those it loses the share of its asked working hours in which nothing was read, as a silent printer is
    asked less and less often. What was asked outside of them says nothing, and a day nobody asked is lost by nobody.
    """
    lost = 0.0
    for weekday, asked, silent in days:
        if worked := (asked & week[weekday]).bit_count():
            lost += week[weekday].bit_count() * (silent & week[weekday]).bit_count() / worked
    return min(1.0, lost / total) if total > 0 else 0.0
