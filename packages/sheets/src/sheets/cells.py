"""Values of cells, as a file gives them and as the house wants them."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final, final


@final
class FormulaFault:
    """Stands where a formula failed (`#N/A`, `#REF!`, ...): the cell has no value, which is not the same as empty."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the name of the one instance."""
        return "FAULT"

    def __str__(self) -> str:
        """Return what a person sees."""
        return "#ERROR!"


FAULT: Final = FormulaFault()

Cell = str | int | float | bool | date | datetime | time | timedelta | FormulaFault | None
"""One cell read from a file. Whole numbers are `int`, whatever the file says; an empty cell is None."""

_EXACT_INTEGERS = 2**53  # beyond it a float does not know its last digit any more
# Control characters but tab and line feed, lone surrogates, and the two code points XML cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NEW_LINES = re.compile("\r\n|[\r\x85\u2028\u2029]")
# What programs and web pages use as a blank: no-break, figure, thin, narrow, zero width, byte order mark, soft hyphen.
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\t]")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")


def clean_text(text: str) -> str:
    r"""Return text without control characters; every line break becomes `\n`. Nothing else changes.

    This is the only loss on the way through a file: what `clean_text` returns comes back from a file as it was.
    """
    return _UNWRITABLE.sub("", _NEW_LINES.sub("\n", text))


def clean_cell(value: object, *, nfkc: bool = False) -> Cell:
    """Return a cell as read by calamine or csv in the house's types.

    Text loses control and invisible characters and blanks around it, its odd blanks become spaces; nothing left gives
    None. A float without a fraction becomes an int as long as it is exact (spreadsheets know only floats); infinity
    and NaN become FAULT. With `nfkc`, text is brought into Unicode's compatible form (full-width digits, ligatures).
    """
    if isinstance(value, str):
        if value.isprintable():  # holds nothing of what is cleaned below
            return (unicodedata.normalize("NFKC", value) if nfkc else value).strip() or None
        text = _INVISIBLE.sub("", _BLANKS.sub(" ", clean_text(value)))
        return (unicodedata.normalize("NFKC", text) if nfkc else text).strip() or None
    if isinstance(value, float):
        if not math.isfinite(value):
            return FAULT
        return int(value) if value.is_integer() and abs(value) <= _EXACT_INTEGERS else value
    if value is None or isinstance(value, (int, date, time, timedelta, FormulaFault)):
        return value
    raise TypeError(f"no cell value: {type(value).__name__}")


def cell_text(cell: Cell) -> str:
    """Return a cell as text for a message or a text column: 123, 0.5, 2026-11-21, 2026-11-21 13:05:00, TRUE."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


def column_letter(index: int) -> str:
    """Return the letters of a column counted from 0: 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
