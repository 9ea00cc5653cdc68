"""Where the downtime of a month comes from. Who counts days stands above this app and says so when it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from inventory.rules.identity import normal_serial

Source = Callable[[date, date], Mapping[str, float]]
"""The part of the working hours lost (0 to 1) by serial number, from a day up to, not with, another; printers that were asked."""

_sources: list[Source] = []


def count_with(source: Source) -> None:
    """Take what a month lost from this source from now on; said twice, it is one."""
    if source not in _sources:
        _sources.append(source)


def shares_lost(since: date, until: date) -> dict[str, float]:
    """Return the parts lost by device key (`monthly_report.rules.devices`); of one told by two sources, the larger."""
    found: dict[str, float] = {}
    for source in _sources:
        for serial, lost in source(since, until).items():
            if key := normal_serial(serial):
                found[f"S:{key}"] = max(lost, found.get(f"S:{key}", 0.0))
    return found
