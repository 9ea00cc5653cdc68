"""Opens what was uploaded: CSV by columns or row by row, Excel through the strict reader; tells its kind by its columns."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, BinaryIO, Self

from sheets import Limits, read_table
from sheets.csvfile import CsvReader, CsvShape, sniff
from sheets.source import detect as detect_kind

from domains.integration.services.columns import BY_COLUMNS
from domains.integration.services.plain_csv import NotPlain, column_blocks
from domains.integration.services.profiles import CARD_COLUMNS, PROFILES, Profile, detect
from shared.error_handling.exceptions import ImportProcessingException
from shared.translation import gettext_noop, phrase

LIMITS = Limits(file_bytes=100 * 2**20, rows=1_000_000, columns=200, cells=40_000_000)
Cells = Sequence[Any]
ROWS = 500
"""So many rows are read at once."""


@dataclass(slots=True)
class Block:
    """Some rows with their numbers in a spreadsheet; `columns` where they were read by columns, all of the same length."""

    numbers: Sequence[int]
    columns: Sequence[Sequence[str]] | None = None
    _rows: Sequence[Cells] | None = None

    @property
    def rows(self) -> Sequence[Cells]:
        """Return the rows' cells."""
        if self._rows is None:
            self._rows = list(zip(*self.columns or (), strict=True))
        return self._rows


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
            shape = sniff(file)
            blocks: Iterator[Block] = stack.enter_context(closing(_carefully(file, shape, 1)))
        else:
            table = stack.enter_context(read_table(file, limits=LIMITS))
            blocks = _filled(_together((row.number, row.cells) for row in table))
        first = next(blocks, Block((), None, ((),)))
        header = [str(cell or "").strip().removeprefix("\ufeff") for cell in first.rows[0]]
        chosen = _told(header, profile)
        others: Iterator[Block]
        if texts and chosen.name in BY_COLUMNS and first.numbers[0] == 1:
            others = stack.enter_context(closing(_by_columns(file, shape, len(header))))
        else:
            others = chain([Block(first.numbers[1:], None, first.rows[1:])] if len(first.rows) > 1 else [], blocks)
        return Opened(header, chosen, others, texts, stack.pop_all())


def _carefully(file: BinaryIO, shape: CsvShape, begin: int) -> Generator[Block]:
    """Read row by row from row `begin` on; what does not fit into CSV raises SheetError. To be closed."""
    file.seek(0)
    with closing(CsvReader(file, shape, LIMITS).blocks(ROWS)) as read:
        for first, rows in read:
            skipped = max(0, begin - first)
            if skipped < len(rows):
                yield from _filled([Block(range(first + skipped, first + len(rows)), None, rows[skipped:])])


def _by_columns(file: BinaryIO, shape: CsvShape, width: int) -> Generator[Block]:
    """Read what follows the header by columns as far as it is plain, then carefully. To be closed."""
    number = 1
    try:
        for columns in column_blocks(file, shape, width, ROWS, LIMITS.rows):
            header = number == 1
            numbers = range(number + header, number + len(columns[0]))
            number = numbers.stop
            if numbers:
                block = Block(numbers, [column[header:] for column in columns] if header else columns)
                yield from [block] if any(map(all, columns)) else _filled([block])
    except NotPlain:
        yield from _carefully(file, shape, max(number, 2))


def _filled(blocks: Iterable[Block]) -> Iterator[Block]:
    """Leave out rows that hold nothing."""
    for block in blocks:
        if all(map(any, block.rows)):
            yield block
        elif found := [(number, cells) for number, cells in zip(block.numbers, block.rows, strict=True) if any(cells)]:
            yield Block(next(zip(*found, strict=True)), None, [cells for _, cells in found])


def _together(rows: Iterator[tuple[int, Cells]]) -> Iterator[Block]:
    while block := list(islice(rows, ROWS)):
        yield Block([number for number, _ in block], None, [cells for _, cells in block])


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
        raise ImportProcessingException(
            phrase("%(kind)s: the columns %(columns)s are missing", kind=chosen.title, columns=", ".join(missing))
        )
    return chosen
