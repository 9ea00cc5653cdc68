"""StockX's report judged by columns: what its usual cells mean is found once and remembered, so a row is a join of texts.

A part of a sale follows from a few cells. `Part.read` returns its fields in COPY's text format, or None for cells that are
not usual; a row with such a cell is read by the profile's careful `judge`, which also says what is wrong with it. Both give
the same line; a test compares them over hostile cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from domains.integration.services.profiles import figures, product_fields, size_of
from shared.rules.import_values import BadValue, amount, moment, word

NULL = "\\N"
REMEMBERED = 16_384
"""So many different cells of a part are kept in mind."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TO_ESCAPE = re.compile(r"[\\\t\n\r]").search
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \+00"
_DAYS = re.compile(rf"(?:{_DAY}\n)+").fullmatch
_CODES = re.compile(r"(?:[0-9][0-9A-Za-z-]{0,99}\n)+").fullmatch

Read = Callable[..., str | None]
Usual = Callable[[Sequence[str]], bool]
Table = Mapping[int, Sequence[str]] | Sequence[Sequence[str]]
"""Columns by their place."""


@dataclass(frozen=True, slots=True)
class Part:
    """Fields of a sale: the columns they follow from, and how.

    Cells that are different in every row are not worth remembering; they have a `usual` form in which a cell is the field
    itself, with `before` and `after` around it.
    """

    columns: tuple[str, ...]
    read: Read
    usual: Usual | None = None
    before: str = ""
    after: str = ""


class _Remembered(dict[Any, str | None]):
    """What a part's cells mean, by the cells."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, cells: tuple[Any, ...]) -> str | None:
        try:
            found = self.read(*cells)
        except BadValue:
            found = None
        if len(self) < REMEMBERED:
            self[cells] = found
        return found


class Columns:
    """Reads the rows of one file."""

    def __init__(self, parts: Sequence[Part], header: Sequence[str]) -> None:
        """Find the columns; one that is not there is empty in every row, of one that is there twice the first counts."""
        places = {name: place for place, name in reversed(list(enumerate(header)))}
        self.width = len(header)
        self.needed = {places[name] for part in parts for name in part.columns if name in places}
        self.parts = [
            ([places.get(name) for name in part.columns], part, _Remembered(part.read).__getitem__) for part in parts
        ]

    def of(self, rows: Sequence[Sequence[str]]) -> dict[int, list[str]] | None:
        """Return the columns that are needed, by their place; None unless every row is as wide as the header."""
        if {len(row) for row in rows} != {self.width}:
            return None
        return {at: [row[at] for row in rows] for at in self.needed}

    def read(self, columns: Table, rows: int) -> list[Sequence[str | None]]:
        """Return the parts of so many sales, by columns; None stands in a row that is to be read carefully."""
        return [self._part(columns, rows, *each) for each in self.parts]

    @staticmethod
    def _part(
        columns: Table, rows: int, places: Sequence[int | None], part: Part, remembered: Read
    ) -> Sequence[str | None]:
        first = places[0]
        if part.usual and first is not None and part.usual(columns[first]):
            if not (part.before or part.after):
                return columns[first]
            return [f"{part.before}{cell}{part.after}" for cell in columns[first]]
        cells = [repeat(None, rows) if at is None else columns[at] for at in places]
        return list(map(remembered if part.usual is None else _unforced(part.read), zip(*cells, strict=True)))


def _unforced(read: Read) -> Callable[[tuple[Any, ...]], str | None]:
    return lambda cells: read(*cells)


def escaped(value: str | None) -> str:
    """Return a value in COPY's text format."""
    if value is None:
        return NULL
    return value.translate(_ESCAPES) if _TO_ESCAPE(value) else value


def _codes(cells: Sequence[str]) -> bool:
    """Say whether all cells are numbers as marketplaces give them: a digit, then up to 99 digits, letters, hyphens."""
    joined = "\n".join((*cells, ""))
    return joined.count("\n") == len(cells) and _CODES(joined) is not None


def _days(cells: Sequence[str]) -> bool:
    """Say whether all cells are moments in the report's own form, which PostgreSQL reads too."""
    joined = "\n".join((*cells, ""))
    if joined.count("\n") != len(cells) or _DAYS(joined) is None:
        return False
    try:
        return all(map(datetime.fromisoformat, [cell[:19] for cell in cells]))
    except ValueError:
        return False


def _number(cell: str | None) -> str | None:
    found = word(cell)
    return f"stockx\t{escaped(found)}" if found is not None and len(found) <= 100 else None


def _product(item: str | None, style: str | None, sku: str | None) -> str | None:
    name = word(item)
    if name is None or len(name) > 500:
        return None
    code = word(style)
    return "\t".join(map(escaped, product_fields(name, word(sku) if code is None else code)))


def _size(first: str | None, second: str | None) -> str:
    found = word(first)
    return "\t".join(map(escaped, size_of((word(second) if found is None else found) or "N/A")))


def _amounts(*cells: str | None) -> str | None:
    gross, fee, payment, shipping, net, other_net = map(amount, cells)
    if gross is None or gross <= 0:
        return None
    return "\t".join(figures(gross, (fee, payment, shipping), other_net if net is None else net).values())


def _moment(cell: str | None) -> str | None:
    try:
        found = moment(cell)
    except BadValue:
        return None
    return NULL if found is None else found.isoformat()


def _sold(cell: str | None) -> str | None:
    found = _moment(cell)
    return None if found == NULL else found


def _pieces(currency: str | None, quantity: str | None) -> str | None:
    pieces = amount(quantity) or Decimal(1)
    if pieces != int(pieces) or not 1 <= pieces <= 1000:
        return None
    return f"{escaped((word(currency) or 'EUR').upper()[:3])}\t{int(pieces)}"


def _payout(cell: str | None) -> str:
    found = word(cell)
    return NULL if found in (None, "0") else escaped(found[:100])


def _short(cell: str | None, longest: int = 100) -> str:
    return escaped((word(cell) or "")[:longest] or None)


STOCKX = (
    Part(("Order Number",), _number, _codes, before="stockx\t"),
    Part(("Item", "Style", "SKU"), _product),
    Part(("Sku Size", "Size"), _size),
    Part(("Listing Price", "Seller Fee", "Payment Processing", "Shipping Fee", "Total Gross Amount (Total Payout)",
          "Total Payout"), _amounts),
    Part(("Sale Date",), _sold, _days),
    Part(("Listing Price Currency", "Quantity"), _pieces),
    Part(("Payout date",), _moment, _days),
    Part(("Payout ID",), _payout),
    Part(("Buyer Destination Country", "Buyer Destination City"),
         lambda country, city: f"{_short(country, 50)}\t{_short(city)}"),
    Part(("Invoice Number",), _short, _codes),
    Part(("Seller Tracking Number",), lambda cell: f"{_short(cell)}\t{NULL}", _codes, after=f"\t{NULL}"),
)  # fmt: skip
"""The parts of `judge_stockx`, in the order of `SALE_COLUMNS`; StockX's report has no notes."""
BY_COLUMNS = {"stockx": STOCKX}
