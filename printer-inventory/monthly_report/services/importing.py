"""A month's spreadsheet: read within limits, judged row by row against the month, applied as one change."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sheets import Limits, SheetError, digest_of, find_header, is_numbering, match_headers, parse_rows, read_table
from sheets.parsers import fold

from inventory.models import Organization
from monthly_report.models import BulkChangeLog, CounterChangeLog, MonthlyReport
from monthly_report.rules.figures import COUNTERS
from monthly_report.rules.month_rows import NEW, REMOVED, UPDATE, Finding, Key, Meaning, MonthNow, SheetRow, judge
from monthly_report.services import specs
from monthly_report.services.columns import COLUMNS
from monthly_report.services.editing import Editor, log_change

LIMITS: Final = Limits(file_bytes=20 * 2**20, unpacked_bytes=300 * 2**20, rows=50_000, columns=64, cells=2_000_000)
WRITTEN: Final = (
    "order_number", "organization_id", "branch", "city", "address", "equipment_model", "serial_number",
    "inventory_number", *COUNTERS, "normative_availability", "actual_downtime",
    "actual_downtime_manual", "non_overdue_requests", "total_requests",
)  # fmt: skip
BATCH: Final = 2000


@dataclass(slots=True)
class Preview:
    """Every row of a file, judged, and the rows of the month that it lacks; `digest` covers what was shown."""

    rows: list[Meaning]
    missing: list[Key]
    digest: str

    def counts(self) -> dict[str, int]:
        """Return how many rows have each label."""
        counts = Counter(meaning.label for meaning in self.rows)
        counts[REMOVED] = len(self.missing)
        return {label: count for label, count in counts.items() if count}

    def codes(self) -> dict[str, int]:
        """Return how many rows have each finding."""
        return dict(Counter(code for row in self.rows for code in {one.code for one in row.findings}))


@dataclass(frozen=True, slots=True)
class Applied:
    """What an import did, and what it takes to undo it."""

    created: tuple[int, ...]
    updated: int
    removed: int
    specs: int
    undo: dict[str, Any]

    def as_json(self) -> dict[str, int]:
        """Return plain JSON."""
        return {
            "created": len(self.created),
            "updated": self.updated,
            "removed": self.removed,
            "specs": self.specs,
        }


def look_through(content: bytes, month: date, *, replace: bool) -> Preview:
    """Judge every row of a file against the month and change nothing; SheetError for the file as a whole."""
    rows, columns = _parsed(content)
    if not rows:
        raise SheetError("NO_ROWS", "The table has a header but no rows.", advice="Fill in a row per device.")
    state = MonthlyReport.objects.filter(month=month).values("device_key", "part", *WRITTEN)
    now = MonthNow(
        {(row["device_key"], row["part"]): row for row in state},
        {fold(name): pk for pk, name in Organization.objects.values_list("pk", "name")},
        specs.specs(),
        replace=replace,
    )
    meanings = judge(rows, columns, now)
    named = {meaning.key for meaning in meanings}
    missing = sorted(key for key in now.rows if key not in named) if replace else []
    told = ([one.row.number, one.label, one.key, sorted(one.fields)] for one in meanings)
    digest = digest_of(
        [
            hashlib.sha256(content).digest(),
            f"{month} {replace}",
            json.dumps(missing),
            *(json.dumps(one) for one in told),
        ]
    )
    return Preview(meanings, missing, digest)


def apply_preview(preview: Preview, month: date, editor: Editor, now: datetime) -> Applied:
    """Write a preview into its month, within the caller's transaction; rows with errors are left out.

    The caller holds the month (`locked_control`) and has made sure that the preview is the one that was shown.
    """
    wanted = {one.key: one for one in preview.rows if one.label in (NEW, UPDATE)}
    held = MonthlyReport.objects.select_for_update(of=("self",)).filter(month=month)
    by_key = {(row.device_key, row.part): row for row in held.iterator(BATCH)}
    bulk = BulkChangeLog.objects.create(
        user_id=editor.user_id,
        operation_type=BulkChangeLog.Operation.EXCEL_UPLOAD,
        month=month,
        records_affected=len(wanted) + len(preview.missing),
        fields_changed=sorted({name for one in wanted.values() for name in one.fields}),
        ip_address=editor.ip_address,
        started_at=now,
        finished_at=now,
    )
    removed = [_as_json(by_key[key]) for key in preview.missing]
    MonthlyReport.objects.filter(pk__in=[row["id"] for row in removed]).delete()
    changed, logs = _change([one for one in wanted.values() if one.label == UPDATE], by_key, editor, now)
    created = _create([one for one in wanted.values() if one.label == NEW], month)
    for log in logs:
        log.bulk = bulk
    CounterChangeLog.objects.bulk_create(logs, batch_size=BATCH)
    made = specs.add_missing(one.fields.get("equipment_model", "") for one in wanted.values())
    undo = {"created": created, "changed": changed, "removed": removed}
    return Applied(tuple(created), len(changed), len(removed), made, undo)


def _change(
    meanings: Sequence[Meaning], by_key: dict[Key, MonthlyReport], editor: Editor, now: datetime
) -> tuple[list[dict[str, Any]], list[CounterChangeLog]]:
    """Write changed rows in a handful of statements; return what they were before, and the audit rows of their counters."""
    before: list[dict[str, Any]] = []
    logs: list[CounterChangeLog] = []
    rows = []
    for meaning in meanings:
        assert meaning.key is not None  # noqa: S101 - a change has a key; tells the type checker
        row = by_key[meaning.key]
        before.append({"id": row.pk, **{name: getattr(row, name) for name in meaning.fields}})
        for name, value in meaning.fields.items():
            if name in COUNTERS:
                logs.append(log_change(row, name, value, CounterChangeLog.Source.EXCEL_UPLOAD, now, editor))
            setattr(row, name, value)
        row.version += 1
        rows.append(row)
    upsert(rows)
    return before, logs


def upsert(rows: Sequence[MonthlyReport]) -> None:
    """Write whole rows back by id: `bulk_update` would build a CASE per field and row."""
    if rows:
        fields = [name.removesuffix("_id") for name in WRITTEN]
        MonthlyReport.objects.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*fields, "device_key", "version"],
        )


def _create(meanings: Sequence[Meaning], month: date) -> list[int]:
    rows = []
    for meaning in meanings:
        assert meaning.key is not None  # noqa: S101 - a new row has a key; tells the type checker
        key, part = meaning.key
        rows.append(MonthlyReport(month=month, device_key=key, part=part, **meaning.fields))
    return [row.pk for row in MonthlyReport.objects.bulk_create(rows, batch_size=BATCH)]


def _as_json(row: MonthlyReport) -> dict[str, Any]:
    """Return a row as JSON that `MonthlyReport(**...)` takes back."""
    fields = MonthlyReport._meta.concrete_fields  # noqa: SLF001 - Django documents it under this name
    values = {field.attname: getattr(row, field.attname) for field in fields if not field.generated}
    return {name: value.isoformat() if isinstance(value, (date, datetime)) else value for name, value in values.items()}


def _parsed(content: bytes) -> tuple[list[SheetRow], frozenset[str]]:
    """Return the rows that hold anything, and the columns the file has."""
    with read_table(io.BytesIO(content), header_row=find_header(COLUMNS), limits=LIMITS) as table:
        assert table.header is not None  # noqa: S101 - asked for above; tells the type checker
        match = match_headers(table.header, COLUMNS)
        body = (row for place, row in enumerate(table) if place or not is_numbering(row))
        rows = [
            SheetRow(
                row.number,
                row.values,
                tuple(Finding(one.code, one.text, one.column, one.level) for one in row.problems),
            )
            for row in parse_rows(body, match.positions, COLUMNS)
        ]
    return rows, frozenset(match.positions)
