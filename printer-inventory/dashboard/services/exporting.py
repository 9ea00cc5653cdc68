"""A report as a file: the rows of its table, values as values."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final, Literal

from sheets import CsvStyle, Out, sheet_name, stream_table, write_table

from dashboard.services.reports import REPORTS
from dashboard.services.scope import Scope
from dashboard.services.shapes import Col, Report
from inventory.services import rollups

FORMATS: Final = {"percent": "0.0", "days": "0.0", "hours": "0.0", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}


def outs(report: Report) -> list[Out]:
    """Return the columns of the file."""
    return [Out(str(column.title), format=FORMATS.get(column.kind)) for column in report.columns]


def rows(report: Report, scope: Scope) -> Iterator[list[Any]]:
    """Yield the rows of the file."""
    for row in report.find(scope).rows:
        yield [_value(row.get(column.key), column) for column in report.columns]


def _value(value: Any, column: Col) -> Any:
    if column.kind == "printer" and value is not None:
        return value[1]
    return round(value, 1) if isinstance(value, float) else value


def stream(report: Report, scope: Scope, kind: Literal["xlsx", "csv"], csv_as: CsvStyle) -> Iterator[bytes]:
    """Return the file in pieces."""
    return stream_table(
        outs(report),
        rows(report, scope),
        kind=kind,
        sheet=sheet_name(str(report.title)),
        csv_as=csv_as,
        zone=rollups.zone(),
    )


def workbook(report: Report, scope: Scope) -> bytes:
    """Return the whole Excel file, for a mail."""
    file = io.BytesIO()
    write_table(file, outs(report), rows(report, scope), sheet=sheet_name(str(report.title)), zone=rollups.zone())
    return file.getvalue()


def everything(scope: Scope) -> bytes:
    """Return a zip archive of every report as an Excel file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for report in REPORTS:
            archive.writestr(f"{report.slug}.xlsx", workbook(report, scope))
    return file.getvalue()
