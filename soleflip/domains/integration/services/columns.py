"""StockX's report judged by columns: what its usual cells mean is found once and remembered, so a row is a join of texts.

A part of a sale follows from a few cells. `Part.read` returns its fields in COPY's text format, or None for cells that are
not usual; a row with such a cell is read by the profile's careful `judge`, which also says what is wrong with it. Both give
the same line; a test compares them over hostile cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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
_USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \+00").fullmatch

Read = Callable[..., str | None]


@dataclass(frozen=True, slots=True)
class Part:
    """Fields of a sale: the columns they follow from, and how; `unique` cells are not worth remembering."""

    columns: tuple[str, ...]
    read: Read
    unique: bool = False


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
            ([places.get(name) for name in part.columns], part.read if part.unique else _Remembered(part.read).__getitem__,
             part.unique)
            for part in parts
        ]  # fmt: skip

    def read(self, rows: Sequence[Sequence[str]]) -> Iterator[tuple[str | None, ...]]:
        """Yield of every row the parts of its sale; None stands for one that is to be read carefully.

        Every row has to be as wide as the header.
        """
        columns = {at: [row[at] for row in rows] for at in self.needed}
        found: list[Iterable[str | None]] = []
        for places, read, unique in self.parts:
            cells: list[Iterable[str | None]] = [repeat(None) if at is None else columns[at] for at in places]
            if all(place is None for place in places):
                cells[0] = repeat(None, len(rows))
            found.append(map(read, *cells) if unique else map(read, zip(*cells, strict=False)))
        return zip(*found, strict=False)


def escaped(value: str | None) -> str:
    """Return a value in COPY's text format."""
    if value is None:
        return NULL
    return value.translate(_ESCAPES) if _TO_ESCAPE(value) else value


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
    if cell is not None and _USUAL(cell):
        try:
            datetime.fromisoformat(cell[:19])
        except ValueError:
            return None
        return cell
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
    Part(("Order Number",), _number, unique=True),
    Part(("Item", "Style", "SKU"), _product),
    Part(("Sku Size", "Size"), _size),
    Part(("Listing Price", "Seller Fee", "Payment Processing", "Shipping Fee", "Total Gross Amount (Total Payout)",
          "Total Payout"), _amounts),
    Part(("Sale Date",), _sold, unique=True),
    Part(("Listing Price Currency", "Quantity"), _pieces),
    Part(("Payout date",), _moment, unique=True),
    Part(("Payout ID",), _payout),
    Part(("Buyer Destination Country", "Buyer Destination City"),
         lambda country, city: f"{_short(country, 50)}\t{_short(city)}"),
    Part(("Invoice Number",), _short, unique=True),
    Part(("Seller Tracking Number",), lambda cell: f"{_short(cell)}\t{NULL}", unique=True),
)  # fmt: skip
"""The parts of `judge_stockx`, in the order of `SALE_COLUMNS`; StockX's report has no notes."""
BY_COLUMNS = {"stockx": STOCKX}
