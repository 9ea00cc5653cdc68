"""Counters taken over from polls: a fixed number of statements, however many rows and polls a month has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from inventory.rules.months import bounds
from inventory.services.month_readings import LastReading, last_readings
from monthly_report.models import BulkChangeLog, MonthControl, MonthlyReport
from monthly_report.rules.figures import KINDS
from monthly_report.rules.taking_over import READ_AS, Taken, by_device, take_over
from monthly_report.services import live, specs
from monthly_report.services.months import locked_control, require_open, touched

ROW_FIELDS: Final = (
    "id", "device_key", "part", "equipment_model", "printer_id", "device_ip", "inventory_last_ok",
    *(f"{kind}_end" for kind in KINDS), *(f"{kind}_end_auto" for kind in KINDS), *(f"{kind}_end_manual" for kind in KINDS),
)  # fmt: skip

UPDATE_SQL: Final = """
UPDATE monthly_report_monthlyreport r
SET printer_id = n.printer, device_ip = n.address, inventory_last_ok = n.at, counter_id = n.counter,
    inventory_autosync_at = %(now)s, version = r.version + 1,
    a4_bw_end_auto = n.auto1, a4_color_end_auto = n.auto2, a3_bw_end_auto = n.auto3, a3_color_end_auto = n.auto4,
    a4_bw_end = n.end1, a4_color_end = n.end2, a3_bw_end = n.end3, a3_color_end = n.end4
FROM unnest(%(id)s::bigint[], %(printer)s::bigint[], %(address)s::inet[], %(at)s::timestamptz[], %(counter)s::bigint[],
            %(auto1)s::int[], %(auto2)s::int[], %(auto3)s::int[], %(auto4)s::int[],
            %(end1)s::int[], %(end2)s::int[], %(end3)s::int[], %(end4)s::int[])
    AS n(id, printer, address, at, counter, auto1, auto2, auto3, auto4, end1, end2, end3, end4)
WHERE r.id = n.id
"""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a takeover did: rows that have changed, rows with a reading, rows without one, rows kept as people wrote them."""

    month: date
    period_start: datetime
    period_end: datetime
    updated: tuple[int, ...]
    matched: int
    unmatched: int
    kept_manual: int

    def as_json(self) -> dict[str, Any]:
        """Return the answer of the documents' sync endpoint."""
        return {
            "ok": True,
            "updated_rows": len(self.updated),
            "matched_rows": self.matched,
            "skipped_serials": self.unmatched,
            "manually_edited_skipped": self.kept_manual,
            "errors": 0,
            "period_start": self.period_start.isoformat(),
            "period_end": self.period_end.isoformat(),
        }


@dataclass(slots=True)
class _Row:
    """A row of the month as far as a takeover looks at it."""

    facts: dict[str, Any]
    reading: LastReading
    taken: Taken

    @property
    def has_changed(self) -> bool:
        known = self.facts
        before = [known["printer_id"], known["device_ip"], known["inventory_last_ok"]]
        before += [known[f"{kind}_end_auto"] for kind in KINDS] + [known[f"{kind}_end"] for kind in KINDS]
        read = self.reading
        return before != [read.printer_id, read.address, read.recorded_at, *self.taken.auto, *self.taken.ends]

    @property
    def keeps_manual(self) -> bool:
        return any(told is not None and told != end for told, end in zip(self.taken.auto, self.taken.ends, strict=True))


def sync_month(
    month: date,
    now: datetime,
    user_id: int | None = None,
    *,
    printers: Sequence[int] | None = None,
    by_hand: bool = True,
) -> SyncResult:
    """Take the last good reading of the month over into its rows; MonthClosedError for one that is not open.

    `printers` limits it to printers that have been read lately. A takeover asked for by a person is audited as one change.
    """
    since, end = bounds(month, timezone.get_default_timezone())
    until = min(end, now)
    with transaction.atomic():
        control = locked_control(month)
        require_open(control, now)
        readings = by_device(last_readings(since, until, printers)) if since < until else {}
        rows = _rows(month, readings)
        changed = [row for row in rows if row.has_changed]
        _write(changed, now)
        result = SyncResult(
            month,
            since,
            until,
            tuple(row.facts["id"] for row in changed),
            len(rows),
            MonthlyReport.objects.filter(month=month).count() - len(rows) if printers is None else 0,
            sum(row.keeps_manual for row in rows),
        )
        _close(control, result, now, user_id, by_hand=by_hand)
    return result


def sync_open_months(now: datetime) -> list[SyncResult]:
    """Take over what was read since the last time, into every month that is open and filled by polls."""
    months = MonthControl.objects.filter(edit_until__gt=now, auto_sync_enabled=True).values_list("month", flat=True)
    return [sync_month(month, now, by_hand=False) for month in months]


def _rows(month: date, readings: dict[str, LastReading]) -> list[_Row]:
    if not readings:
        return []
    known = specs.specs()
    found = MonthlyReport.objects.filter(month=month, device_key__in=list(readings)).order_by("pk")
    rows = []
    for values in found.values_list(*ROW_FIELDS):
        facts = dict(zip(ROW_FIELDS, values, strict=True))
        reading = readings[facts["device_key"]]
        taken = take_over(
            facts["part"],
            {kind: facts[f"{kind}_end"] for kind in KINDS},
            {kind: facts[f"{kind}_end_manual"] for kind in KINDS},
            {kind: getattr(reading, name) for kind, name in READ_AS.items()},
            specs.spec_of(known, facts["equipment_model"]).counters(),
        )
        rows.append(_Row(facts, reading, taken))
    return rows


def _write(rows: Sequence[_Row], now: datetime) -> None:
    if not rows:
        return
    columns: dict[str, Any] = {
        "now": now,
        "id": [row.facts["id"] for row in rows],
        "printer": [row.reading.printer_id for row in rows],
        "address": [row.reading.address for row in rows],
        "at": [row.reading.recorded_at for row in rows],
        "counter": [row.reading.counter_id for row in rows],
    }
    for place in range(len(KINDS)):
        columns[f"auto{place + 1}"] = [row.taken.auto[place] for row in rows]
        columns[f"end{place + 1}"] = [row.taken.ends[place] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_SQL, columns)


def _close(control: MonthControl, result: SyncResult, now: datetime, user_id: int | None, *, by_hand: bool) -> None:
    MonthControl.objects.filter(pk=control.pk).update(synced_at=now)
    if result.updated:
        touched(control)
        transaction.on_commit(lambda: live.rows_changed(result.month, result.updated, "sync"))
    if by_hand:
        BulkChangeLog.objects.create(
            user_id=user_id,
            operation_type=BulkChangeLog.Operation.BULK_SYNC,
            month=result.month,
            records_affected=len(result.updated),
            fields_changed=[f"{kind}_end" for kind in KINDS],
            operation_params={"matched": result.matched, "unmatched": result.unmatched},
            finished_at=timezone.now(),
        )
