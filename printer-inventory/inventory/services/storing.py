"""Writing what a batch of polls found: a handful of statements whatever the size of the batch.

Every write is fenced by the lease token: a worker that was too slow, and whose printers another one has taken over,
writes nothing. Rows travel as one JSON parameter per statement.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from inventory.models import PollBatch
from inventory.polling.reading import DeviceReading, to_json
from inventory.rules.derive import RULE_VERSION, DerivedCounters
from inventory.rules.due import next_due, phase_of
from inventory.rules.history import usual_rate
from inventory.services import doubts, events
from inventory.services.identity import update_identities
from inventory.services.judging import Judged

HELD_SQL = """
SELECT printer_id FROM inventory_pollschedule
WHERE printer_id = ANY(%s) AND lease_token = %s ORDER BY printer_id FOR UPDATE
"""

RECORD_SQL = """
WITH r AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS r(task_id bigint, printer_id bigint, state text, status text, error text, match_rule text, engine text,
             packets int, bw_a4 bigint, color_a4 bigint, bw_a3 bigint, color_a3 bigint, total bigint, epoch int,
             usual float, lowest smallint, stands boolean, reading jsonb)
), ended AS (
    UPDATE inventory_inventorytask t
    SET state = r.state, status = r.status, finished_at = %(now)s, error_message = r.error, match_rule = r.match_rule,
        engine = r.engine, packets = r.packets
    FROM r WHERE t.id = r.task_id
), counters AS (
    INSERT INTO inventory_pagecounter
        (task_id, printer_id, recorded_at, bw_a4, color_a4, bw_a3, color_a3, total_pages, rule_version, epoch, reading)
    SELECT r.task_id, r.printer_id, %(now)s, r.bw_a4, r.color_a4, r.bw_a3, r.color_a3, r.total, %(rule)s, r.epoch, r.reading
    FROM r WHERE r.reading IS NOT NULL
    RETURNING task_id, id
), stood AS (
    UPDATE inventory_printerstate st
    SET last_attempt_at = %(now)s, last_success_at = %(now)s, last_verdict = 'SUCCESS', last_error = '',
        counter_id = c.id, counters = r.reading -> 'counters', rule_version = %(rule)s, epoch = r.epoch,
        pages_per_hour = r.usual, bw_a4 = r.bw_a4, color_a4 = r.color_a4, bw_a3 = r.bw_a3, color_a3 = r.color_a3,
        total_pages = r.total, lowest_percent = r.lowest, supplies = r.reading -> 'supplies',
        printer_status = left(r.reading ->> 'printer_status', 40), console = r.reading ->> 'console',
        errors = r.reading -> 'errors', alerts = r.reading -> 'alerts', warnings = r.reading -> 'warnings',
        firmware = left(r.reading ->> 'firmware', 200)
    FROM r JOIN counters c ON c.task_id = r.task_id
    WHERE r.stands AND st.printer_id = r.printer_id
), tried AS (
    UPDATE inventory_printerstate st
    SET last_attempt_at = %(now)s, last_verdict = r.status, last_error = r.error
    FROM r WHERE r.stands = false AND st.printer_id = r.printer_id
)
SELECT task_id, id FROM counters
"""

PLAN_SQL = """
INSERT INTO inventory_learnedplan (printer_id, data, learned_at)
SELECT r.printer_id, r.data, %(now)s FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(printer_id bigint, data jsonb)
ON CONFLICT (printer_id) DO UPDATE SET data = excluded.data, learned_at = excluded.learned_at
"""

SCHEDULE_SQL = """
UPDATE inventory_pollschedule s
SET lease_token = NULL, lease_until = NULL, leased_by = '', attempt = 0, open_task_id = NULL, priority = 5,
    due_at = CASE WHEN p.is_active THEN r.due_at END, failures = r.failures
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(printer_id bigint, due_at timestamptz, failures int), inventory_printer p
WHERE s.printer_id = r.printer_id AND p.id = r.printer_id
"""

CLOSE_BATCHES_SQL = """
UPDATE inventory_pollbatch b SET finished_at = %(now)s
WHERE b.id = ANY(%(batches)s) AND b.finished_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM inventory_inventorytask t WHERE t.batch_id = b.id AND t.state IN ('queued', 'running'))
"""


def store(judged: Sequence[Judged], token: uuid.UUID, now: datetime) -> list[Judged]:
    """Store a batch in one transaction; return those that were still held by `token`, in the order given."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HELD_SQL, [[item.lease.printer_id for item in judged], token])
        held_ids = {row[0] for row in cursor.fetchall()}
        held = [item for item in judged if item.lease.printer_id in held_ids]
        if not held:
            return []
        write(cursor, held, now)
        _run(cursor, SCHEDULE_SQL, now, [_schedule_row(item, now) for item in held])
        _run(cursor, PLAN_SQL, now, [row for item in held if (row := _plan_row(item))])
        close_batches({i.lease.batch_id for i in held if i.lease.batch_id is not None}, now)
    return held


