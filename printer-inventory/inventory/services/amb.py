"""A contractor's own spreadsheet (AMB), filled with the last believed counters."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, BinaryIO, Final

from django.db.models import Q
from sheets import check_template
from sheets.headers import normalise_header

from inventory.models import Printer
from inventory.rules.amb import COLUMNS, HEADER_ROWS, READ_AT, Layout, find_layout
from inventory.rules.identity import normal_serial

MOST_COLUMNS: Final = 200
TIME: Final = "DD.MM.YYYY HH:MM"


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled workbook, how many of its rows got figures, and the serial numbers that no printer has told."""

    content: bytes
    rows: int
    unknown: tuple[str, ...]


def fill_template(file: BinaryIO, zone: tzinfo, organization: int | None = None) -> Filled:
    """Return the template with the counters of each row's serial number (its case does not matter) and when they were read.

    Of printers with one serial number the one in use counts, and of these the one read last. A counter that a device does not
    tell leaves its cell as it is. SheetError for a file that is no safe workbook, TemplateError for one without the columns.
    """
    import openpyxl  # type: ignore[import-untyped]  # half a second of every start; its types are a package of their own

    check_template(file)
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    width = min(sheet.max_column, MOST_COLUMNS)
    titles = [
        [normalise_header(str(cell.value or "")) for cell in cells]
        for cells in sheet.iter_rows(min_row=1, max_row=HEADER_ROWS, max_col=width)
    ]
    layout = find_layout(titles)
    filled, unknown = _fill(sheet, layout, width + 1, _counters(organization), zone)
    content = io.BytesIO()
    book.save(content)
    return Filled(content.getvalue(), filled, tuple(unknown))


def _counters(organization: int | None) -> dict[str, dict[str, Any]]:
    rows = Printer.objects.filter(~Q(serial_number=""), status__last_success_at__isnull=False)
    if organization is not None:
        rows = rows.filter(organization=organization)
    names = ("serial_number", "status__last_success_at", *(f"status__{name}" for name in COLUMNS))
    ordered = rows.order_by("is_active", "status__last_success_at", "pk").values(*names)
    return {normal_serial(row["serial_number"]): row for row in ordered}


def _fill(
    sheet: Any, layout: Layout, new: int, known: dict[str, dict[str, Any]], zone: tzinfo
) -> tuple[int, list[str]]:
    filled, unknown = 0, []
    sheet.cell(layout.row, new, READ_AT)
    for number in range(layout.row + 1, sheet.max_row + 1):
        serial = str(sheet.cell(number, layout.serial).value or "").strip()
        if not serial:
            continue
        row = known.get(normal_serial(serial))
        if row is None:
            unknown.append(serial)
            continue
        for counter, place in layout.counters.items():
            if row[f"status__{counter}"] is not None:
                sheet.cell(number, place, row[f"status__{counter}"])
        when = sheet.cell(number, new, row["status__last_success_at"].astimezone(zone).replace(tzinfo=None))
        when.number_format = TIME
        filled += 1
    return filled, unknown
