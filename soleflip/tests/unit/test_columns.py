"""Reading a report by columns and reading its rows carefully say the same of every cell."""

from __future__ import annotations

import csv
import io
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sheets import SheetError
from sheets.csvfile import CsvReader, CsvShape

from cli.sample import COLUMNS, stockx_rows
from domains.integration.repositories.import_repository import block_rows
from domains.integration.services import plain_csv
from domains.integration.services.files import LIMITS, open_file
from domains.integration.services.plain_csv import column_blocks
from domains.integration.services.staging import Staging

BEGUN = datetime(2026, 1, 2, tzinfo=UTC)
BATCH = uuid.UUID(int=7)
HOSTILE = (
    "", " ", "N/A", "n/a ", "-", "0", "1", "-5", "1.234,50 €", "$1,234.50", "abc", "\\N", "\\", "a\tb", "a\nb\r\nc", "'=1+1",
    "1e400", "nan", "Infinity", "99999999999", "1.5", "1001", "٣", "2025-02-30 00:00:00 +00", "2025-02-28 00:00:00 +00",
    "2025-02-28x00:00:00 +00", "2025-02-28 24:00:00 +00", "0000-01-01 00:00:00 +00", "28.02.2025", "3. März 2025",
    "0001-01-01T00:00:00+14:00", "２025-02-28 00:00:00 +00", "x" * 101, "y" * 256, "z" * 501, "usd", "EU 42 2/3", "8W", "İ" * 100,
)  # fmt: skip
SHAPE = CsvShape("utf-8", ",")
WIDER = ("SKU", "Size", "Total Payout")


@dataclass
class Told:
    """What a file became: every row's cells, the lines of sales and of what is to be said."""

    cells: dict[int, list[str]] = field(default_factory=dict)
    sales: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    by_columns: int = 0


def not_plain(*_: object) -> None:
    raise plain_csv.NotPlain


def told(data: bytes, *, by_columns: bool) -> Told:
    found = Told()
    with pytest.MonkeyPatch.context() as patch:
        if not by_columns:
            patch.setattr(plain_csv, "_parsed", not_plain)
        with open_file(io.BytesIO(data), "stockx") as opened:
            staging = Staging(BATCH, BEGUN, opened)
            assert staging.columns is not None
            if not by_columns:
                staging.columns = None
            for block in staging.blocks():
                found.sales += "".join(block.sales).splitlines(keepends=True)
                found.records += block.records
                numbers, cells = block.source.rstrip("\n").split("\t")[2:]
                kept = json.loads(cells.replace("\\\\", "\\"))
                found.by_columns += isinstance(kept, dict)
                places = [int(number) for number in numbers[1:-1].split(",")]
                found.cells |= zip(places, map(list, block_rows(kept, len(places))), strict=True)
    return found


def written(columns: tuple[str, ...], rows: list[list[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([columns, *rows])
    return buffer.getvalue().encode()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("more", [(), WIDER, ("Sale Date", "Item")])
def test_columns_and_rows_say_the_same(more: tuple[str, ...], seed: int) -> None:
    chance = random.Random(seed)
    columns = COLUMNS + more
    rows = [[*row, *(chance.choice(HOSTILE) for _ in more)] for row in stockx_rows(600, seed=seed, wrong=5)]
    for row in chance.sample(rows, 400):
        for _ in range(chance.choice((1, 1, 2, 5))):
            row[chance.randrange(len(columns))] = chance.choice(HOSTILE)
    ragged = chance.sample(rows, 3) if seed == 0 else []
    for row in ragged:
        del row[chance.randrange(18, 40) :]
    if seed == 3:
        rows = [[cell.replace("'", "") for cell in row] for row in rows]
    quick, careful = (told(written(columns, rows), by_columns=way) for way in (True, False))
    assert (quick.by_columns > 0) is (seed == 3)
    assert quick.records == careful.records
    assert quick.cells == careful.cells
    assert len(quick.sales) > 150
    assert [_same(line) for line in quick.sales] == [_same(line) for line in careful.sales]


def _same(line: str) -> list[str]:
    """Return a line's fields; StockX's way to write a moment and ISO 8601 are the same to PostgreSQL."""
    return [
        f"{cell[:10]}T{cell[11:19]}+00:00" if cell.endswith(" +00") else cell for cell in line.rstrip("\n").split("\t")
    ]


def test_few_rows_of_a_usual_report_are_read_carefully() -> None:
    quick = told(written(COLUMNS, list(stockx_rows(1000))), by_columns=True)
    assert sum(" +00" in line for line in quick.sales) == 1000
    assert quick.by_columns > 1


PIECES = (
    *(b'"', b'""', b'"""'), *(b",", b"\n", b"\r\n", b"\r", b",,", b"\n\n"), *(b"a", b" ", b"'", b"\\", b"\t", b"1", b";"),
    "é€".encode(), b'"a,b"', b'"a""b"', b'"x\ny"',
)  # fmt: skip
WIDTH = 3


def by_sheets(data: bytes) -> tuple[list[list[object]], bool]:
    """Return the rows before a mistake (an empty line is a row of empty cells), and whether there was one."""
    rows: list[list[object]] = []
    try:
        for _, found in CsvReader(io.BytesIO(data), SHAPE, LIMITS).blocks(7):
            rows += [row or [""] * WIDTH for row in found]
    except SheetError:
        return rows, True
    return rows, False


def by_arrow(data: bytes) -> tuple[list[list[object]], bool]:
    """Return the rows that are read by columns, and whether they are all."""
    rows: list[list[object]] = []
    try:
        for columns in column_blocks(io.BytesIO(data), SHAPE, WIDTH, 5, 1000):
            rows += map(list, zip(*columns, strict=True))
    except plain_csv.NotPlain:
        return rows, False
    return rows, True


@pytest.mark.parametrize("piece", [2**20, 40])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_read_by_columns_is_what_a_row_by_row_reader_reads(
    seed: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_csv, "PIECE", piece)
    chance, read, wrong = random.Random(seed), 0, 0
    for _ in range(700):
        rows = [
            [chance.choice((b"x", b"", b'"q"', b'"a""b"', b'"l\nm"', b'""')) for _ in range(WIDTH)] for _ in range(12)
        ]
        data = b"".join(b",".join(row) + chance.choice((b"\n", b"\r\n")) for row in rows)
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            place = chance.randrange(len(data))
            data = data[:place] + chance.choice(PIECES) + data[place + chance.choice((0, 0, 1, 2)) :]
        data = data.decode("utf-8", "replace").encode()  # an encoding that breaks off is refused before
        got, plain = by_arrow(data)
        rows_told, mistake = by_sheets(data)
        assert got == rows_told[: len(got)], data
        assert not plain or (len(got) == len(rows_told) and not mistake), data
        read += plain
        wrong += mistake
    assert read > 150
    assert wrong > 20


def test_a_cell_that_is_too_long_is_left_to_the_careful_reader() -> None:
    data = b"a,b,c\n" + b"x,y,z\n" * 20 + b"x," + b"y" * 200_000 + b",z\n"
    rows_told, mistake = by_sheets(data)
    assert mistake
    assert len(rows_told) == 21
    assert by_arrow(data) == ([], False)


def test_a_report_that_is_broken_further_down_is_read_by_columns_until_there() -> None:
    rows = list(stockx_rows(2000))
    rows[1500] = rows[1500][:-3]
    quick, careful = (told(written(COLUMNS, rows), by_columns=way) for way in (True, False))
    assert quick.by_columns > 1
    assert quick.cells == careful.cells
    assert quick.records == careful.records
    assert len(quick.sales) == len(careful.sales) == 2000
