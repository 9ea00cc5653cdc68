"""Which rows of a month are one device, and which part of it each one bills: the one rule for every caller."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from inventory.rules.identity import normal_serial
from monthly_report.rules.figures import Part


def device_key(serial: str, inventory_number: str, order_number: int = 0) -> str:
    """Return what makes rows one device: the serial number, else the inventory number, else the row's own number.

    The serial number alone decides where there is one: a device whose two rows carry different inventory numbers is
    still one device.
    """
    if key := normal_serial(serial):
        return f"S:{key}"
    if key := normal_serial(unicodedata.normalize("NFKC", inventory_number)):
        return f"I:{key}"
    return f"N:{order_number}"


def parts_of(keys: Sequence[str]) -> list[Part | None]:
    """Return the part of each row, given the rows' device keys in the order of the report.

    One row is the whole device. Of two, the first bills A4 and the second A3. None marks a third one and those after it:
    no paper size is left for them.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    found: list[Part | None] = [None] * len(keys)
    for rows in places.values():
        for place, part in zip(rows, _parts(len(rows)), strict=False):
            found[place] = part
    return found


def _parts(rows: int) -> Iterable[Part]:
    return (Part.ALL,) if rows == 1 else (Part.A4, Part.A3)
