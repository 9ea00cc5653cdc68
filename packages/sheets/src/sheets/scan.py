"""One strict pass over the XML of a worksheet, before the fast reader sees it.

calamine lays a sheet out as one dense block: a file of two kilobytes with a cell in XFD1048576 makes it ask for
hundreds of gigabytes, which ends the process. Here rows, columns and cells are counted by expat (never expanding an
entity, since a document type is refused), and the places are found where the sheet can be cut into small blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from sheets.cells import column_letter
from sheets.errors import Damaged, SheetError, TooBig
from sheets.limits import EXCEL_COLUMNS, EXCEL_ROWS, Limits
from sheets.package import check_encoding, doctype

_TOKEN_BYTES: Final = 1024 * 1024  # one tag or one attribute is never longer
_BLOCK_ROWS: Final = 1_000
_BLOCK_CELLS: Final = 20_000
_MAX_FAULTS: Final = 10_000
_RICH_TEXT: Final = 4  # white space between the runs of a formatted text and readings in kana are counted with it
_REFERENCE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})\Z")
_NUMBER: Final = re.compile(r"[0-9]{1,7}\Z")


@dataclass(slots=True)
class Block:
    """Some rows of a sheet: where their XML starts (byte offset) and the first row's number, counted from 1."""

    offset: int
    row: int
    cells: int = 0


@dataclass(slots=True)
class SheetScan:
    """What a pass over a worksheet found; `faults` are (row, column) of failed formulas, row from 1, column from 0."""

    blocks: list[Block] = field(default_factory=list)
    faults: set[tuple[int, int]] = field(default_factory=set)
    rows: int = 0
    cells: int = 0


def feed(name: str, parser: expat.XMLParserType, pieces: Iterable[bytes]) -> None:
    """Push a part through a parser; what is no well-formed, plain UTF-8 XML raises Damaged or Unsafe."""
    parser.StartDoctypeDeclHandler = _refuse_doctype(name)
    fed, first = 0, True
    try:
        for piece in pieces:
            if first:
                check_encoding(name, piece)
                first = False
            parser.Parse(piece)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > _TOKEN_BYTES:
                raise TooBig("TAG_TOO_LONG", f"The file's part {name!r} holds a tag of over a megabyte.")
        parser.Parse(b"", True)  # noqa: FBT003 -- pyexpat takes it by position only
    except expat.ExpatError as error:
        raise _damaged(f"The file's part {name!r} is broken at line {error.lineno}.") from error


def _refuse_doctype(name: str) -> Callable[[str, str | None, str | None, bool], None]:
    def refuse(*_declared: object) -> None:
        raise doctype(name)

    return refuse


