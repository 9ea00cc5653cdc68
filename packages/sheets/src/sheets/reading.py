"""`read_table`: one door for every file that holds a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol, Self

from sheets.cells import Cell, clean_cell
from sheets.csvfile import CsvReader, check_cell, sniff
from sheets.errors import HeaderError
from sheets.limits import Limits
from sheets.source import Kind, Source, detect, open_source
from sheets.workbook import SheetReader

_HEADER_SEARCH: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something: its number as Excel shows it, and its cells from column A on, trailing blanks cut."""

    number: int
    cells: tuple[Cell, ...]

    def get(self, index: int) -> Cell:
        """Return the cell of a column counted from 0, None beyond the row's end."""
        return self.cells[index] if index < len(self.cells) else None


class HeaderFinder(Protocol):
    """Finds the header among a table's first rows."""

    def __call__(self, rows: Sequence[Row]) -> int:
        """Return the header's place in `rows`, counted from 0; raises HeaderError."""


Cleaner = Callable[[object], Cell]


class Table:
    """A table that is read once, row by row, in a `with` block.

    `kind` is "xlsx" or "csv", `name` the sheet's name ("" for CSV), `sheets` all sheet names, `header` the header row
    if one was asked for, `encoding` and `delimiter` those of a CSV file. Blank rows are left out.
    """

    def __init__(self, kind: Kind, rows: Iterable[tuple[int, list[object]]], limits: Limits, clean: Cleaner) -> None:
        """Built by `read_table`."""
        self.kind = kind
        self.name = ""
        self.sheets: tuple[str, ...] = ()
        self.encoding: str | None = None
        self.delimiter: str | None = None
        self.header: Row | None = None
        self._open = ExitStack()
        self._rows = self._clean(rows, limits, clean)

    def __enter__(self) -> Self:
        """Return the table."""
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows below the header."""
        return self._rows

    def close(self) -> None:
        """Let go of the file; one that the caller opened stays open."""
        self._rows = iter(())
        self._open.close()

    def _clean(self, rows: Iterable[tuple[int, list[object]]], limits: Limits, clean: Cleaner) -> Iterator[Row]:
        longest = limits.cell_chars
        for number, values in rows:
            for column, value in enumerate(values):
                if isinstance(value, str) and len(value) > longest:
                    check_cell(value, limits, number, column)
            cells = [clean(value) for value in values]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                yield Row(number, tuple(cells))

    def _take_header(self, header_row: int | HeaderFinder) -> None:
        first: list[Row] = []
        for row in self._rows:
            first.append(row)
            if (isinstance(header_row, int) and row.number >= header_row) or len(first) >= _HEADER_SEARCH:
                break
        if isinstance(header_row, int):
            at = next((place for place, row in enumerate(first) if row.number == header_row), None)
            if at is None:
                raise HeaderError("NO_HEADER", "The header row is empty.", row=header_row)
        else:
            at = header_row(first)
        self.header = first[at]
        self._rows = chain(first[at + 1 :], self._rows)


def read_table(
    source: Source,
    *,
    sheet: str | None = None,
    header_row: int | HeaderFinder | None = None,
    limits: Limits | None = None,
    clean: Cleaner = clean_cell,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Table:
    """Open a table in an `.xlsx`, `.xlsm` or CSV file, told apart by content.

    `sheet` is a name, None takes the first visible one. `header_row` is its number from 1, or a finder that is shown
    the first 50 rows that hold something (`find_header` makes one); with None every row is data. `clean` makes cells
    of raw values. `encoding` and `delimiter` are for CSV and guessed when not given.

    A workbook is looked through before the first row is given out; a CSV file's limits are met on the way. Raises
    SheetError: WrongType, Protected, Damaged, Unsafe, TooBig, SheetMissing, HeaderError; OSError for a path.
    """
    limits = limits or Limits()
    with ExitStack() as stack:
        file = stack.enter_context(open_source(source, limits))
        kind = detect(file)
        if kind == "xlsx":
            book = SheetReader(file, sheet, limits)
            stack.callback(book.close)
            table = Table(kind, book, limits, clean)
            table.name, table.sheets = book.name, book.names
        else:
            shape = sniff(file, encoding, delimiter)
            table = Table(kind, CsvReader(file, shape, limits), limits, clean)
            table.encoding, table.delimiter = shape.encoding, shape.delimiter
        if header_row is not None:
            table._take_header(header_row)  # noqa: SLF001 -- the second half of building a Table
        table._open = stack.pop_all()  # noqa: SLF001 -- the same
        return table
