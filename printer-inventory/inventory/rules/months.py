"""Months as contracts know them: their first day, and the moments between which they last in a zone."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from typing import Final

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099


def month_of(day: date) -> date:
    """Return the first day of a day's month; an aware datetime counts in its own zone."""
    return date(day.year, day.month, 1)


def make_month(year: int, month: int) -> date:
    """Return a month; ValueError outside of 2000 to 2099 or 1 to 12."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{year} is no year of a report")
    return date(year, month, 1)


def parse_month(text: str) -> date:
    """Return the month of `2026-11`; ValueError for anything else."""
    year, _, month = text.partition("-")
    if not (year.isascii() and year.isdigit() and month.isascii() and month.isdigit()) or len(text) > len("2026-11"):
        raise ValueError(f"{text[:20]!r} is no month; write it like 2026-11")
    return make_month(int(year), int(month))


def next_month(month: date) -> date:
    """Return the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def previous_month(month: date) -> date:
    """Return the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def bounds(month: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a month begins, and when the next one does, in a zone."""
    return (
        datetime.combine(month, time.min, tzinfo=zone),
        datetime.combine(next_month(month), time.min, tzinfo=zone),
    )
