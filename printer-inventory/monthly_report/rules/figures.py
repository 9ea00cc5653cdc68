"""The figures of a row: pages, availability (K1) and requests in time (K2).

The database computes the same in generated columns, so that no way of writing a row can leave them behind; a property
test holds both to each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

KINDS: Final = ("a4_bw", "a4_color", "a3_bw", "a3_color")
STARTS: Final = tuple(f"{kind}_start" for kind in KINDS)
ENDS: Final = tuple(f"{kind}_end" for kind in KINDS)
COUNTERS: Final = tuple(f"{kind}_{edge}" for kind in KINDS for edge in ("start", "end"))
LARGEST_COUNTER: Final = 100_000_000


class Part(StrEnum):
    """What of a device a row bills: all of it, or one paper size where a device has two rows."""

    ALL = "ALL"
    A4 = "A4"
    A3 = "A3"


def kinds_of(part: str) -> tuple[str, ...]:
    """Return the counter kinds that a part may hold."""
    return KINDS if part == Part.ALL else tuple(kind for kind in KINDS if kind.startswith(part.lower()))


def counters_of(part: str) -> tuple[str, ...]:
    """Return the counter fields that a part may hold."""
    return tuple(f"{kind}_{edge}" for kind in kinds_of(part) for edge in ("start", "end"))


def pages(part: str, row: Mapping[str, int | None]) -> int:
    """Return the pages of a row: the rise of every counter of its part; negative after a reset.

    A counter of which one end is not known adds nothing.
    """
    return sum(_rises(part, row))


def _rises(part: str, row: Mapping[str, int | None]) -> Iterator[int]:
    for kind in kinds_of(part):
        start, end = row.get(f"{kind}_start"), row.get(f"{kind}_end")
        if start is not None and end is not None:
            yield end - start


def k1(normative: float, downtime: float) -> float:
    """Return availability in per cent: (A - D) / A, between 0 and 100; 0 where no hours were agreed (A <= 0)."""
    if normative <= 0:
        return 0.0
    return min(100.0, max(0.0, (normative - max(0.0, downtime)) / normative * 100))


def k2(in_time: int, requests: int) -> float:
    """Return requests in time in per cent: L / W, between 0 and 100; 0 where there were none (W <= 0)."""
    return min(100.0, max(0.0, in_time / requests * 100)) if requests > 0 else 0.0
