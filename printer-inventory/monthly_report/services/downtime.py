"""Where the downtime of a month comes from. Who counts days stands above this app and says so when it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from inventory.rules.identity import normal_serial

Source = Callable[[date, date], Mapping[str, float]]
"""Days lost by serial number from a day up to, not with, another: only of printers that were asked in between."""

_sources: list[Source] = []


def count_with(source: Source) -> None:
    """Take the days of a month from this source from now on; said twice, it is one."""
    if source not in _sources:
        _sources.append(source)


def days_lost(since: date, until: date) -> dict[str, float]:
    """Return the days lost by device key (`monthly_report.rules.devices`); of one told by two sources, the larger."""
    found: dict[str, float] = {}
    for source in _sources:
        for serial, lost in source(since, until).items():
            if key := normal_serial(serial):
                found[f"S:{key}"] = max(lost, found.get(f"S:{key}", 0.0))
    return found
