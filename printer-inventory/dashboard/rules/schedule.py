"""When a scheduled mail is due."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

CATCH_UP: Final = timedelta(hours=12)
"""A mail that could not be written at its time is written this much later, and then not for that day any more."""


def due_on(now: datetime, zone: ZoneInfo, weekdays: str, at: time) -> date | None:
    """Return the local day whose mail is due at `now`, None if none is. `weekdays` are digits, 0 is Monday.

    A time that does not exist on a day (clocks go forward) counts as the moment after it.
    """
    local = now.astimezone(zone)
    for day in (local.date(), local.date() - timedelta(days=1)):
        moment = datetime.combine(day, at, zone)
        if str(day.weekday()) in weekdays and timedelta(0) <= now - moment < CATCH_UP:
            return day
    return None
