"""`write_table` and `stream_table`: one door for every table that leaves the house."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final, cast

from sheets.errors import NotWritable
from sheets.escape import escape_csv
from sheets.limits import MIB
from sheets.source import Kind
from sheets.values import Line, Out, Plain, Styled, Written, plain
from sheets.xlsxfile import XlsxStyle, write_xlsx

_CHUNK: Final = 64 * 1024
_SPOOL: Final = MIB // 4  # a workbook of more goes to a temporary file, so that memory does not follow its size
_COMMA_LANGUAGES: Final = (
    "be bg bs ca cs da de el es et fi fr hr hu id is it ka kk lt lv mk "
    "nb nl nn no pl pt ro ru sk sl sq sr sv tr uk uz vi"
)
_POINT_REGIONS: Final = ("de-ch", "de-li", "es-mx", "it-ch")  # they write 1.5 in a language that writes 1,5


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file is written. The mark at its start (`bom`) is what makes Excel read UTF-8."""

    delimiter: str = ","
    decimal: str = "."
    bom: bool = True

    def __post_init__(self) -> None:
        """Refuse a file whose numbers would fall apart into two cells."""
        if len(self.delimiter) != 1 or self.delimiter in "\"'\r\n" or self.delimiter == self.decimal:
            raise ValueError(f"no delimiter beside the decimal mark {self.decimal!r}: {self.delimiter!r}")


def csv_style(language: str) -> CsvStyle:
    """Return what Excel expects in a language ("ru", "de-AT"): `;` and decimal comma, or `,` and point (CLDR numbers)."""
    tag = language.lower().replace("_", "-")
    comma = tag.partition("-")[0] in _COMMA_LANGUAGES.split() and not tag.startswith(_POINT_REGIONS)
    return CsvStyle(delimiter=";", decimal=",") if comma else CsvStyle()


def write_table(
    target: str | os.PathLike[str] | BinaryIO,
    columns: Sequence[Out | str],
    rows: Iterable[Sequence[object] | Line],
    *,
    kind: Kind = "xlsx",
    sheet: str = "Sheet1",
    style: XlsxStyle | None = None,
    csv_as: CsvStyle | None = None,
    zone: tzinfo = UTC,
) -> Written:
    """Write a header and rows as `.xlsx` or CSV; rows are taken one by one and memory does not grow with them.

    A row is a sequence of values in the columns' order (missing ones at its end stay empty), or a `Line`; a value is
    text, number, Decimal, bool, date, datetime, time, timedelta, None or `Styled`. Aware times are shown in `zone`.
    Text is never run as a formula (see `sheets.escape`), numbers of more than 15 digits go to Excel as text, and a
    text over 32,767 characters is cut there, which the result tells.

    A path holds the whole file or, after an error, what it held before; a file object receives nothing after an error
    (`.xlsx`) or what was written so far (CSV). Raises NotWritable, TypeError, OSError.
    """
    outs = [column if isinstance(column, Out) else Out(column) for column in columns]
    if not outs:
        raise NotWritable("NO_COLUMNS", "A table needs a column.")
    with _opened(target) as file:
        if kind == "csv":
            written = Written()
            for piece in _csv_pieces(outs, rows, csv_as or CsvStyle(), zone, written):
                file.write(piece)
            return written
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as spool:
            written = write_xlsx(cast("BinaryIO", spool), outs, rows, sheet=sheet, style=style, zone=zone)
            for piece in _pieces(cast("BinaryIO", spool)):
                file.write(piece)
            return written


def stream_table(
    columns: Sequence[Out | str],
    rows: Iterable[Sequence[object] | Line],
    *,
    kind: Kind = "xlsx",
    sheet: str = "Sheet1",
    style: XlsxStyle | None = None,
    csv_as: CsvStyle | None = None,
    zone: tzinfo = UTC,
    told: Callable[[Written], None] | None = None,
) -> Iterator[bytes]:
    """Yield the same file in pieces of about 64 KiB, for a streaming response.

    CSV flows as rows are taken. A workbook's first piece comes when its last row is written (its table of contents
    stands at the end), from a temporary file. `told` is given the result once the last row is written.
    """
    outs = [column if isinstance(column, Out) else Out(column) for column in columns]
    if kind == "csv":
        written = Written()
        yield from _csv_pieces(outs, rows, csv_as or CsvStyle(), zone, written)
        if told:
            told(written)
        return
    if not outs:
        raise NotWritable("NO_COLUMNS", "A table needs a column.")
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as spool:
        written = write_xlsx(cast("BinaryIO", spool), outs, rows, sheet=sheet, style=style, zone=zone)
        if told:
            told(written)
        yield from _pieces(cast("BinaryIO", spool))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_CHUNK):
        yield piece


@contextmanager
def _opened(target: str | os.PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    """Give a file to write; a path is replaced only by a whole file."""
    if not isinstance(target, (str, os.PathLike)):
        yield target
        return
    path = Path(target)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        try:
            yield cast("BinaryIO", part)
            part.flush()
            Path(part.name).chmod(0o644)  # a temporary file is private; the export is an ordinary one
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _csv_pieces(
    columns: Sequence[Out], rows: Iterable[Sequence[object] | Line], style: CsvStyle, zone: tzinfo, written: Written
) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=style.delimiter, lineterminator="\r\n")
    if style.bom:
        buffer.write("\ufeff")
    writer.writerow([_csv_text(column.title, style, zone) for column in columns])
    for number, row in enumerate(rows, 1):
        cells = row.cells if isinstance(row, Line) else row
        if len(cells) > len(columns):
            raise NotWritable("TOO_MANY_CELLS", "The row has more cells than there are columns.", row=number + 1)
        padding = [""] * (len(columns) - len(cells))
        writer.writerow([_csv_text(cell, style, zone) for cell in cells] + padding)
        written.rows = number
        if buffer.tell() >= _CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _csv_text(cell: object, style: CsvStyle, zone: tzinfo) -> str:
    value = plain(cell.value if isinstance(cell, Styled) else cell, zone)
    return escape_csv(value) if isinstance(value, str) else _csv_number(value, style)


def _csv_number(value: Plain, style: CsvStyle) -> str:
    """Return anything but text as CSV shows it: dates in ISO 8601, numbers without grouping or exponent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", style.decimal)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="auto")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
