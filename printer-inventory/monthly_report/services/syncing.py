"""Counters taken over from polls: a fixed number of statements, however many rows and polls a month has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from inventory.rules.months import bounds, next_month
from inventory.services.month_readings import LastReading, last_readings
from monthly_report.models import BulkChangeLog, MonthControl, MonthlyReport
from monthly_report.rules.downtime import downtime, stands
from monthly_report.rules.figures import KINDS
from monthly_report.rules.taking_over import READ_AS, by_device, take_over
from monthly_report.services import live, specs
from monthly_report.services.downtime import shares_lost
from monthly_report.services.months import locked_control, require_open, touched

WRITTEN: Final = (
    "printer_id", "device_ip", "inventory_last_ok", "counter_id", *(f"{kind}_end_auto" for kind in KINDS),
    *(f"{kind}_end" for kind in KINDS), "actual_downtime_auto", "actual_downtime",
)  # fmt: skip
"""What a takeover writes, in the order of UPDATE_SQL."""
ROW_FIELDS: Final = (
    "id", "device_key", "part", "equipment_model", "normative_availability", "actual_downtime_manual",
    *(f"{kind}_end_manual" for kind in KINDS), *WRITTEN,
)  # fmt: skip

UPDATE_SQL: Final = """
UPDATE monthly_report_monthlyreport r
SET printer_id = n.printer, device_ip = n.address, inventory_last_ok = n.at, counter_id = n.counter,
    inventory_autosync_at = %s, version = r.version + 1,
    a4_bw_end_auto = n.auto1, a4_color_end_auto = n.auto2, a3_bw_end_auto = n.auto3, a3_color_end_auto = n.auto4,
    a4_bw_end = n.end1, a4_color_end = n.end2, a3_bw_end = n.end3, a3_color_end = n.end4,
    actual_downtime_auto = n.counted, actual_downtime = n.down
FROM unnest(%s::bigint[], %s::bigint[], %s::inet[], %s::timestamptz[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[],
            %s::int[], %s::int[], %s::int[], %s::int[], %s::float[], %s::float[])
    AS n(id, printer, address, at, counter, auto1, auto2, auto3, auto4, end1, end2, end3, end4, counted, down)
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
    """A row of the month as far as a takeover looks at it; `new` are the values of WRITTEN after it."""

    facts: dict[str, Any]
    is_read: bool
    new: dict[str, Any]

    @property
    def has_changed(self) -> bool:
        return any(self.facts[name] != value for name, value in self.new.items())

    @property
    def keeps_manual(self) -> bool:
        told = ((self.new[f"{kind}_end_auto"], self.new[f"{kind}_end"]) for kind in KINDS)
        return self.is_read and any(auto is not None and auto != end for auto, end in told)


def sync_month(month: date, now: datetime, user_id: int | None = None, *, by_hand: bool = True) -> SyncResult:
    """Take the last good reading of the month and its downtime over into its rows; MonthClosedError for one that is not open.

    A takeover asked for by a person is audited as one change.
    """
    since, end = bounds(month, timezone.get_default_timezone())
    until = min(end, now)
    with transaction.atomic():
        control = locked_control(month)
        require_open(control, now)
        readings = by_device(last_readings(since, until)) if since < until else {}
        rows = _rows(month, readings)
        changed = [row for row in rows if row.has_changed]
        _write(changed, now)
        read = sum(row.is_read for row in rows)
        result = SyncResult(
            month,
            since,
            until,
            tuple(row.facts["id"] for row in changed),
            read,
            len(rows) - read,
            sum(row.keeps_manual for row in rows),
        )
        _close(control, result, now, user_id, by_hand=by_hand)
    return result


def sync_open_months(now: datetime) -> list[SyncResult]:
    """Take over what was read since the last time, into every month that is open and filled by polls."""
    months = MonthControl.objects.filter(edit_until__gt=now, auto_sync_enabled=True).values_list("month", flat=True)
    return [sync_month(month, now, by_hand=False) for month in months]


def _rows(month: date, readings: dict[str, LastReading]) -> list[_Row]:
    known = specs.specs()
    lost = shares_lost(month, next_month(month))
    found = MonthlyReport.objects.filter(month=month).order_by("pk")
    rows = []
    for values in found.values_list(*ROW_FIELDS):
        facts = dict(zip(ROW_FIELDS, values, strict=True))
        reading = readings.get(facts["device_key"])
        new = {name: facts[name] for name in WRITTEN}
        if reading is not None:
            new |= _taken(facts, reading, specs.spec_of(known, facts["equipment_model"]).counters())
        if (away := lost.get(facts["device_key"])) is not None:
            counted = downtime(facts["normative_availability"], away)
            manual = facts["actual_downtime_manual"]
            new["actual_downtime_auto"] = counted
            new["actual_downtime"] = stands(counted, facts["actual_downtime"], manual=manual)
        rows.append(_Row(facts, reading is not None, new))
    return rows


def _taken(facts: Mapping[str, Any], reading: LastReading, allowed: frozenset[str]) -> dict[str, Any]:
    """Return what a reading writes into a row."""
    taken = take_over(
        facts["part"],
        {kind: facts[f"{kind}_end"] for kind in KINDS},
        {kind: facts[f"{kind}_end_manual"] for kind in KINDS},
        {kind: getattr(reading, name) for kind, name in READ_AS.items()},
        allowed,
    )
    return {
        "printer_id": reading.printer_id,
        "device_ip": reading.address,
        "inventory_last_ok": reading.recorded_at,
        "counter_id": reading.counter_id,
        **{f"{kind}_end_auto": told for kind, told in zip(KINDS, taken.auto, strict=True)},
        **{f"{kind}_end": end for kind, end in zip(KINDS, taken.ends, strict=True)},
    }


def _write(rows: Sequence[_Row], now: datetime) -> None:
    if not rows:
        return
    columns = [[row.new[name] for row in rows] for name in WRITTEN]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_SQL, [now, [row.facts["id"] for row in rows], *columns])


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
            fields_changed=[*(f"{kind}_end" for kind in KINDS), "actual_downtime"],
            operation_params={"matched": result.matched, "unmatched": result.unmatched},
            finished_at=timezone.now(),
        )
