"""What a column wants of a cell. Each maker returns a parser: a filled cell in, a value out, or CellError.

A parser is never given an empty cell or a failed formula: `Column` deals with those.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final, Literal, TypeVar

from sheets.cells import Cell, cell_text
from sheets.errors import CellError
from sheets.numbers import Digits, take_apart

T = TypeVar("T")
Parser = Callable[[Cell], T]

_MAX_DIGITS: Final = 30
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_SHORTENED: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[eEеЕ]\+?\d{1,3}\Z", re.ASCII)
_FLOAT_TEXT: Final = re.compile(r"(\d+)[.,]0\Z", re.ASCII)
_ISO_DAY: Final = re.compile(
    r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\Z", re.ASCII
)
_SPOKEN_DAY: Final = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?\Z", re.ASCII)
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-./](\d{4})\Z", re.ASCII)
_YEAR_MONTH: Final = re.compile(r"(\d{4})[-./](\d{1,2})\Z", re.ASCII)
_YES: Final = frozenset({"yes", "y", "true", "1", "+", "да", "д", "истина", "есть", "x", "х", "✓", "✔"})
_NO: Final = frozenset({"no", "n", "false", "0", "-", "–", "—", "нет", "н", "ложь"})


def text(max_length: int | None = None, *, nfkc: bool = False) -> Parser[str]:
    """Make a parser of text; numbers and dates become what a person sees. Codes: TOO_LONG."""

    def parse(cell: Cell) -> str:
        found = cell_text(cell)
        if nfkc:
            found = unicodedata.normalize("NFKC", found).strip()
        if max_length is not None and len(found) > max_length:
            raise CellError(
                "TOO_LONG", f"The text has {len(found)} characters; {max_length} are allowed.", limit=max_length
            )
        return found

    return parse


def serial(max_length: int = 100) -> Parser[str]:
    """Make a parser of serial and inventory numbers: text in NFKC, without blanks around it.

    A whole number keeps its digits, also where a program wrote `123.0`. Codes: TOO_LONG; SHORTENED for `1.23E+12`,
    where Excel has thrown the last digits away.
    """
    as_text = text(max_length, nfkc=True)

    def parse(cell: Cell) -> str:
        found = as_text(cell)
        if _SHORTENED.match(found):
            raise CellError(
                "SHORTENED",
                f"{found} is a number that lost its last digits.",
                advice="Format the column as text and type it anew.",
            )
        whole = _FLOAT_TEXT.match(found)
        return whole[1] if whole else found

    return parse


def whole(minimum: int | None = None, maximum: int | None = None) -> Parser[int]:
    """Make a parser of whole numbers: 1234, "1 234", "1,234", "1.234", "12,0"; never "12,5".

    One point or comma before exactly three digits makes a group here. Codes: NOT_A_NUMBER, NOT_WHOLE, OUT_OF_RANGE.
    """

    def parse(cell: Cell) -> int:
        number = _whole(cell)
        if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
            raise _out_of_range(number, minimum, maximum)
        return number

    return parse


def _whole(cell: Cell) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, float):
        raise CellError("NOT_WHOLE", f"{cell} is no whole number.")
    digits = _digits(cell)
    if digits.unsure:
        digits = Digits(digits.negative, digits.whole + digits.fraction, "")
    if digits.fraction.strip("0"):
        raise CellError("NOT_WHOLE", f"{cell_text(cell)} is no whole number.")
    number = int(digits.whole)
    return -number if digits.negative else number


def number(
    minimum: Decimal | int | None = None,
    maximum: Decimal | int | None = None,
    *,
    decimal_mark: Literal[".", ","] | None = None,
) -> Parser[Decimal]:
    """Make a parser of decimals: 12.5, "12,5", "1 234,50", "1,234.50".

    Without `decimal_mark`, "1,234" is refused as AMBIGUOUS: it may be 1234 or 1.234. Codes also: NOT_A_NUMBER,
    OUT_OF_RANGE.
    """

    def parse(cell: Cell) -> Decimal:
        found = _decimal(cell, decimal_mark)
        if (minimum is not None and found < minimum) or (maximum is not None and found > maximum):
            raise _out_of_range(found, minimum, maximum)
        return found

    return parse


def _decimal(cell: Cell, decimal_mark: str | None) -> Decimal:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return Decimal(repr(cell))
    digits = _digits(cell, decimal_mark)
    if digits.unsure:
        shown = cell_text(cell)
        raise CellError(
            "AMBIGUOUS",
            f"{shown} can be read in two ways.",
            advice=f"Write {digits.whole}{digits.fraction} or {digits.whole}.{digits.fraction}0.",
        )
    found = Decimal(f"{digits.whole}.{digits.fraction}" if digits.fraction else digits.whole)
    return -found if digits.negative else found


def _digits(cell: Cell, decimal_mark: str | None = None) -> Digits:
    digits = take_apart(cell, decimal_mark) if isinstance(cell, str) else None
    if digits is None:
        what = "a date" if isinstance(cell, (date, time, timedelta)) else "no number"
        raise CellError("NOT_A_NUMBER", f"{cell_text(cell)[:60]} is {what}.", advice="Format the cell as a number.")
    if len(digits.whole) + len(digits.fraction) > _MAX_DIGITS:
        raise CellError("OUT_OF_RANGE", "The number has too many digits.", limit=_MAX_DIGITS)
    return digits


def _out_of_range(found: object, minimum: object, maximum: object) -> CellError:
    wanted = " and ".join(
        part
        for part in (
            f"at least {minimum}" if minimum is not None else "",
            f"at most {maximum}" if maximum is not None else "",
        )
        if part
    )
    return CellError("OUT_OF_RANGE", f"{found} must be {wanted}.", minimum=minimum, maximum=maximum)


def month() -> Parser[date]:
    """Make a parser of months, returned as their first day: MM.YYYY, MM/YYYY, YYYY-MM, any date. Code: BAD_MONTH.

    A number such as 1.2026 counts too: it is what Excel makes of a typed "01.2026" where the point is the decimal mark.
    """

    def parse(cell: Cell) -> date:
        if isinstance(cell, date):
            return _make_day(cell.year, cell.month, 1, "BAD_MONTH", cell)
        shown = f"{cell:.4f}" if isinstance(cell, float) else cell_text(cell)
        if match := _MONTH_YEAR.match(shown):
            return _make_day(int(match[2]), int(match[1]), 1, "BAD_MONTH", cell)
        if match := _YEAR_MONTH.match(shown):
            return _make_day(int(match[1]), int(match[2]), 1, "BAD_MONTH", cell)
        return _written_day(shown, "dmy", "BAD_MONTH", cell).replace(day=1)

    return parse


def day(order: Literal["dmy", "mdy"] = "dmy") -> Parser[date]:
    """Make a parser of dates: a date cell, 2026-11-21, ISO 8601 with a time, 21.11.2026, 21/11/2026. Code: BAD_DATE.

    `order` says how 03/04/2026 is meant; years have four digits and lie between 1990 and 2100.
    """

    def parse(cell: Cell) -> date:
        if isinstance(cell, date):
            return _make_day(cell.year, cell.month, cell.day, "BAD_DATE", cell)
        if not isinstance(cell, str):
            raise _bad_day("BAD_DATE", cell)
        return _written_day(cell, order, "BAD_DATE", cell)

    return parse


def _written_day(shown: str, order: str, code: str, cell: Cell) -> date:
    if match := _ISO_DAY.match(shown):
        return _make_day(int(match[1]), int(match[2]), int(match[3]), code, cell)
    if match := _SPOKEN_DAY.match(shown):
        first, second = int(match[1]), int(match[2])
        return _make_day(int(match[3]), *((second, first) if order == "dmy" else (first, second)), code, cell)
    raise _bad_day(code, cell)


def _make_day(year: int, month_number: int, day_number: int, code: str, cell: Cell) -> date:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise _bad_day(code, cell)
    try:
        return date(year, month_number, day_number)
    except ValueError as error:
        raise _bad_day(code, cell) from error


def _bad_day(code: str, cell: Cell) -> CellError:
    what, example = ("month", "11.2026 or 2026-11") if code == "BAD_MONTH" else ("date", "21.11.2026 or 2026-11-21")
    return CellError(code, f"{cell_text(cell)[:60]} is no {what}.", advice=f"Write it as {example}.")


def truth() -> Parser[bool]:
    """Make a parser of yes and no in English and Russian, true and false, 1 and 0, + and -. Code: BAD_BOOL."""

    def parse(cell: Cell) -> bool:
        if isinstance(cell, bool):
            return cell
        word = cell_text(cell).casefold()
        if word in _YES or word in _NO:
            return word in _YES
        raise CellError("BAD_BOOL", f"{word[:60]} is neither yes nor no.")

    return parse


def choice(values: Mapping[str, T], *, other: T | None = None) -> Parser[T]:
    """Make a parser of known words; case, blanks, ё and Unicode's compatible forms do not matter.

    Words not in `values` give `other`, or CellError BAD_CHOICE when there is none.
    """
    known = {fold(word): value for word, value in values.items()}

    def parse(cell: Cell) -> T:
        found = known.get(fold(cell_text(cell)), other)
        if found is None:
            raise CellError(
                "BAD_CHOICE",
                f"{cell_text(cell)[:60]!r} is not known.",
                advice=f"Known: {', '.join(values)[:200]}.",
                known=tuple(values),
            )
        return found

    return parse


def fold(words: str) -> str:
    """Return words in the form in which names are compared: NFKC, casefolded, ё as е, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().replace("ё", "е").split())
