"""Taking due printers, in batches, so that no two workers hold one and a dead worker's are taken over.

The statements are SQL because each must be one: who selects a row has locked it (SKIP LOCKED), opened its poll and
written its lease before anybody else can look.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import connection, transaction

from inventory.models import JobState
from inventory.rules.derive import RULE_VERSION, DerivedCounters
from inventory.rules.history import Believed

Lane = Literal["native", "agent", "web"]
"""Who asks: each lane is leased apart, since what takes milliseconds must not wait for what takes seconds."""

LEASE_SQL = """
WITH places AS (
    -- Of a client behind a thin line no more are leased at once than it allows, by however many workers.
    SELECT s.printer_id, o.poll_window,
           count(*) FILTER (WHERE s.lease_until > %(now)s) OVER (PARTITION BY o.id)
           + row_number() OVER (PARTITION BY o.id, s.lease_until > %(now)s ORDER BY s.priority, s.due_at) AS place
    FROM inventory_organization o
    JOIN inventory_printer p ON p.organization_id = o.id AND p.is_active
    JOIN inventory_pollschedule s ON s.printer_id = p.id AND (s.due_at <= %(now)s OR s.lease_until > %(now)s)
    WHERE o.poll_window IS NOT NULL
), due AS (
    SELECT s.printer_id, s.due_at, s.open_task_id
    FROM inventory_pollschedule s
    JOIN inventory_printer p ON p.id = s.printer_id AND p.is_active
    LEFT JOIN inventory_organization o ON o.id = p.organization_id
    WHERE s.due_at <= %(now)s
      AND (s.lease_until IS NULL OR s.lease_until <= %(now)s)
      -- Whoever is late with a printer is still asking it: twice in one hand would be one poll stored twice.
      AND s.lease_token IS DISTINCT FROM %(token)s
      AND (o.id IS NULL OR o.active)
      AND (o.poll_window IS NULL OR s.priority = 0
           OR s.printer_id IN (SELECT printer_id FROM places WHERE place <= poll_window))
      AND CASE WHEN p.polling_method IN ('WEB', 'HYBRID') THEN 'web'
               WHEN p.polling_method = 'GLPI' OR %(all_by_agent)s THEN 'agent' ELSE 'native' END = %(lane)s
      AND (%(only)s::bigint[] IS NULL OR s.printer_id = ANY(%(only)s::bigint[]))
    ORDER BY s.priority, s.due_at
    LIMIT %(limit)s
    FOR UPDATE OF s SKIP LOCKED
), opened AS (
    INSERT INTO inventory_inventorytask
        (printer_id, state, status, trigger, due_at, task_timestamp, started_at, attempt, worker, error_message,
         match_rule, engine, packets)
    SELECT printer_id, 'running', '', 'daemon', due_at, %(now)s, %(now)s, 1, %(worker)s, '', '', '', 0
    FROM due WHERE open_task_id IS NULL
    RETURNING id, printer_id
)
UPDATE inventory_pollschedule s
SET lease_token = %(token)s, lease_until = %(until)s, leased_by = %(worker)s,
    attempt = CASE WHEN due.open_task_id IS NULL THEN 1 ELSE s.attempt + 1 END,
    open_task_id = COALESCE(s.open_task_id, opened.id)
FROM due LEFT JOIN opened ON opened.printer_id = due.printer_id
WHERE s.printer_id = due.printer_id
RETURNING s.printer_id, due.open_task_id
"""

START_SQL = """
UPDATE inventory_inventorytask t
SET state = 'running', started_at = %(now)s, worker = %(worker)s, attempt = s.attempt
FROM inventory_pollschedule s
WHERE s.open_task_id = t.id AND s.lease_token = %(token)s AND t.id = ANY(%(tasks)s)
"""

RENEW_SQL = """
UPDATE inventory_pollschedule SET lease_until = %(until)s WHERE printer_id = ANY(%(printers)s) AND lease_token = %(token)s
"""

LOAD_SQL = """
SELECT s.printer_id, t.id, t.batch_id, t.trigger, s.attempt, s.due_at, s.failures, s.interval_seconds,
       host(p.ip_address), p.snmp_port, p.snmp_community, p.snmp_version, p.serial_number, p.mac_address,
       p.device_model_id, p.hostname, p.last_match_rule, st.epoch, st.last_success_at,
       jsonb_build_object('counters', st.counters, 'rule', st.rule_version, 'usual', st.pages_per_hour, 'derived',
           jsonb_build_object('bw_a4', st.bw_a4, 'color_a4', st.color_a4, 'bw_a3', st.bw_a3, 'color_a3', st.color_a3,
                              'total', st.total_pages)),
       (SELECT jsonb_object_agg(q.kind, q.first_seen_at) FROM inventory_quarantine q
        WHERE q.printer_id = s.printer_id AND q.resolved_at IS NULL),
       l.data
