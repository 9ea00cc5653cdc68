"""A judged file on its way into staging: each row as two lines of PostgreSQL's COPY text format.

Written by hand because a report has forty columns and a business a hundred thousand rows: a line costs one join and one
look for characters that have to be escaped.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from domains.integration.repositories.import_sql import SALE_COLUMNS
from domains.integration.services.profiles import Profile, RowRefused
from shared.rules.import_values import order_ids

TOLD = SALE_COLUMNS[3:]
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Cells:
    """A row's cells by the names of their columns, without a dictionary made for each row."""

    __slots__ = ("cells", "places")

    def __init__(self, places: Mapping[str, int], cells: Sequence[Any]) -> None:
        """Take where each column stands, and the cells."""
        self.places, self.cells = places, cells

    def get(self, name: str) -> Any:
        """Return a cell; None for a column that is not there."""
        place = self.places.get(name)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def __iter__(self) -> Iterator[str]:
        """Yield the columns' names."""
        return iter(self.places)


def line(values: Sequence[str | None]) -> str:
    r"""Return a line of COPY's text format; None is \N."""
    joined = "\t".join(["\\N" if value is None else value for value in values])
    escaped = joined.count("\\") != values.count(None) or joined.count("\t") != len(values) - 1
    if escaped or "\n" in joined or "\r" in joined:
        joined = "\t".join(["\\N" if value is None else value.translate(_ESCAPES) for value in values])
    return joined + "\n"


def judge(
    batch_id: uuid.UUID, begun: datetime, header: Sequence[str], profile: Profile, rows: Iterator[tuple[int, Sequence[Any]]]
) -> Iterator[tuple[str, str | None]]:  # fmt: skip
    """Yield for every row its line of `import_records` and, for a good sale, its line of `import_sales`."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault(name, place)
    batch, head, sales = str(batch_id), order_ids(batch_id, begun), profile.kind == "sales"
    for number, cells in rows:
        row: Any = Cells(places, cells) if sales else dict(zip(header, cells, strict=False))
        start = f"{batch}\t{number}\t{_json(cells)}\t"
        try:
            found = profile.judge(row)
        except RowRefused as error:
            yield f"{start}\\N\t{_json(error.problems)}\terror\n", None
            continue
        if sales:
            yield f"{start}\\N\t\\N\tnew\n", sale_line(batch, head, number, found)
        else:
            yield f"{start}{_json(found)}\t\\N\tnew\n", None


def _json(value: object) -> str:
    """Return JSON for COPY: it holds no line breaks and no tabs, so backslashes are all there is to escape."""
    return to_json(value).decode().replace("\\", "\\\\")


def sale_line(batch: str, head: str, number: int, sale: Mapping[str, str | None]) -> str:
    """Return the line of a sale."""
    return line((batch, str(number), f"{head}{number:012x}", *map(sale.get, TOLD)))
