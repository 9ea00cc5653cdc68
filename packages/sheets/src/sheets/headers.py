"""Which column is which: titles as people write them, matched to the keys a program knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sheets.cells import Cell, cell_text, column_letter
from sheets.columns import Column
from sheets.errors import HeaderError
from sheets.reading import HeaderFinder, Row

_PAPER: Final = re.compile("а(?=[34])")
_DROPPED: Final = re.compile("[^a-z0-9а-я]+")
_LOOK_ALIKES: Final = str.maketrans("авекмнорстухіѕј", "abekmhopctyxisj")
_MIN_NUMBERING: Final = 4


def normalise_header(title: str) -> str:
    """Return a title in the form in which titles are told apart.

    NFKC and lower case, ё as е, № as no, "ч/б" as чб, a Cyrillic а before 3 or 4 as a Latin one (the paper sizes), and
    then letters and digits only.
    """
    plain = unicodedata.normalize("NFKC", title.replace("№", "no")).lower().replace("ё", "е")
    return _DROPPED.sub("", _PAPER.sub("a", plain.replace("ч/б", "чб")))


def header_key(title: str) -> str:
    """Return what two titles have in common when a person cannot see a difference.

    As `normalise_header`, and Cyrillic letters that look like Latin ones become these, so that "К1" in either alphabet
    is the same title. For comparing only.
    """
    return normalise_header(title).translate(_LOOK_ALIKES)


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """Where each known column stands (counted from 0), and what does not fit.

    `repeated` lists every place of a key that occurs more than once (the first one is used), `missing` the titles of
    required columns that were not found, `unknown` (place, title) of columns that nobody asked for.
    """

    row: int
    positions: dict[str, int]
    repeated: dict[str, tuple[int, ...]]
    missing: tuple[str, ...]
    unknown: tuple[tuple[int, str], ...]

    def check(self) -> None:
        """Raise HeaderError when a required column is missing or any known one stands twice."""
        if self.missing:
            raise HeaderError(
                "MISSING_COLUMNS",
                f"The header lacks: {', '.join(self.missing)}.",
                advice="Add these columns, or correct their titles.",
                row=self.row,
                missing=self.missing,
            )
        for key, places in self.repeated.items():
            letters = ", ".join(map(column_letter, places))
            raise HeaderError(
                "REPEATED_COLUMN",
                f"Columns {letters} have the same meaning.",
                advice="Delete or rename all but one.",
                row=self.row,
                key=key,
            )


def match_headers(header: Row, columns: Sequence[Column]) -> HeaderMatch:
    """Find each column's place in a header row, by its aliases and then, for titles left over, by `recognise`."""
    by_alias = {header_key(alias): column.key for column in columns for alias in (column.title, *column.aliases)}
    found: dict[str, list[int]] = {}
    left: list[tuple[int, str]] = []
    for place, title in _titles(header.cells):
        key = by_alias.get(header_key(title))
        if key is None:
            left.append((place, title))
        else:
            found.setdefault(key, []).append(place)
    unknown = []
    for place, title in left:
        normal = normalise_header(title)
        key = next((c.key for c in columns if c.recognise and c.key not in found and c.recognise(normal)), None)
        if key is None:
            unknown.append((place, title))
        else:
            found[key] = [place]
    return HeaderMatch(
        header.number,
        {key: places[0] for key, places in found.items()},
        {key: tuple(places) for key, places in found.items() if len(places) > 1},
        tuple(column.title for column in columns if column.required and column.key not in found),
        tuple(unknown),
    )


def _titles(cells: Sequence[Cell]) -> list[tuple[int, str]]:
    return [(place, cell_text(cell)) for place, cell in enumerate(cells) if cell is not None]


def find_header(columns: Sequence[Column], within: int = 20) -> HeaderFinder:
    """Make a finder for `read_table(header_row=...)`: of the first rows, the one that names the most columns.

    It has to hold every required column; HeaderError says what the best row lacks.
    """

    def find(rows: Sequence[Row]) -> int:
        matches = [match_headers(row, columns) for row in rows[:within]]
        best = max(range(len(matches)), key=lambda place: (len(matches[place].positions), -place), default=-1)
        if best < 0 or not matches[best].positions:
            titles = ", ".join(column.title for column in columns if column.required)
            raise HeaderError(
                "NO_HEADER", f"None of the first {within} rows is a header.", advice=f"A header has: {titles[:300]}."
            )
        matches[best].check()
        return best

    return find


def is_numbering(row: Row) -> bool:
    """Say whether a row only numbers the columns (1, 2, 3, ...), as official forms do below their header."""
    filled = [cell_text(cell) for cell in row.cells if cell is not None]
    if len(filled) < _MIN_NUMBERING or not all(text.isascii() and text.isdigit() and len(text) <= 3 for text in filled):
        return False
    numbers = [int(text) for text in filled]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)