FROM inventory_pollschedule s
JOIN inventory_printer p ON p.id = s.printer_id
JOIN inventory_inventorytask t ON t.id = COALESCE(%(task)s::bigint, s.open_task_id)
JOIN inventory_printerstate st ON st.printer_id = s.printer_id
LEFT JOIN inventory_learnedplan l ON l.printer_id = s.printer_id
WHERE s.printer_id = ANY(%(printers)s) AND (s.lease_token = %(token)s OR %(task)s::bigint IS NOT NULL)
"""

GIVE_UP_SQL = """
WITH gone AS (
    SELECT s.printer_id, s.open_task_id
    FROM inventory_pollschedule s
    WHERE s.lease_until <= %(now)s AND s.attempt >= %(attempts)s
    FOR UPDATE SKIP LOCKED
), freed AS (
    UPDATE inventory_pollschedule s
    SET lease_token = NULL, lease_until = NULL, leased_by = '', attempt = 0, priority = 5, open_task_id = NULL,
        failures = s.failures + 1,
        due_at = %(now)s + make_interval(secs => COALESCE(s.interval_seconds, %(interval)s))
    FROM gone WHERE s.printer_id = gone.printer_id
)
UPDATE inventory_inventorytask t
SET state = 'lost', status = 'FAILED', finished_at = %(now)s, error_message = %(reason)s
FROM gone WHERE t.id = gone.open_task_id
RETURNING t.batch_id
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """One printer that this worker may poll until the deadline, with what it needs to ask and to judge.

    `believed` is its last believed reading, `doubts` the kinds that wait for a person and since when.
    """

    printer_id: int
    task_id: int
    batch_id: int | None
    trigger: str
    attempt: int
    due_at: datetime
    failures: int
    interval_seconds: int | None
    address: str
    port: int
    community: str
    snmp_version: str
    serial: str
    mac: str
    device_model_id: int | None
    hostname: str
    match_rule: str
    epoch: int
    believed: Believed | None
    doubts: dict[str, datetime]
    learned: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """A worker's claim: the token fences every write it makes."""

    worker: str
    token: uuid.UUID
    lifetime: timedelta

    @classmethod
    def new(cls, worker: str, lifetime: timedelta) -> LeaseHolder:
        """Return a holder with a fresh token."""
        return cls(worker[:100], uuid.uuid4(), lifetime)


def lease_due(
    holder: LeaseHolder, now: datetime, limit: int, only: Sequence[int] | None = None, *, lane: Lane = "native"
) -> list[Lease]:
    """Lease up to `limit` due printers (of `only`, when given), each with an open poll row in state running.

    `lane` says which: those asked natively, those an agent is to ask, or those read from web pages.
    """
    chosen = {"limit": limit, "only": None if only is None else list(only), "lane": lane}
    facts: dict[str, Any] = {"now": now, "until": now + holder.lifetime, "worker": holder.worker, "token": holder.token}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LEASE_SQL, {**facts, **chosen, "all_by_agent": settings.POLL_ALL_BY_AGENT})
        taken = cursor.fetchall()
        if not taken:
            return []
        printers = [printer for printer, _ in taken]
        # What waited for this, or is taken over from a dead worker; the others were opened as running.
        if waited := [task for _, task in taken if task is not None]:
            cursor.execute(START_SQL, {**facts, "tasks": waited})
        cursor.execute(LOAD_SQL, {"printers": printers, "token": holder.token, "task": None})
        return [_lease(row) for row in cursor.fetchall()]


def renew(holder: LeaseHolder, now: datetime, printers: Sequence[int]) -> int:
    """Count the lifetime of these leases from now on; return how many are still the holder's own."""
    with connection.cursor() as cursor:
        facts: dict[str, Any] = {"until": now + holder.lifetime, "printers": list(printers), "token": holder.token}
        cursor.execute(RENEW_SQL, facts)
        return int(cursor.rowcount)


def facts_for(printer_id: int, task_id: int) -> Lease:
    """Return what a reading that was not leased is judged by, for a poll row of its own; raise LookupError for no printer."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_SQL, {"printers": [printer_id], "token": None, "task": task_id})
        row = cursor.fetchone()
    if row is None:
        raise LookupError(printer_id)
    return _lease(row)


def _lease(row: Sequence[Any]) -> Lease:
    """Return a row of LOAD_SQL as a lease; its last three columns are JSON text."""
    *plain, read_at, facts, doubts, learned = row
    since = {kind: datetime.fromisoformat(text) for kind, text in json.loads(doubts or "{}").items()}
    values = [*plain, _believed(read_at, json.loads(facts)), since, json.loads(learned) if learned else None]
    return Lease(*values)


def _believed(read_at: datetime | None, facts: dict[str, Any]) -> Believed | None:
    if read_at is None:
        return None
    total = facts["derived"]["total"]
    counters = facts["counters"] or ({} if total is None else {"total": total})
    derived = DerivedCounters(**facts["derived"]) if facts["rule"] == RULE_VERSION else None
    return Believed(counters, derived, read_at, facts["usual"])


def give_up_on_lost(now: datetime, max_attempts: int, interval: timedelta) -> list[int]:
    """End polls whose workers died `max_attempts` times as lost; return the ids of the batches they belong to."""
    reason = f"{max_attempts} workers in a row stopped without an answer; the next due time tries again."
    facts: dict[str, Any] = {
        "now": now,
        "attempts": max_attempts,
        "interval": interval.total_seconds(),
        "reason": reason,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GIVE_UP_SQL, facts)
        return sorted({row[0] for row in cursor.fetchall() if row[0] is not None})


def count_by_state() -> dict[str, int]:
    """Return how many open polls wait and run, and how many leases have run out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM inventory_inventorytask WHERE state IN ('queued', 'running') GROUP BY state"
        )
        counts = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM inventory_pollschedule WHERE lease_until <= now()")
        (expired,) = cursor.fetchone()
    return {
        JobState.QUEUED.value: counts.get("queued", 0),
        JobState.RUNNING.value: counts.get("running", 0),
        "expired": expired,
    }
