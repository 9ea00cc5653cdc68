"""Which counters of a month go to GLPI: of which devices, how many pages, and why a device is left out. Plain functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monthly_report.rules.figures import ENDS, kinds_of

WAITING: Final = "waiting"
POLLED: Final = "polled"
NO_SERIAL: Final = "no_serial"
NO_COUNTER: Final = "no_counter"
NOT_FOUND: Final = "not_found"
MULTIPLE: Final = "multiple"
RISE: Final = "rise"
SAME: Final = "same"
FALL: Final = "fall"


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One row of a device: the part it bills, its counters in the order of `figures.ENDS`, whether it has an address."""

    part: str
    ends: tuple[int | None, ...]
    serial: str
    has_address: bool


def total(rows: Sequence[DeviceRow]) -> int | None:
    """Return the pages a device has printed in its life, as GLPI counts them: A4 once, A3 twice. None when no counter is known.

    A counter is taken once, however many rows hold it: from the row that bills it, else from the other one.
    """
    pages: list[int] = []
    for place, name in enumerate(ENDS):
        kind = name.removesuffix("_end")
        billing_first = sorted(rows, key=lambda row: kind not in kinds_of(row.part))
        known = next((row.ends[place] for row in billing_first if row.ends[place] is not None), None)
        if known is not None:
            pages.append(known * (2 if kind.startswith("a3") else 1))
    return sum(pages) if pages else None


def judge(rows: Sequence[DeviceRow]) -> str:
    """Return WAITING for a device that is to be looked up in GLPI, else why it is left out."""
    if all(row.has_address for row in rows):
        return POLLED
    if not any(row.serial.strip() for row in rows):
        return NO_SERIAL
    return NO_COUNTER if total(rows) is None else WAITING


def compare(pages: int, found: Sequence[int | None]) -> str:
    """Return what GLPI's answer makes of a device: `found` are the counters of the printers that bear its serial number."""
    if len(found) != 1:
        return MULTIPLE if found else NOT_FOUND
    known = found[0]
    if known == pages:
        return SAME
    return FALL if known is not None and known > pages else RISE
