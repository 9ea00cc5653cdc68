"""Writing `.xlsx` with xlsxwriter, one row in memory at a time."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import BinaryIO, Final

from xlsxwriter import Workbook  # type: ignore[import-untyped] # it has annotations, but no py.typed
from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped] # it has annotations, but no py.typed
from xlsxwriter.format import Format  # type: ignore[import-untyped] # it has annotations, but no py.typed
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped] # it has annotations, but no py.typed

from sheets.errors import NotWritable
from sheets.escape import starts_formula
from sheets.limits import EXCEL_CELL_CHARS, EXCEL_COLUMNS, EXCEL_ROWS
from sheets.values import Line, Out, Plain, Styled, Written, excel_value, plain

_NAME_CHARS: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_COLOR: Final = re.compile(r"[0-9A-Fa-f]{6}\Z")
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class XlsxStyle:
    """The look of a sheet: colours as RRGGBB, Excel's number formats, widths in characters."""

    header_fill: str = "E9ECEF"
    header_border: bool = False
    freeze_header: bool = True
    autofilter: bool = True
    date_format: str = "dd.mm.yyyy"
    moment_format: str = "dd.mm.yyyy hh:mm:ss"
    time_format: str = "hh:mm:ss"
    span_format: str = "[h]:mm:ss"
    min_width: int = 8
    max_width: int = 60


def sheet_name(text: str, fallback: str = "Sheet1") -> str:
    """Make a sheet's name out of any text: at most 31 characters (UTF-16 units), none of `[]:*?/\\`, no outer apostrophe."""
    name = _FORBIDDEN.sub(" ", text).strip().strip("'").strip()
    while _units(name) > _NAME_CHARS:
        name = name[:-1].rstrip().rstrip("'")
    return fallback if not name or name.casefold() == "history" else name


def check_sheet_name(name: str) -> None:
    """Raise NotWritable for a name that Excel refuses ("Rename a worksheet", Microsoft Support)."""
    if not name or sheet_name(name, fallback="") != name:
        raise NotWritable("SHEET_NAME", f"Excel takes no sheet named {name[:40]!r}.", advice="Use sheet_name() first.")


