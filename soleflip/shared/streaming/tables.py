"""Rows as CSV, JSON, Excel or Parquet, a block at a time: memory does not grow with the number of rows.

Text that a spreadsheet would run is escaped (`sheets.escape`). German files have `;`, decimal comma and 31.12.2026.
"""

from __future__ import annotations

import asyncio
import csv
import io
import queue
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import to_json
from sheets import csv_style, write_table
from sheets.escape import escape_csv
from starlette.responses import StreamingResponse

Kind = Literal["csv", "json", "xlsx", "parquet"]
Block = Sequence[Sequence[Any]]
Language = Literal["en", "de"]

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK = 64 * 1024


def stream_rows(
    name: str, columns: Sequence[str], blocks: AsyncIterator[Block], kind: Kind, language: Language = "en"
) -> StreamingResponse:
    """Answer blocks of rows as a file called `name`."""
    makers = {"csv": as_csv, "json": as_json, "xlsx": as_xlsx, "parquet": as_parquet}
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return StreamingResponse(makers[kind](columns, blocks, language), media_type=MEDIA[kind], headers=headers)


async def as_csv(columns: Sequence[str], blocks: AsyncIterator[Block], language: Language) -> AsyncIterator[bytes]:
    """Yield a CSV file."""
    style = csv_style(language)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=style.delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    yield "\ufeff".encode()
    async for block in blocks:
        writer.writerows([[csv_cell(value, language) for value in row] for row in block])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def csv_cell(value: Any, language: Language) -> str:
    """Write one value as its language reads it; text never runs."""
    if value is None:
        return ""
    if isinstance(value, str):
        return escape_csv(str(value))
    if isinstance(value, Decimal | float):
        text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
        return text.replace(".", ",") if language == "de" else text
    if isinstance(value, datetime):
        return value.strftime("%d.%m.%Y %H:%M:%S") if language == "de" else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y") if language == "de" else value.isoformat()
    return escape_csv(str(value)) if not isinstance(value, int) else str(value)


async def as_json(columns: Sequence[str], blocks: AsyncIterator[Block], _language: Language) -> AsyncIterator[bytes]:
    """Yield `{"data": [...], "metadata": {"total_rows", "chunks_processed"}}`."""
    yield b'{"data":['
    rows = chunks = 0
    async for block in blocks:
        text = to_json([dict(zip(columns, row, strict=True)) for row in block])[1:-1]
        yield (b"," if rows and block else b"") + text
        rows, chunks = rows + len(block), chunks + 1
    yield b'],"metadata":' + to_json({"total_rows": rows, "chunks_processed": chunks}) + b"}"


def _flat(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | list | dict) else value


async def as_xlsx(columns: Sequence[str], blocks: AsyncIterator[Block], _language: Language) -> AsyncIterator[bytes]:
    """Yield a workbook: written by a thread into a file, then read from there."""
    waiting: queue.Queue[Block | None] = queue.Queue(maxsize=2)

    def rows() -> Iterator[list[Any]]:
        while (block := waiting.get()) is not None:
            yield from ([_flat(value) for value in row] for row in block)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        writing = asyncio.create_task(asyncio.to_thread(write_table, path, list(columns), rows()))
        try:
            async for block in blocks:
                await asyncio.to_thread(waiting.put, block)
        finally:
            await asyncio.to_thread(waiting.put, None)
            await writing
        async for chunk in _read(path):
            yield chunk


async def as_parquet(columns: Sequence[str], blocks: AsyncIterator[Block], _language: Language) -> AsyncIterator[bytes]:
    """Yield a Parquet file, a row group per block; money becomes decimal(18, 6), ids and lists text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        writer: pq.ParquetWriter | None = None
        held: list[Sequence[Any]] = []
        schema: pa.Schema | None = None
        async for block in blocks:
            held += block
            if schema is None and len(held) >= 1000:
                schema = _schema(columns, held)
            if schema is not None:
                writer = writer or pq.ParquetWriter(path, schema)
                await asyncio.to_thread(writer.write_table, _table(columns, held, schema))
                held = []
        schema = schema or _schema(columns, held)
        writer = writer or pq.ParquetWriter(path, schema)
        if held:
            writer.write_table(_table(columns, held, schema))
        writer.close()
        async for chunk in _read(path):
            yield chunk


def _schema(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Schema:
    """Return the types of the columns by the first value each has; a column that is empty so far is text."""
    kinds = []
    for index, name in enumerate(columns):
        value = next((_flat(row[index]) for row in rows if row[index] is not None), "")
        kinds.append((name, _type(value)))
    return pa.schema(kinds)


def _type(value: Any) -> pa.DataType:
    match value:
        case bool():
            return pa.bool_()
        case int():
            return pa.int64()
        case float():
            return pa.float64()
        case Decimal():
            return pa.decimal128(18, 6)
        case datetime():
            return pa.timestamp("us", tz="UTC")
        case date():
            return pa.date32()
    return pa.string()


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    arrays = []
    for index, name in enumerate(columns):
        kind = schema.field(name).type
        values = [_flat(row[index]) for row in rows]
        if pa.types.is_string(kind):
            values = [None if value is None else str(value) for value in values]
        arrays.append(pa.array(values, type=kind))
    return pa.Table.from_arrays(arrays, schema=schema)


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
