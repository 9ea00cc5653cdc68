"""Putting doubtful readings into quarantine: one statement for a batch, one open row per printer and kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from inventory.models import Verdict
from inventory.rules.identity import Identity
from inventory.services.judging import Judged

NOTE_SQL = """
INSERT INTO inventory_quarantine AS q
    (printer_id, kind, verdict, reason, fingerprint, counter_id, expected, findings, first_seen_at, last_seen_at,
     repeats, resolution, undo)
SELECT r.printer_id, r.kind, r.verdict, r.reason, r.fingerprint, r.counter_id, r.expected, r.findings, %(now)s, %(now)s,
       1, '', '{}'
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r(printer_id bigint, kind text, verdict text, reason text, fingerprint text, counter_id bigint, expected jsonb,
         findings jsonb)
WHERE NOT EXISTS (
    SELECT 1 FROM inventory_quarantine old
    WHERE old.printer_id = r.printer_id AND old.kind = r.kind AND old.fingerprint = r.fingerprint
      AND old.quiet_until > %(now)s)
ON CONFLICT (printer_id, kind) WHERE resolved_at IS NULL DO UPDATE
SET repeats = q.repeats + 1, last_seen_at = excluded.last_seen_at, counter_id = excluded.counter_id,
    reason = excluded.reason, fingerprint = excluded.fingerprint, findings = excluded.findings,
    expected = excluded.expected, verdict = excluded.verdict
"""

CLOSE_SQL = """
UPDATE inventory_quarantine SET resolved_at = %(now)s, resolution = 'recovered'
WHERE printer_id = ANY(%(printers)s) AND resolved_at IS NULL
"""


def note(cursor: Any, held: Sequence[Judged], counters: Mapping[int, int], now: datetime) -> None:
    """Open or repeat the doubts of a batch; `counters` are the ids of the readings by poll."""
    rows = [_row(item, counters[item.lease.task_id]) for item in held if item.doubt]
    if rows:
        cursor.execute(NOTE_SQL, {"now": now, "rows": json.dumps(rows)})


def close_passed(cursor: Any, accepted: Sequence[Judged], now: datetime) -> None:
    """Close what was doubted of printers that are believed again: the device came back, or the glitch is over."""
    printers = [item.lease.printer_id for item in accepted if item.lease.doubts]
    if printers:
        cursor.execute(CLOSE_SQL, {"now": now, "printers": printers})


def _row(item: Judged, counter_id: int) -> dict[str, Any]:
    lease, believed = item.lease, item.lease.believed
    return {
        "printer_id": lease.printer_id,
        "kind": item.doubt,
        "verdict": item.verdict.value,
        "reason": item.error,
        "fingerprint": fingerprint(item),
        "counter_id": counter_id,
        "expected": {
            "serial": lease.serial,
            "mac": lease.mac,
            "counters": dict(believed.counters) if believed else {},
            "derived": asdict(believed.derived) if believed and believed.derived else {},
            "read_at": believed.at.isoformat() if believed else None,
        },
        "findings": [one.to_json() for one in item.history.findings],
    }


def fingerprint(item: Judged) -> str:
    """Return what makes a doubt the same one again: who answered, and for a doubtful history that it is doubtful."""
    identity = ""
    if item.verdict is Verdict.VALIDATION_ERROR and item.reading is not None:
        polled = Identity.of(item.reading.serial, item.reading.mac)
        identity = f"{polled.serial} {polled.mac}"
    return hashlib.sha256(f"{item.doubt} {identity}".encode()).hexdigest()
