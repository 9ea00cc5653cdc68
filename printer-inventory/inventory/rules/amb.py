"""Where a contractor's template (AMB) wants its figures: the header row, and the column of each counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SERIAL: Final = "серийныйномероборудования"
HEADER_ROWS: Final = 10
COLUMNS: Final = {
    "bw_a4": ("чб", "конецпериода", "a4"),
    "color_a4": ("цветные", "конецпериода", "a4"),
    "bw_a3": ("чб", "конецпериода", "a3"),
    "color_a3": ("цветные", "конецпериода", "a3"),
}
"""The contract counter a column is for, and what its normalised title holds; `normalise_header` makes one of а4 and A4."""
READ_AT: Final = "Дата опроса"


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in a template, all from 1: the header's row, the serial number's column, and those of the counters."""

    row: int
    serial: int
    counters: Mapping[str, int]


class TemplateError(ValueError):
    """A template that cannot be filled; `code` is NO_HEADER or NO_COLUMNS, `missing` names the counters without a column."""

    def __init__(self, code: str, missing: Sequence[str] = ()) -> None:
        """Keep what is missing."""
        super().__init__(code)
        self.code, self.missing = code, tuple(missing)


def find_layout(rows: Sequence[Sequence[str]]) -> Layout:
    """Return where to write, given the normalised titles of the first rows; TemplateError when something is missing."""
    for number, titles in enumerate(rows[:HEADER_ROWS], 1):
        if SERIAL not in titles:
            continue
        found = {
            counter: place
            for counter, words in COLUMNS.items()
            for place, title in enumerate(titles, 1)
            if all(word in title for word in words)
        }
        if missing := [counter for counter in COLUMNS if counter not in found]:
            raise TemplateError("NO_COLUMNS", missing)
        return Layout(number, titles.index(SERIAL) + 1, found)
    raise TemplateError("NO_HEADER")