def scan_worksheet(name: str, pieces: Iterable[bytes], limits: Limits, longest_shared: int) -> SheetScan:
    """Count a worksheet and find where to cut it.

    A block holds at most 1,000 row numbers and 20,000 cells, fewer when the workbook's longest shared text
    (`longest_shared` characters) could make so many cells a burden: the fast reader copies it into each.
    """
    scanner = _Scanner(limits, max(1, min(_BLOCK_CELLS, 16 * 1024 * 1024 // max(longest_shared, 1))))
    feed(name, scanner.parser, pieces)
    scanner.end_row()
    return scanner.found


class _Scanner:
    """Follows `row` and `c` wherever they stand, which counts at least what the fast reader will see."""

    def __init__(self, limits: Limits, block_cells: int) -> None:
        self.limits = limits
        self.block_cells = block_cells
        self.found = SheetScan()
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self._columns = min(limits.columns, EXCEL_COLUMNS)
        self._letters = [*map(column_letter, range(self._columns)), ""]  # the last one matches no reference
        self._row = 0
        self._row_text = ""
        self._column = -1
        self._row_cells = 0
        self._sheets = 0

    def _start(self, name: str, attributes: list[str]) -> None:
        if name == "v":
            return
        if name == "c":
            # Nearly every cell says that it follows the one before it: the quick way.
            column = self._column + 1
            if (
                attributes
                and attributes[1] == self._letters[column] + self._row_text
                and attributes[0] == "r"
                and "e" not in attributes
            ):
                self._column = column
                self._row_cells += 1
            else:
                self._cell(attributes)
            return
        name = name.rpartition(":")[2]
        if name == "c":
            self._cell(attributes)
        elif name == "row":
            self._begin_row(attributes)
        elif name == "sheetData":
            self._sheets += 1
            if self._sheets > 1:
                raise _damaged("The sheet holds its rows twice.")

    def _begin_row(self, attributes: list[str]) -> None:
        if not self._sheets:
            raise _damaged("A row stands before the sheet's data.")
        number = self._row + 1
        for index in range(0, len(attributes), 2):
            if attributes[index] == "r":
                number = _row_number(attributes[index + 1])
        if number <= self._row:
            raise _damaged(f"Row {number} follows row {self._row}.")
        if number > EXCEL_ROWS:
            raise TooBig("TOO_MANY_ROWS", f"Row {number} is beyond Excel's last row.", limit=EXCEL_ROWS, found=number)
        self.end_row()
        self._row, self._row_text, self._column = number, str(number), -1
        blocks = self.found.blocks
        if not blocks or number - blocks[-1].row >= _BLOCK_ROWS or blocks[-1].cells >= self.block_cells:
            blocks.append(Block(self.parser.CurrentByteIndex, number))

    def _cell(self, attributes: list[str]) -> None:
        """Take a cell that is not simply the next one: no reference, a gap, a failed formula, a prefix."""
        if not self._row:
            raise _damaged("A cell stands outside of a row.")
        self._column += 1
        failed = False
        for index in range(0, len(attributes), 2):
            if attributes[index] == "r":
                self._column = self._column_of(attributes[index + 1])
            elif attributes[index] == "t":
                failed = attributes[index + 1] == "e"
        if self._column >= self._columns:
            raise _too_many("COLUMNS", "columns", self._columns, self._row, column_letter(self._column))
        if failed and len(self.found.faults) < _MAX_FAULTS:
            self.found.faults.add((self._row, self._column))
        self._row_cells += 1
        if self._row_cells > EXCEL_COLUMNS:
            raise _damaged(f"Row {self._row} holds cells twice.")

    def _column_of(self, reference: str) -> int:
        match = _REFERENCE.match(reference)
        if match is None or int(match[2]) != self._row:
            raise _damaged(f"Row {self._row} holds a cell that calls itself {reference[:20]!r}.")
        column = 0
        for letter in match[1].upper():
            column = column * 26 + ord(letter) - 64
        return column - 1

    def end_row(self) -> None:
        """Add up the row that ends here."""
        if not self._row_cells:
            return
        found, limits = self.found, self.limits
        found.cells += self._row_cells
        found.blocks[-1].cells += self._row_cells
        found.rows += 1
        self._row_cells = 0
        if found.rows > limits.rows:
            raise _too_many("ROWS", "rows", limits.rows, self._row)
        if found.cells > limits.cells:
            raise _too_many("CELLS", "cells", limits.cells, self._row)


def _too_many(code: str, what: str, limit: int, row: int, column: str | None = None) -> TooBig:
    return TooBig(
        f"TOO_MANY_{code}",
        f"The sheet has more than {limit:,} {what}.",
        advice="Delete what is not needed (formatted empty cells count too), or split the sheet.",
        row=row,
        column=column,
        limit=limit,
    )


def _row_number(text: str) -> int:
    if not _NUMBER.match(text):
        raise _damaged(f"A row calls itself {text[:20]!r}.")
    return int(text)


def _damaged(text: str) -> SheetError:
    return Damaged("DAMAGED_XML", text, advice="Open it in Excel and save it anew as .xlsx.")


def scan_shared_strings(name: str, pieces: Iterable[bytes], limits: Limits) -> int:
    """Return how many characters the longest shared text has; raises TooBig when there are more texts than cells allowed."""
    longest = length = texts = 0

    def start(tag: str, _attributes: object) -> None:
        nonlocal length, texts
        if tag.rpartition(":")[2] == "si":
            texts += 1
            length = 0
            if texts > limits.cells:
                raise TooBig(
                    "TOO_MANY_TEXTS", f"The workbook has more than {limits.cells:,} texts.", limit=limits.cells
                )

    def text(data: str) -> None:
        nonlocal longest, length
        length += len(data)
        longest = max(longest, length)
        if length > _RICH_TEXT * limits.cell_chars:
            raise TooBig(
                "TEXT_TOO_LONG", f"A text is longer than {limits.cell_chars:,} characters.", limit=limits.cell_chars
            )

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    feed(name, parser, pieces)
    return longest


def scan_plain(name: str, pieces: Iterable[bytes]) -> None:
    """Refuse a part that is not well-formed, plain XML."""
    feed(name, expat.ParserCreate(), pieces)
