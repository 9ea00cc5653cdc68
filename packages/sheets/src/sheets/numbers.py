"""Numbers as people type them in any country."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SHAPE: Final = re.compile(r"(?P<sign>[+-]?)(?P<body>\d[\d .,']*)\Z", re.ASCII)
_BLANKS: Final = re.compile("[\u00a0\u2007\u2009\u202f]")
_MAX_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Digits:
    """A number taken apart: `whole` and `fraction` are digits; `unsure` says that `1,234` may be either."""

    negative: bool
    whole: str
    fraction: str
    unsure: bool = False


def take_apart(text: str, decimal_mark: str | None = None) -> Digits | None:
    """Read a number with groups of three (space, no-break or thin space, apostrophe, point, comma) and a decimal mark.

    The mark is `decimal_mark` when given. Else, of point and comma the last one is the mark if both occur; one that
    occurs more than once makes groups; one that occurs once is the mark, but `1,234` and `1.234` may be groups as well:
    then `unsure` is set and the digits are those of the fraction. None: no such number, or groups of a wrong length.
    """
    if len(text) > _MAX_CHARS:
        return None
    cleaned = _BLANKS.sub(" ", text.strip()).replace("\u2212", "-").replace("\u2019", "'")
    match = _SHAPE.match(cleaned)
    if match is None:
        return None
    body = match["body"]
    mark = _mark(body) if decimal_mark is None else decimal_mark
    whole, _mark_found, fraction = body.rpartition(mark) if mark and mark in body else (body, "", "")
    if (mark and mark in whole) or (fraction and not fraction.isdigit()) or (body[-1:] in ".,' "):
        return None
    digits = _join_groups(whole)
    if digits is None:
        return None
    unsure = decimal_mark is None and len(fraction) == 3 and whole.isdigit() and len(whole) <= 3 and whole[0] != "0"
    return Digits(match["sign"] == "-", digits, fraction, unsure)


def _mark(body: str) -> str:
    """Return the decimal mark of a number, "" when it has none."""
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return "." if body.rfind(".") > body.rfind(",") else ","
    if points == 1:
        return "."
    return "," if commas == 1 else ""


def _join_groups(whole: str) -> str | None:
    """Return the digits of `1 234 567`; None when groups are not of three or their signs differ."""
    if whole.isdigit():
        return whole
    signs = {sign for sign in whole if not sign.isdigit()}
    if len(signs) != 1:
        return None
    first, *others = whole.split(signs.pop())
    if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in others):
        return None
    return first + "".join(others)