def write(cursor: Any, held: Sequence[Judged], now: datetime) -> None:
    """Write verdicts, readings, states, doubts and identities of polls whose printers' schedule rows are locked."""
    counters = _record(cursor, [{**_row(item), **_standing(item, now)} for item in held], now)
    accepted = [item for item in held if item.accepted]
    doubts.note(cursor, held, counters, now)
    doubts.close_passed(cursor, accepted, now)
    events.note_baselines(accepted, now)
    update_identities(accepted, now)


def record(cursor: Any, held: Sequence[Judged], now: datetime) -> dict[int, int]:
    """Write verdicts and readings alone; return the readings' ids by poll."""
    return _record(cursor, [_row(item) for item in held], now)


def _record(cursor: Any, rows: list[dict[str, Any]], now: datetime) -> dict[int, int]:
    """Write polls, readings and how printers stand in one statement, so that each reading travels once."""
    _run(cursor, RECORD_SQL, now, rows)
    return dict(cursor.fetchall()) if rows else {}


def close_batches(batches: Iterable[int], now: datetime) -> None:
    """Mark those of the batches as finished that have no open poll left."""
    if ids := sorted(batches):
        with connection.cursor() as cursor:
            cursor.execute(CLOSE_BATCHES_SQL, {"now": now, "batches": ids})


def open_batches() -> list[int]:
    """Return the ids of batches that are not finished."""
    return list(PollBatch.objects.filter(finished_at=None).values_list("pk", flat=True))


def clean_text(value: Any) -> Any:
    """Return a JSON value without NUL characters, which PostgreSQL's text and jsonb refuse."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {clean_text(key): clean_text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_text(item) for item in value]
    return value


def lowest_percent(reading: DeviceReading) -> int | None:
    """Return the least honest percentage of what is used up; waste receptacles fill and do not count."""
    levels = [s.percent for s in reading.supplies if s.percent is not None and not s.is_receptacle]
    return min(levels) if levels else None


def _run(cursor: Any, sql: str, now: datetime, rows: list[dict[str, Any]]) -> None:
    if rows:
        text = json.dumps(rows)
        # Cleaning every value costs more than all the rest; NUL is nearly never there, and shows in the text.
        if "\\u0000" in text:
            text = json.dumps(clean_text(rows))
        cursor.execute(sql, {"now": now, "rows": text, "rule": RULE_VERSION})


def _row(item: Judged) -> dict[str, Any]:
    """Return a poll's verdict and reading as RECORD_SQL takes them."""
    derived, reading = item.derived, item.reading
    return {
        "task_id": item.lease.task_id,
        "printer_id": item.lease.printer_id,
        "state": item.state.value,
        "status": item.verdict.value,
        "error": item.error,
        "match_rule": item.match_rule,
        "engine": reading.engine if reading else "snmp",
        "packets": item.outcome.packets,
        "bw_a4": derived.bw_a4,
        "color_a4": derived.color_a4,
        "bw_a3": derived.bw_a3,
        "color_a3": derived.color_a3,
        "total": derived.total,
        "epoch": item.epoch,
        "reading": to_json(reading) if reading else None,
    }


def _standing(item: Judged, now: datetime) -> dict[str, Any]:
    """Return what changes of how the printer stands: all of it with a believed reading, else only the attempt."""
    if not item.accepted or item.reading is None:
        return {"stands": False}
    return {"stands": True, "usual": _usual(item, now), "lowest": lowest_percent(item.reading)}


def state_values(
    data: dict[str, Any], derived: DerivedCounters, counter_id: int, epoch: int, lowest: int | None
) -> dict[str, Any]:
    """Return the columns of a state row that follow from one believed reading, by its names."""
    return {
        "counter_id": counter_id,
        "counters": data["counters"],
        "rule_version": RULE_VERSION,
        "epoch": epoch,
        "bw_a4": derived.bw_a4,
        "color_a4": derived.color_a4,
        "bw_a3": derived.bw_a3,
        "color_a3": derived.color_a3,
        "total": derived.total,
        "lowest": lowest,
        **{
            key: data[key]
            for key in ("supplies", "printer_status", "console", "errors", "alerts", "warnings", "firmware")
        },
    }


def _usual(item: Judged, now: datetime) -> float | None:
    """Return the printer's usual pages an hour, this reading counted in."""
    believed, total = item.lease.believed, item.derived.total
    before = None if believed is None else believed.figures().get("total")
    if believed is None or before is None or total is None or total < before:
        return believed.usual if believed else None
    return usual_rate(believed.usual, total - before, now - believed.at)


def _schedule_row(item: Judged, now: datetime) -> dict[str, Any]:
    lease = item.lease
    interval = timedelta(seconds=lease.interval_seconds) if lease.interval_seconds else settings.POLL_INTERVAL
    failures = 0 if item.outcome.reading is not None else lease.failures + 1
    due = next_due(now, interval, phase_of(lease.printer_id), failures, settings.POLL_BACKOFF_MAX)
    return {"printer_id": lease.printer_id, "due_at": due.isoformat(), "failures": failures}


def _plan_row(item: Judged) -> dict[str, Any] | None:
    """Return what the collector has learned, where it is not what was known before."""
    if item.outcome.learned is None:
        return None
    data = item.outcome.learned.to_json()
    return None if data == item.lease.learned else {"printer_id": item.lease.printer_id, "data": data}
