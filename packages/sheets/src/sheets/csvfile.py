"""Reading CSV (RFC 4180 and what Excel makes of it): encoding, delimiter and limits."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final

from sheets.cells import column_letter
from sheets.errors import Damaged, TooBig, WrongType
from sheets.escape import unescape_csv
from sheets.limits import Limits

_CHUNK: Final = 64 * 1024
_SAMPLE: Final = 64 * 1024
_SAMPLE_ROWS: Final = 50
_BLOCK: Final = 64
_DELIMITERS: Final = ";,\t|"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
# Cyrillic letters stand side by side; in Western texts an accented letter stands between plain ones.
_HIGH: Final = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How a CSV file is written: Python's name of the encoding, the delimiter, and lines to skip (`sep=;`)."""

    encoding: str
    delimiter: str
    skip: int = 0


def sniff(file: BinaryIO, encoding: str | None = None, delimiter: str | None = None) -> CsvShape:
    """Find out encoding (UTF-8, UTF-16 by its mark, cp1251, cp1252) and delimiter (`;`, `,`, tab, `|`).

    What is given is not guessed. A first line `sep=;`, as Excel writes and reads it, decides the delimiter. Leaves the
    file at its start.
    """
    encoding = encoding or sniff_encoding(file)
    sample = file.read(_SAMPLE).decode(encoding, "replace")
    file.seek(0)
    first, _newline, rest = sample.partition("\n")
    told = _SEP_LINE.match(first.rstrip("\r"))
    if told:
        return CsvShape(encoding, delimiter or told[1], 1)
    return CsvShape(encoding, delimiter or sniff_delimiter(first + "\n" + rest))


def sniff_encoding(file: BinaryIO) -> str:
    """Return the encoding of a whole file: by its mark, UTF-8 when every byte fits, else by how its letters stand."""
    head = file.read(4)
    file.seek(0)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    alone = together = 0
    utf8 = True
    while piece := file.read(_CHUNK):
        if utf8:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                utf8 = False
        if piece.isascii():
            continue
        for run in _HIGH.findall(piece):
            if len(run) > 1:
                together += len(run)
            else:
                alone += 1
    if utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
    file.seek(0)
    if utf8:
        return "utf-8"
    return "cp1251" if together > alone else "cp1252"


def sniff_delimiter(sample: str) -> str:
    """Return the delimiter that splits the first rows most evenly into the most cells; `,` when none splits them."""
    best, best_score = ",", 0.0
    for candidate in _DELIMITERS:
        widths = _widths(sample, candidate)
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        if usual < 2:
            continue
        score = widths.count(usual) / len(widths) + min(usual, 20) / 100
        if score > best_score:
            best, best_score = candidate, score
    return best


def _widths(sample: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                widths.append(len(row))
            if len(widths) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return widths[:-1]
    return widths


class CsvReader:
    """Rows of a CSV file, read as they are asked for."""

    def __init__(self, file: BinaryIO, shape: CsvShape, limits: Limits) -> None:
        """Read from `file`, which stays open; the encoding is proven here for the whole file."""
        self._nul, self._escaped = self._prove(file, shape.encoding)
        self._file = file
        self._shape = shape
        self._limits = limits

    def __iter__(self) -> Iterator[tuple[int, list[object]]]:
        """Yield (row number, texts); the number counts records as Excel shows them. Raises Damaged or TooBig."""
        for first, rows in self.blocks(_BLOCK):
            yield from enumerate(rows, first)

    def blocks(self, size: int) -> Generator[tuple[int, list[list[object]]]]:
        """Yield (number of the first row, up to `size` rows), empty rows among them; as iterating, without a step per row.

        What stands before a mistake is yielded before it is raised.
        """
        text = io.TextIOWrapper(self._file, self._shape.encoding, newline="")
        try:
            yield from self._blocks(text, size)
        finally:
            text.detach()

    def _blocks(self, text: io.TextIOWrapper, size: int) -> Generator[tuple[int, list[list[object]]]]:
        for _line in range(self._shape.skip):
            text.readline()
        number, filled = self._shape.skip + 1, 0
        reader: Any = csv.reader(
            _without_nul(text) if self._nul else text, delimiter=self._shape.delimiter, strict=True
        )
        while True:
            rows: list[list[object]] = []
            wrong: Damaged | TooBig | None = None
            try:
                rows.extend(islice(reader, size))
            except csv.Error as error:
                wrong = self._broken(number + len(rows), str(error))
            full = len(rows) == size
            rows, wrong = self._within(rows, number, filled, wrong)
            if self._escaped:
                rows = [[unescape_csv(cell) if cell[:1] == "'" else cell for cell in row] for row in rows]  # type: ignore[index, arg-type]
            if rows:
                yield number, rows
            if wrong is not None:
                raise wrong
            if not full:
                return
            number, filled = number + len(rows), filled + len(rows) - rows.count([])

    def _within(
        self, rows: list[list[object]], first: int, filled: int, wrong: Damaged | TooBig | None
    ) -> tuple[list[list[object]], Damaged | TooBig | None]:
        """Return the rows before the first one that breaks a limit, and the mistake that follows them."""
        limits = self._limits
        if filled + len(rows) <= limits.rows and max(map(len, rows), default=0) <= limits.columns:
            return rows, wrong
        for place, row in enumerate(rows):
            filled += bool(row)
            if filled > limits.rows:
                told = f"The file has more than {limits.rows:,} rows."
                return rows[:place], TooBig("TOO_MANY_ROWS", told, advice="Split it.", row=first + place)
            if len(row) > limits.columns:
                told = f"The row has more than {limits.columns} cells."
                return rows[:place], TooBig("TOO_MANY_COLUMNS", told, row=first + place, limit=limits.columns)
        return rows, wrong

    def _broken(self, row: int, reason: str) -> Damaged | TooBig:
        if "field larger" in reason:
            return TooBig("CELL_TOO_LONG", "A cell does not end; a quotation mark was probably not closed.", row=row)
        return Damaged(
            "BAD_CSV",
            "The row's quotation marks do not match.",
            advice="A mark inside a quoted cell is written twice; export the file anew.",
            row=row,
        )

    @staticmethod
    def _prove(file: BinaryIO, encoding: str) -> tuple[bool, bool]:
        """Decode the file once, so that nothing is given out of a file that breaks off in another encoding.

        Says whether there are NUL bytes in it (in UTF-16 there always are), and whether there are apostrophes.
        """
        decoder = codecs.getincrementaldecoder(encoding)()
        line, nul, escaped = 1, False, False
        try:
            while piece := file.read(_CHUNK):
                nul = nul or b"\0" in piece
                escaped = escaped or b"'" in piece
                line += decoder.decode(piece).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise WrongType(
                "BAD_ENCODING",
                f"The text is not in {encoding}, from about line {line} on.",
                advice="Save it as CSV UTF-8.",
                encoding=encoding,
            ) from error
        file.seek(0)
        return nul, escaped


def _without_nul(lines: io.TextIOWrapper) -> Iterator[str]:
    for line in lines:
        yield line.replace("\0", "")


def check_cell(value: str, limits: Limits, row: int, column: int) -> None:
    """Refuse a text longer than the limit; `column` counts from 0."""
    if len(value) > limits.cell_chars:
        raise TooBig(
            "CELL_TOO_LONG",
            f"The cell has {len(value):,} characters; {limits.cell_chars:,} are allowed.",
            row=row,
            column=column_letter(column),
            limit=limits.cell_chars,
            found=len(value),
        )
