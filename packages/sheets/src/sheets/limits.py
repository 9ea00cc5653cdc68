"""How much a file may ask of us before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024

# Excel's own limits: "Excel specifications and limits", Microsoft Support.
EXCEL_ROWS = 1_048_576
EXCEL_COLUMNS = 16_384
EXCEL_CELL_CHARS = 32_767


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on a file that is read; the defaults suit an upload in a page.

    `file_bytes` is the file as it came. For workbooks, `unpacked_bytes` holds for all members together, `ratio` for
    every member of at least `ratio_from_bytes` unpacked (worksheets shrink to a tenth, seldom to a fiftieth), `members`
    for the entries of the archive. `rows` counts rows that hold something, `columns` is the rightmost column that may,
    `cells` counts cells that are written down, `cell_chars` the characters of one cell.
    """

    file_bytes: int = 20 * MIB
    unpacked_bytes: int = 200 * MIB
    ratio: int = 250
    ratio_from_bytes: int = 4 * MIB
    members: int = 1_000
    rows: int = 200_000
    columns: int = 256
    cells: int = 3_000_000
    cell_chars: int = EXCEL_CELL_CHARS
