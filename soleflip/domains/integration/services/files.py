"""Opens what was uploaded: CSV row by row, Excel through the strict reader; tells the kind of file by its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, BinaryIO, Self

from sheets import Limits, read_table
from sheets.csvfile import CsvReader, sniff
from sheets.source import detect as detect_kind

from domains.integration.services.profiles import CARD_COLUMNS, PROFILES, Profile, detect
from shared.error_handling.exceptions import ImportProcessingException
from shared.translation import gettext_noop

LIMITS = Limits(file_bytes=100 * 2**20, rows=1_000_000, columns=200, cells=40_000_000)
Cells = Sequence[Any]
Block = tuple[Sequence[int], Sequence[Cells]]
ROWS = 500
"""So many rows are read at once."""


@dataclass
class Opened:
    """A file whose header was read; `blocks` are the others that hold something, with their numbers in a spreadsheet.

    `texts` says that every cell is a text. To be closed.
    """

    header: list[str]
    profile: Profile
    blocks: Iterator[Block]
    texts: bool
    closing: ExitStack = field(repr=False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.close()


def open_file(file: BinaryIO, profile: str | None = None) -> Opened:
    """Open a table; raises SheetError for what is none, ImportProcessingException for one that no profile knows."""
    with ExitStack() as stack:
        texts = detect_kind(file) == "csv"
        if texts:
            read = CsvReader(file, sniff(file), LIMITS).blocks(ROWS)
            stack.callback(read.close)
            blocks = _filled((range(first, first + len(rows)), rows) for first, rows in read)
        else:
            table = stack.enter_context(read_table(file, limits=LIMITS))
            blocks = _filled(_together((row.number, row.cells) for row in table))
        numbers, rows = next(blocks, ((), ((),)))
        header = [str(cell or "").strip().removeprefix("\ufeff") for cell in rows[0]]
        others = chain([(numbers[1:], rows[1:])] if len(rows) > 1 else [], blocks)
        return Opened(header, _told(header, profile), others, texts, stack.pop_all())


def _filled(blocks: Iterable[Block]) -> Iterator[Block]:
    """Leave out rows that hold nothing."""
    for numbers, rows in blocks:
        if all(map(any, rows)):
            yield numbers, rows
        elif found := [(number, cells) for number, cells in zip(numbers, rows, strict=True) if any(cells)]:
            yield next(zip(*found, strict=True)), [cells for _, cells in found]


def _together(rows: Iterator[tuple[int, Cells]]) -> Iterator[Block]:
    while block := list(islice(rows, ROWS)):
        yield [number for number, _ in block], [cells for _, cells in block]


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
