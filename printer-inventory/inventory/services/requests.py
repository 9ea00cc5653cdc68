"""Asking for polls by hand: rows first, workers second.

Whoever asks gets a poll row per printer at once, in one statement however many printers there are; a printer that
already has an open poll keeps it and is counted in. Only then are workers told, and if they cannot be told (Redis away)
the rows are found at the next tick, because being due is a fact of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from access.reach import organizations
from inventory.models import OPEN_STATES, InventoryTask, JobState, PollBatch
from inventory.services.broker import wake
from inventory.services.storing import close_batches

DIRECT_LIMIT: Final = 10
"""So many printers are handed to the high-priority queue one by one; more are a sweep."""

OPEN_SQL = """
WITH wanted AS (
    SELECT s.printer_id, s.open_task_id, s.lease_token
    FROM inventory_pollschedule s
    JOIN inventory_printer p ON p.id = s.printer_id AND p.is_active
    LEFT JOIN inventory_organization o ON o.id = p.organization_id
    WHERE (o.id IS NULL OR o.active) AND (%(only)s::bigint[] IS NULL OR s.printer_id = ANY(%(only)s::bigint[]))
        AND (%(reach)s::bigint[] IS NULL OR p.organization_id = ANY(%(reach)s::bigint[]))
    ORDER BY s.printer_id
    FOR UPDATE OF s
), opened AS (
    INSERT INTO inventory_inventorytask
        (printer_id, batch_id, state, status, trigger, requested_by_id, due_at, task_timestamp, attempt, worker,
         error_message, match_rule, engine, packets)
    SELECT printer_id, %(batch)s, 'queued', '', 'manual', %(user)s, %(now)s, %(now)s, 0, '', '', '', '', 0
    FROM wanted WHERE open_task_id IS NULL
    RETURNING id, printer_id
), joined AS (
    UPDATE inventory_inventorytask t SET batch_id = %(batch)s
    FROM wanted WHERE t.id = wanted.open_task_id AND %(batch)s::bigint IS NOT NULL
), hurried AS (
    UPDATE inventory_pollschedule s
    SET open_task_id = COALESCE(s.open_task_id, opened.id), due_at = %(now)s, priority = %(priority)s
    FROM wanted LEFT JOIN opened ON opened.printer_id = wanted.printer_id
    WHERE s.printer_id = wanted.printer_id AND wanted.lease_token IS NULL
)
SELECT wanted.printer_id, COALESCE(opened.id, wanted.open_task_id)
FROM wanted LEFT JOIN opened ON opened.printer_id = wanted.printer_id
"""

STOP_SQL = """
WITH waiting AS (
    SELECT s.printer_id, s.open_task_id
    FROM inventory_pollschedule s JOIN inventory_inventorytask t ON t.id = s.open_task_id
    WHERE t.batch_id = %(batch)s AND t.state = 'queued' AND s.lease_token IS NULL
    FOR UPDATE OF s
), freed AS (
    UPDATE inventory_pollschedule s
    SET open_task_id = NULL, priority = 5,
        due_at = %(now)s + make_interval(secs => COALESCE(s.interval_seconds, %(interval)s))
    FROM waiting WHERE s.printer_id = waiting.printer_id
)
UPDATE inventory_inventorytask t SET state = 'stopped', finished_at = %(now)s, error_message = %(reason)s
FROM waiting WHERE t.id = waiting.open_task_id
"""


@dataclass(frozen=True, slots=True)
class RequestedPoll:
    """A printer and the poll row it has now."""

    printer_id: int
    task_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, in the words every job uses."""

    state: JobState
    done: int
    total: int
    failed: int
    text: str
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the job progress JSON of all systems."""
        return {
            "state": self.state.value,
            "done": self.done,
            "total": self.total,
            "failed": self.failed,
            "text": self.text,
            "reason": self.reason,
        }


def request_polls(printer_ids: Sequence[int], user_id: int | None, now: datetime | None = None) -> list[RequestedPoll]:
    """Ask for these printers now; retired and unknown ones are left out. Workers are told after the commit."""
    with transaction.atomic():
        rows = _open(now or timezone.now(), only=list(printer_ids), user_id=user_id, batch_id=None, priority=0)
        transaction.on_commit(lambda: tell_workers([row.printer_id for row in rows], user_id))
    return rows


def request_batch(
    printer_ids: Sequence[int] | None, user_id: int | None, scope: str, now: datetime | None = None
) -> PollBatch:
    """Ask for many printers (None: the whole fleet) as one job with progress.

    While the whole fleet is being polled already, that job is returned and nothing is added.
    """
    now = now or timezone.now()
    # The fleet of a person with a limit is a part of it, and must not keep others from polling the whole.
    fleet = printer_ids is None and organizations() is None
    try:
        with transaction.atomic():
            batch = PollBatch.objects.create(requested_by_id=user_id, requested_at=now, scope=scope, is_fleet=fleet)
            only = None if printer_ids is None else list(printer_ids)
            rows = _open(now, only=only, user_id=user_id, batch_id=batch.pk, priority=1)
            batch.total = len(rows)
            batch.finished_at = None if rows else now
            batch.save(update_fields=["total", "finished_at"])
            transaction.on_commit(tell_sweeper)
    except IntegrityError:
        running = PollBatch.objects.filter(is_fleet=True, finished_at=None).first()
        if running is None:
            raise
        return running
    return batch


def stop_batch(batch: PollBatch, now: datetime | None = None) -> int:
    """Stop those polls of a batch that have not started; return how many. What is under way ends by itself."""
    now = now or timezone.now()
    facts: dict[str, Any] = {
        "batch": batch.pk,
        "now": now,
        "interval": settings.POLL_INTERVAL.total_seconds(),
        "reason": "Stopped before it started.",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STOP_SQL, facts)
        stopped = int(cursor.rowcount)
        PollBatch.objects.filter(pk=batch.pk, stopped_at=None).update(stopped_at=now)
        close_batches([batch.pk], now)
    return stopped


def progress_of(batch: PollBatch) -> Progress:
    """Count how far a batch is, from its polls."""
    counts = InventoryTask.objects.filter(batch=batch).aggregate(
        waiting=Count("pk", filter=Q(state__in=OPEN_STATES)),
        unanswered=Count("pk", filter=Q(state__in=(JobState.FAILED, JobState.LOST))),
        stopped=Count("pk", filter=Q(state=JobState.STOPPED)),
    )
    done = max(batch.total - counts["waiting"], 0)
    text = _("%(done)s of %(total)s printers") % {"done": done, "total": batch.total}
    if counts["waiting"]:
        return Progress(JobState.RUNNING, done, batch.total, counts["unanswered"], text)
    if counts["stopped"]:
        reason = _("%(stopped)s polls were stopped before they started.") % {"stopped": counts["stopped"]}
        return Progress(JobState.STOPPED, done, batch.total, counts["unanswered"], text, reason)
    reason = _("%(count)s printers did not answer.") % {"count": counts["unanswered"]} if counts["unanswered"] else ""
    return Progress(JobState.DONE, done, batch.total, counts["unanswered"], text, reason)


def tell_workers(printer_ids: Sequence[int], user_id: int | None) -> None:
    """Hand a few printers to the high-priority queue; more are the sweeper's."""
    if len(printer_ids) > DIRECT_LIMIT:
        tell_sweeper()
        return
    for printer_id in printer_ids:
        if not wake("inventory.tasks.run_inventory_task_priority", "high_priority", printer_id, user_id):
            return


def tell_sweeper() -> None:
    """Wake the daemon queue before its next tick."""
    wake("inventory.tasks.inventory_daemon_task", "daemon")


def _open(
    now: datetime, *, only: list[int] | None, user_id: int | None, batch_id: int | None, priority: int
) -> list[RequestedPoll]:
    facts: dict[str, Any] = {"now": now, "only": only, "user": user_id, "batch": batch_id, "priority": priority}
    facts["reach"] = organizations()
    with connection.cursor() as cursor:
        cursor.execute(OPEN_SQL, facts)
        return [RequestedPoll(*row) for row in cursor.fetchall()]