def contrast(fill: str) -> str:
    """Return black or white, whichever reads better on a colour (WCAG 2.2, relative luminance)."""
    parts = [int(fill[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return "000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "FFFFFF"


def write_xlsx(
    target: BinaryIO,
    columns: Sequence[Out],
    rows: Iterable[Sequence[object] | Line],
    *,
    sheet: str = "Sheet1",
    style: XlsxStyle | None = None,
    zone: tzinfo = UTC,
) -> Written:
    """Write one sheet into a seekable binary file; see `write_table`."""
    check_sheet_name(sheet)
    if len(columns) > EXCEL_COLUMNS:
        raise NotWritable("TOO_MANY_COLUMNS", f"Excel has {EXCEL_COLUMNS:,} columns.", limit=EXCEL_COLUMNS)
    with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
        # Every option that would give a text another meaning than text is off.
        book = Workbook(
            target,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        try:
            return _SheetWriter(book, sheet, columns, style or XlsxStyle(), zone).write(rows)
        except BaseException:
            # What was opened is closed; the half file in `target` is the caller's to throw away.
            with suppress(XlsxWriterException, OSError, ValueError):
                book.close()
            raise


class _SheetWriter:
    """Writes one sheet row by row; formats are made once per look."""

    def __init__(self, book: Workbook, name: str, columns: Sequence[Out], style: XlsxStyle, zone: tzinfo) -> None:
        self.book = book
        self.sheet: Worksheet = book.add_worksheet(name)
        self.columns = columns
        self.style = style
        self.zone = zone
        self.done = Written()
        self.widths = [_width(column.title) for column in columns]
        self._formats: dict[tuple[object, ...], Format | None] = {}

    def write(self, rows: Iterable[Sequence[object] | Line]) -> Written:
        """Write header, rows and what needs to know their number."""
        self._header()
        for number, row in enumerate(rows, 1):
            if number >= EXCEL_ROWS:
                raise NotWritable(
                    "TOO_MANY_ROWS",
                    f"Excel has {EXCEL_ROWS:,} rows.",
                    advice="Filter, or export as CSV.",
                    limit=EXCEL_ROWS,
                )
            self._row(number, row if isinstance(row, Line) else Line(row))
            self.done.rows = number
        self._frame()
        self.book.close()
        return self.done

    def _header(self) -> None:
        look: dict[str, object] = {
            "bold": True,
            "bg_color": _color(self.style.header_fill),
            "font_color": _color(contrast(self.style.header_fill)),
            "valign": "vcenter",
            "text_wrap": True,
            "border": int(self.style.header_border),
        }
        head = self.book.add_format(look)
        for index, column in enumerate(self.columns):
            text = plain(column.title)
            self.sheet.write_string(0, index, str(text)[:EXCEL_CELL_CHARS], head)

    def _row(self, number: int, line: Line) -> None:
        if len(line.cells) > len(self.columns):
            raise NotWritable("TOO_MANY_CELLS", "The row has more cells than there are columns.", row=number + 1)
        for index, cell in enumerate(line.cells):
            styled = cell if isinstance(cell, Styled) else None
            value = excel_value(plain(styled.value if styled else cell, self.zone))
            if isinstance(value, str):
                value = self._fit(value, number, index)
            self._cell(number, index, value, line, styled)

    def _cell(self, row: int, index: int, value: Plain, line: Line, styled: Styled | None) -> None:
        sheet = self.sheet
        form = self._format(index, value, line, styled)
        if value is None:
            if form is not None:
                sheet.write_blank(row, index, None, form)
            return
        if self.columns[index].width is None:
            self.widths[index] = max(self.widths[index], _width(value))
        if isinstance(value, str):
            sheet.write_string(row, index, value, form)
        elif isinstance(value, bool):
            sheet.write_boolean(row, index, value, form)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, index, value, form)
        else:
            sheet.write_datetime(row, index, value, form)

    def _fit(self, text: str, row: int, index: int) -> str:
        """Cut a text at Excel's limit, which counts UTF-16 units, and say so in the result."""
        if len(text) * 2 <= EXCEL_CELL_CHARS or _units(text) <= EXCEL_CELL_CHARS:
            return text
        self.done.note_shortened(row + 1, self.columns[index].title)
        half = text.encode("utf-16-le")[: (EXCEL_CELL_CHARS - 1) * 2]
        return half.decode("utf-16-le", "ignore") + _ELLIPSIS

    def _format(self, index: int, value: Plain, line: Line, styled: Styled | None) -> Format | None:
        """Return the format of a cell; a text that looks like a formula is marked so that editing keeps it a text."""
        quoted = isinstance(value, str) and not value[:1].isalnum() and starts_formula(value)
        is_plain = styled is None and line.fill is None and not line.bold
        key = (
            (index, type(value), quoted)
            if is_plain
            else (index, type(value), quoted, line.fill, line.bold, *_look(styled))
        )
        if key not in self._formats:
            number_format = (styled.format if styled else None) or self.columns[index].format or self._by_type(value)
            fill = (styled.fill if styled else None) or line.fill
            bold = line.bold or bool(styled and styled.bold)
            self._formats[key] = self._make(index, number_format, fill, bold=bold, quoted=quoted)
        return self._formats[key]

    def _by_type(self, value: Plain) -> str | None:
        if isinstance(value, datetime):
            return self.style.moment_format
        if isinstance(value, date):
            return self.style.date_format
        if isinstance(value, time):
            return self.style.time_format
        return self.style.span_format if isinstance(value, timedelta) else None

    def _make(
        self, index: int, number_format: str | None, fill: str | None, *, bold: bool, quoted: bool
    ) -> Format | None:
        column = self.columns[index]
        look: dict[str, object] = {}
        if number_format:
            look["num_format"] = number_format
        if column.align:
            look["align"] = column.align
        if column.wrap:
            look["text_wrap"] = True
        if fill:
            look |= {"bg_color": _color(fill), "font_color": _color(contrast(fill))}
        if bold:
            look["bold"] = True
        if quoted:
            look["quote_prefix"] = True
        return self.book.add_format(look) if look else None

    def _frame(self) -> None:
        style = self.style
        for index, column in enumerate(self.columns):
            width = column.width or min(max(self.widths[index] + 2, style.min_width), style.max_width)
            self.sheet.set_column(index, index, width)
        if style.freeze_header:
            self.sheet.freeze_panes(1, 0)
        if style.autofilter and self.columns:
            self.sheet.autofilter(0, 0, max(self.done.rows, 1), len(self.columns) - 1)


def _look(styled: Styled | None) -> tuple[object, ...]:
    return (styled.fill, styled.bold, styled.format) if styled else ()


def _width(value: object) -> int:
    """Return how many characters a value takes; of a long text the longest of its first lines."""
    if isinstance(value, str):
        return max(map(len, value[:400].split("\n"))) if "\n" in value[:400] else min(len(value), 400)
    if isinstance(value, datetime):
        return 19
    return 10 if isinstance(value, (date, time, timedelta)) else len(str(value))


def _color(text: str) -> str:
    text = text.removeprefix("#")
    if not _COLOR.match(text):
        raise ValueError(f"no colour of the form RRGGBB: {text[:20]!r}")
    return f"#{text}"


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
