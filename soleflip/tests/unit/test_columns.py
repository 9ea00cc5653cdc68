"""Reading a report by columns and reading its rows carefully say the same of every cell."""

from __future__ import annotations

import csv
import io
import random
import uuid
from datetime import UTC, datetime

import pytest

from cli.sample import COLUMNS, stockx_rows
from domains.integration.services.files import open_file
from domains.integration.services.staging import Lines, Staging

BEGUN = datetime(2026, 1, 2, tzinfo=UTC)
BATCH = uuid.UUID(int=7)
HOSTILE = (
    "", " ", "N/A", "n/a ", "-", "0", "1", "-5", "1.234,50 €", "$1,234.50", "abc", "\\N", "\\", "a\tb", "a\nb\r\nc", "'=1+1",
    "1e400", "nan", "Infinity", "99999999999", "1.5", "1001", "٣", "2025-02-30 00:00:00 +00", "2025-02-28 00:00:00 +00",
    "2025-02-28x00:00:00 +00", "2025-02-28 24:00:00 +00", "0000-01-01 00:00:00 +00", "28.02.2025", "3. März 2025",
    "0001-01-01T00:00:00+14:00", "２025-02-28 00:00:00 +00", "x" * 101, "y" * 256, "z" * 501, "usd", "EU 42 2/3", "8W", "İ" * 100,
)  # fmt: skip
WIDER = ("SKU", "Size", "Total Payout")


def told(columns: tuple[str, ...], rows: list[list[str]], *, by_columns: bool) -> Lines:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([columns, *rows])
    found = Lines(0, "")
    with open_file(io.BytesIO(buffer.getvalue().encode()), "stockx") as opened:
        staging = Staging(BATCH, BEGUN, opened)
        assert staging.columns is not None
        if not by_columns:
            staging.columns = None
        for block in staging.blocks():
            found.rows += block.rows
            found.source += block.source
            found.sales += block.sales
            found.records += block.records
    return found


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
    quick, careful = (told(columns, rows, by_columns=way) for way in (True, False))
    assert quick.records == careful.records
    assert quick.source == careful.source
    assert len(quick.sales) > 150
    assert [_same(line) for line in quick.sales] == [_same(line) for line in careful.sales]


def _same(line: str) -> list[str]:
    """Return a line's fields; StockX's way to write a moment and ISO 8601 are the same to PostgreSQL."""
    return [
        f"{cell[:10]}T{cell[11:19]}+00:00" if cell.endswith(" +00") else cell for cell in line.rstrip("\n").split("\t")
    ]


def test_few_rows_of_a_usual_report_are_read_carefully() -> None:
    rows = list(stockx_rows(1000))
    quick = told(COLUMNS, rows, by_columns=True)
    assert sum(" +00" in line for line in quick.sales) == 1000
