"""A judged file on its way into staging, as lines of PostgreSQL's COPY text format.

Written by hand because a report has forty columns and a business a hundred thousand rows: sales are joined of parts that
are remembered (`columns`), the cells they came from are kept a block of rows at a time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from domains.integration.repositories.import_sql import SALE_COLUMNS
from domains.integration.services.columns import BY_COLUMNS, Columns, escaped
from domains.integration.services.files import Block, Opened
from domains.integration.services.profiles import RowRefused
from shared.rules.import_values import order_ids

TOLD = SALE_COLUMNS[3:]


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


@dataclass(slots=True)
class Lines:
    """What some rows became: their cells, the good sales (a line or more each), what is to be said of the others."""

    rows: int
    source: str
    sales: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)


class Staging:
    """Judges the rows of one file."""

    def __init__(self, batch_id: uuid.UUID, begun: datetime, opened: Opened) -> None:
        """Take the batch the rows belong to, and the file."""
        self.batch, self.head, self.opened = str(batch_id), order_ids(batch_id, begun), opened
        self.profile, self.sales = opened.profile, opened.profile.kind == "sales"
        self.places: dict[str, int] = {}
        for place, name in enumerate(opened.header):
            self.places.setdefault(name, place)
        parts = BY_COLUMNS.get(opened.profile.name) if opened.texts else None
        self.columns = Columns(parts, opened.header) if parts else None

    def blocks(self) -> Iterator[Lines]:
        """Yield the lines of the file's rows, some hundred rows at a time."""
        for block in self.opened.blocks:
            numbers = block.numbers
            cells = _json(block.rows if block.columns is None else folded(block.columns))
            lines = Lines(len(numbers), f"{self.batch}\t{numbers[0]}\t{{{','.join(map(str, numbers))}}}\t{cells}\n")
            columns = self.columns and (block.columns or self.columns.of(block.rows))
            if self.columns and columns:
                self._by_columns(block, self.columns.read(columns, len(numbers)), lines)
            else:
                for number, row in zip(numbers, block.rows, strict=True):
                    self._carefully(number, row, lines)
            yield lines

    def _by_columns(self, block: Block, parts: Sequence[Sequence[Any]], lines: Lines) -> None:
        start, head = f"{self.batch}\t", f"\t{self.head}"
        keys = [f"{start}{number}{head}{number:012x}" for number in block.numbers]
        unusual = {place for part in parts if None in part for place, told in enumerate(part) if told is None}
        if not unusual:
            lines.sales.append("\n".join(map("\t".join, zip(keys, *parts, strict=True))) + "\n")
            return
        for place, told in enumerate(zip(keys, *parts, strict=True)):
            if place in unusual:
                self._carefully(block.numbers[place], block.rows[place], lines)
            else:
                lines.sales.append("\t".join(told) + "\n")

    def _carefully(self, number: int, cells: Sequence[Any], lines: Lines) -> None:
        row: Any = Cells(self.places, cells) if self.sales else dict(zip(self.opened.header, cells, strict=False))
        try:
            found = self.profile.judge(row)
        except RowRefused as error:
            lines.records.append(f"{self.batch}\t{number}\t\\N\t{_json(error.problems)}\terror\n")
            return
        if self.sales:
            lines.sales.append(sale_line(self.batch, self.head, number, found))
        else:
            lines.records.append(f"{self.batch}\t{number}\t{_json(found)}\t\\N\tnew\n")


def folded(columns: Sequence[Sequence[str]]) -> dict[str, list[Any]]:
    """Return a block's columns as they are kept: one that says the same in every row as that text alone."""
    return {
        "columns": [
            column[0] if column[0] == column[-1] and column.count(column[0]) == len(column) else column
            for column in columns
        ]
    }


def _json(value: object) -> str:
    """Return JSON for COPY: it holds no line breaks and no tabs, so backslashes are all there is to escape."""
    return to_json(value).decode().replace("\\", "\\\\")


def sale_line(batch: str, head: str, number: int, sale: Mapping[str, str | None]) -> str:
    """Return the line of a sale."""
    return "\t".join((batch, str(number), f"{head}{number:012x}", *(escaped(sale.get(name)) for name in TOLD))) + "\n"
