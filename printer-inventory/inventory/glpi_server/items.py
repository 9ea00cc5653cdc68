"""What GLPI's answers mean."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

NAME, ID, SERIAL, COUNTER = 1, 2, 5, 12
"""Search options of a printer: name, id, serial number, current counter of pages."""
_MOST_TEXT: Final = 255


@dataclass(frozen=True, slots=True)
class KnownPrinter:
    """A printer item: `counter` is last_pages_counter, None when GLPI has none."""

    id: int
    name: str
    serial: str
    counter: int | None = None


def printer_of(row: Mapping[str, Any], serial_field: int, counter_field: int) -> KnownPrinter | None:
    """Return the printer that a row of a search shows; None when it has no id."""
    number = whole(row.get(str(ID)))
    if number is None:
        return None
    return KnownPrinter(
        number, text(row.get(str(NAME))), text(row.get(str(serial_field))), whole(row.get(str(counter_field)))
    )


def same(one: str, other: str) -> bool:
    """Whether two serial numbers are the same, whatever the case and the spaces around them."""
    return one.strip().casefold() == other.strip().casefold() != ""


def text(value: Any) -> str:
    """Return a value as text; GLPI up to 10 sends `<`, `>` and `&` as entities."""
    return html.unescape(value).strip()[:_MOST_TEXT] if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """Return a whole number not below 0, which GLPI sends as a number or as digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment(value: Any) -> datetime | None:
    """Return a date of GLPI without a zone: "YYYY-MM-DD HH:MM:SS", or a day, which counts to its end. None for nonsense."""
    try:
        day = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if day is None or day.tzinfo is not None:
        return None
    is_day = len(str(value)) == len("YYYY-MM-DD")
    return datetime.combine(date(day.year, day.month, day.day), datetime.max.time()) if is_day else day
