"""Patterns written by users, with limits on length, text and time: `regex` with a timeout, never `re`."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

import regex

from inventory.web_parser.errors import ReadError, RuleError

LONGEST: Final = 500
TEXT_LENGTH: Final = 20_000
RESULT_LENGTH: Final = 1_000
SECONDS: Final = 0.2
MOST_REPEATS: Final = 1_000
"""Counted repetitions multiplied: `regex` writes them out when it compiles, and ((a{1000}){1000}){1000} takes all memory."""

_COUNTED: Final = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")

_TOO_SLOW: Final = (
    f"The pattern took longer than {SECONDS} s on this text and was stopped. "
    "Nested repetitions such as (a+)+ do that; write it more exactly."
)


@lru_cache(maxsize=2_000)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the compiled pattern; RuleError for one that is too long or none."""
    if len(pattern) > LONGEST:
        raise RuleError(f"The pattern is longer than {LONGEST} characters.")
    counts = [int(number[:9]) for found in _COUNTED.findall(pattern) for number in (found[1] or found[0],) if number]
    if math.prod(max(count, 1) for count in counts) > MOST_REPEATS:
        raise RuleError(
            f"The counted repetitions of the pattern, multiplied, exceed {MOST_REPEATS}; use + or * instead."
        )
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError, KeyError, IndexError) as error:
        raise RuleError(f"The pattern is not valid: {str(error)[:100]}.") from None


def apply(pattern: str, replacement: str, text: str) -> str:
    """Return what a pattern makes of a text: with a replacement all matches replaced, without it the first match's first group,
    or the whole match.

    Raises `ReadError` where nothing matches or time runs out.
    """
    expression, text = compiled(pattern), text[:TEXT_LENGTH]
    try:
        found = expression.search(text, timeout=SECONDS)
        if found is None:
            raise ReadError(f"The pattern matches nothing in {' '.join(text.split())[:60]!r}.")
        if replacement:
            result = expression.sub(replacement, text, timeout=SECONDS)
        else:
            result = found.group(1) if expression.groups else found.group(0)
    except TimeoutError:
        raise ReadError(_TOO_SLOW) from None
    except (regex.error, IndexError, KeyError) as error:
        raise ReadError(f"The replacement does not fit the pattern: {str(error)[:100]}.") from None
    return str(result or "").strip()[:RESULT_LENGTH]
