"""Opens what was uploaded: CSV row by row, Excel through the strict reader; tells the kind of file by its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

from sheets import Limits, read_table
from sheets.csvfile import CsvReader, sniff
from sheets.source import detect as detect_kind

from domains.integration.services.profiles import CARD_COLUMNS, PROFILES, Profile, detect
from shared.error_handling.exceptions import ImportProcessingException
from shared.translation import gettext_noop

LIMITS = Limits(file_bytes=100 * 2**20, rows=1_000_000, columns=200, cells=40_000_000)
Cells = Sequence[Any]


@dataclass
class Opened:
    """A file whose header was read; `rows` are the others, numbered as a spreadsheet shows them. To be closed."""

    header: list[str]
    profile: Profile
    rows: Iterator[tuple[int, Cells]]
    closing: ExitStack = field(repr=False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.close()


def open_file(file: BinaryIO, profile: str | None = None) -> Opened:
    """Open a table; raises SheetError for what is none, ImportProcessingException for one that no profile knows."""
    with ExitStack() as stack:
        if detect_kind(file) == "csv":
            reader = _csv(file)
            stack.callback(reader.close)
            rows: Iterator[tuple[int, Cells]] = reader
        else:
            table = stack.enter_context(read_table(file, limits=LIMITS))
            rows = ((row.number, row.cells) for row in table)
        _, first = next(rows, (0, ()))
        header = [str(cell or "").strip().removeprefix("\ufeff") for cell in first]
        return Opened(header, _told(header, profile), rows, stack.pop_all())


def _csv(file: BinaryIO) -> Any:
    """Yield the rows of a CSV file that hold something."""
    for number, cells in CsvReader(file, sniff(file), LIMITS):
        if any(cells):
            yield number, cells


def _told(header: list[str], name: str | None) -> Profile:
    if CARD_COLUMNS & {title.upper().replace(" ", "_") for title in header}:
        raise ImportProcessingException(
            gettext_noop("This file holds card numbers; take those columns out, they are never stored")
        )
    chosen = PROFILES.get(name) if name else detect(header)
    if chosen is None:
        raise ImportProcessingException(
            gettext_noop("The columns of this file fit none of the formats we know"), details={"columns": header[:60]}
        )
    if missing := [title for title in chosen.required if title not in header]:
        raise ImportProcessingException(f"{chosen.title}: the columns {', '.join(missing)} are missing")
    return chosen
