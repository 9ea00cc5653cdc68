"""Numbers as printers write them, in any locale: counters are whole, percentages may have decimals.

A text with two numbers is refused instead of guessed at, and so is one without: "N/A" is no counter of zero.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from inventory.web_parser.errors import ReadError

LARGEST: Final = 10**12
"""More pages than any device has printed."""
TEXT_LENGTH: Final = 2_000

_SPACES: Final = "\u0020\u00a0\u2007\u2009\u202f\u2002\u2003\u2008\u200a"
_QUOTES: Final = "'\u2019\u02bc\uff07`\u00b4"
_POINTS: Final = {"\u066b": ".", "\uff0e": ".", "\uff0c": ",", "\u066c": "_", "\u060c": ",", "\u3001": ","}
_INVISIBLE: Final = "\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_MINUS: Final = "-\u2212\u2013"
# A number begins where no letter or digit stands before it: "A4" and "HP4250" hold none.
_NUMBER: Final = re.compile(r"(?<![^\W_])(?P<minus>[-])?(?P<body>[0-9](?:[0-9_.,]*[0-9])?)(?P<after>[^\W\d_]*)")
_JOINED: Final = re.compile(r"(?<=[0-9])[_ ](?=[0-9]{3}(?![0-9]))")
_SCALES: Final = frozenset({"k", "m", "g", "mio", "mln", "tsd", "тыс", "млн"})


def whole_number(text: str) -> int:
    """Return the one whole number in a text: "1 234", "1.234", "1,234", "1'234", "١٬٢٣٤", "12,34,567", "1.234,00".

    A single dot or comma before exactly three digits separates thousands, as counters have no decimals; any other last one
    begins decimals, which are cut off. Raises `ReadError` for none, several, negative or impossibly large ones.
    """
    number, _ = _split(_only_number(text), whole=True)
    if number > LARGEST:
        raise ReadError(f"{text.strip()[:60]!r} is larger than any page counter.")
    return number


def percentage(text: str) -> float:
    """Return the one number of 0 to 100 in a text such as "45%", "45,5 %" or "٤٥٪"; `ReadError` for others."""
    number, decimals = _split(_only_number(text), whole=False)
    value = float(f"{number}.{decimals or '0'}")
    if value > 100:
        raise ReadError(f"{text.strip()[:60]!r} is no percentage of 0 to 100.")
    return value


def plain_digits(text: str) -> str:
    """Return a text with every script's digits, separators and blanks in their ASCII form, direction marks removed."""
    if text.isascii():
        return text
    return "".join(_plain(sign) for sign in text)


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in _INVISIBLE:
        return ""
    if sign in _SPACES:
        return " "
    if sign in _MINUS:
        return "-"
    digit = unicodedata.digit(sign, None) if unicodedata.category(sign) == "Nd" else None
    return str(digit) if digit is not None else _POINTS.get(sign, sign)


def _only_number(text: str) -> str:
    """Return the digits and separators of the only number in a text; blanks and quotes between groups become `_`."""
    plain = plain_digits(text[:TEXT_LENGTH])
    for quote in _QUOTES:
        plain = plain.replace(quote, "_")
    plain = _JOINED.sub("_", plain)
    found = list(_NUMBER.finditer(plain))
    shown = " ".join(text.split())[:60]
    if not found:
        raise ReadError(f"There is no number in {shown!r}." if shown else "The place is empty.")
    if len(found) > 1:
        raise ReadError(f"There are {len(found)} numbers in {shown!r}; pick one with a pattern, such as (\\d+) pages.")
    if found[0]["minus"]:
        raise ReadError(f"The number in {shown!r} is negative.")
    if found[0]["after"].lower() in _SCALES:
        raise ReadError(f"{shown!r} is rounded; a counter has to be exact.")
    return found[0]["body"]


def _split(body: str, *, whole: bool) -> tuple[int, str]:
    """Return whole part and decimals of a number whose separators are `_`, `.` and `,`."""
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return int(body.replace("_", "")), ""
    sign, front, back = body[last], body[:last], body[last + 1 :]
    other = "," if sign == "." else "."
    groups = re.split(r"[_.,]", front)
    if sign in front:
        if other in front or not _are_groups([*groups, back]):
            raise ReadError(f"{body.replace('_', ' ')!r} is no number in any notation.")
        return int("".join([*groups, back])), ""
    grouped = len(back) == 3 and 1 <= len(front) <= 3 and front.isdigit() and not front.startswith("0")
    if whole and grouped:
        return int(front + back), ""
    if len(groups) > 1 and not _are_groups(groups):
        raise ReadError(f"{body.replace('_', ' ')!r} is no number in any notation.")
    return int("".join(groups)), back


def _are_groups(groups: list[str]) -> bool:
    """Say whether parts are groups of thousands: threes, or pairs before a last three as in India."""
    first, *middle, last = groups
    if not all(group.isdigit() for group in groups) or len(last) != 3 or not 1 <= len(first) <= 3:
        return False
    return all(len(group) == 3 for group in middle) or (len(first) <= 2 and all(len(group) == 2 for group in middle))
