"""What a caller may put into a table, and what of it a file can hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final, Literal

from sheets.cells import FormulaFault, clean_text

Plain = str | int | float | bool | Decimal | date | datetime | time | timedelta | None
"""A value on its way into a file, reduced to what the writers know."""

_EXCEL_FIRST_DAY: Final = date(1900, 3, 1)  # before it Excel counts a 29 February 1900 that never was
_EXACT_DIGITS: Final = 15  # Excel keeps 15 significant digits


@dataclass(frozen=True, slots=True)
class Out:
    """A column that is written.

    `format` is an Excel number format ("0.00", "mm.yyyy"), `width` in characters (None: by content), `align` left,
    center or right.
    """

    title: str
    format: str | None = None
    width: float | None = None
    align: Literal["left", "center", "right"] | None = None
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Styled:
    """A value with a look of its own: `fill` is RRGGBB (the letters turn black or white by contrast)."""

    value: object
    fill: str | None = None
    bold: bool = False
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row with a look of its own."""

    cells: Sequence[object]
    fill: str | None = None
    bold: bool = False


@dataclass(slots=True)
class Written:
    """What became of a table: rows without the header, and the cells cut at Excel's 32,767 characters.

    `shortened` holds (row as Excel numbers it, column's title), at most the first 1,000; `shortened_cells` counts all.
    """

    rows: int = 0
    shortened_cells: int = 0
    shortened: list[tuple[int, str]] = field(default_factory=list)

    def note_shortened(self, row: int, title: str) -> None:
        """Count a cell that lost its end."""
        self.shortened_cells += 1
        if len(self.shortened) < 1_000:
            self.shortened.append((row, title))


def plain(value: object, zone: tzinfo = UTC) -> Plain:
    """Reduce a value: clean text, no NaN, no failed formula, an aware time as that zone's clock shows it.

    Unknown types become their `str()` (enums, lazy translations, UUIDs); bytes and containers raise TypeError.
    """
    if isinstance(value, str):
        return value if value.isprintable() else clean_text(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    if isinstance(value, (date, timedelta)):
        return value
    if isinstance(value, FormulaFault):
        return None
    if isinstance(value, (bytes, bytearray, dict, list, set, tuple)):
        raise TypeError(f"a cell cannot hold {type(value).__name__}")
    return clean_text(str(value))


def excel_value(value: Plain) -> Plain:
    """Return what an Excel cell can hold without changing the value: else its text.

    Whole numbers and decimals of more than 15 digits, days before March 1900 and negative spans become text.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**_EXACT_DIGITS else str(value)
    if isinstance(value, Decimal):
        return value if _is_exact(value) else format(value, "f")
    if isinstance(value, datetime):
        return value if value.date() >= _EXCEL_FIRST_DAY else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value if value >= _EXCEL_FIRST_DAY else value.isoformat()
    if isinstance(value, timedelta):
        return value if value >= timedelta(0) else str(value)
    return value


def _is_exact(value: Decimal) -> bool:
    """Say whether a decimal survives as a float that shows at most 15 digits."""
    return len(value.normalize().as_tuple().digits) <= _EXACT_DIGITS and abs(value.adjusted()) < 300
