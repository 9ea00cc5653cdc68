"""Turn tasks into plans and due times into runs, each exactly once.

Any number of processes may do this at the same time: whoever moves `next_due` from the
value that was read makes the runs, in one transaction, and a unique (task, due time)
stands behind it. The next time follows from the plan, never from the clock, so nothing
drifts and nothing is held in a lock.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connections, router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.schedule.fires import fires, next_fire
from eztaskmanager.schedule.plan import Plan, PlanError
from eztaskmanager.services import queues
from eztaskmanager.services.context import acting
from eztaskmanager.services.endings import close_queued
from eztaskmanager.services.runs import refresh_status, request_stop
from eztaskmanager.settings import option
from eztaskmanager.states import Gap, Missed, Overlap, Repeated, State, Trigger

logger = logging.getLogger(__name__)
BATCH = 200
INSTANT = timedelta(microseconds=1)


def zone_of(task: Task) -> ZoneInfo:
    """Return the zone a task's times are in; PlanError for one that is unknown."""
    name = task.time_zone or timezone.get_default_timezone_name()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PlanError(_("“%(name)s” is no time zone.") % {"name": name}) from error


def plan_of(task: Task) -> Plan:
    """Return a task's schedule as a plan that can be followed; raises PlanError."""
    plan = Plan(
        zone=zone_of(task),
        start=task.scheduling,
        unit="" if task.cron else task.repetition_period,
        every=0 if task.cron else task.repetition_rate or 0,
        cron=task.cron.strip(),
        gap=Gap(task.on_gap),
        repeated=Repeated(task.on_repeat),
        window_start=task.window_start,
        window_end=task.window_end,
        ends_at=task.ends_at,
    )
    plan.check()
    return plan


def has_plan(task: Task) -> bool:
    """Whether there is anything to wait for."""
    return bool(task.scheduling or task.cron)


def set_next_due(task: Task, moment: datetime | None) -> None:
    """Store when a task is due next, in the row and in the object."""
    task.next_due = task.cached_next_ride = moment
    task.save(update_fields=["next_due", "cached_next_ride"])
    refresh_status([task.pk])
    task.refresh_from_db(fields=["status"])


def arm(task: Task, now: datetime | None = None) -> datetime | None:
    """Start a task's schedule; return its first due time, None when none is left.

    Raises PlanError when the schedule cannot be followed.
    """
    moment = next_fire(plan_of(task), (now or timezone.now()) - INSTANT)
    if moment is not None:
        set_next_due(task, moment)
    return moment


def disarm(task: Task) -> None:
    """End a task's schedule."""
    set_next_due(task, None)


def fire_due(now: datetime | None = None) -> int:
    """Make runs of everything that is due; return how many were queued."""
    moment = now or timezone.now()
    due = Task.objects.filter(next_due__lte=moment, paused=False).order_by("next_due")
    made = 0
    for number in due.values_list("pk", flat=True)[:BATCH]:
        made += len(fire_task(number, moment))
    return made


def fire_task(task_id: int, now: datetime) -> list[int]:
    """Make the runs of one due task; return their ids."""
    using = router.db_for_write(Task)
    with transaction.atomic(using=using):
        task = _take(task_id, using)
        if task is None or task.next_due is None or task.next_due > now:
            return []
        try:
            plan = plan_of(task)
            following = next_fire(plan, now)
        except PlanError as error:
            logger.error("The schedule of task %s is ended: %s", task_id, error)
            disarm(task)
            return []
        mine = Task.objects.filter(pk=task_id, next_due=task.next_due, paused=False)
        if not mine.update(next_due=following, cached_next_ride=following):
            return []
        slots = slots_to_run(plan, task.next_due, now, task.missed, task.missed_limit)
        made = _queue_slots(task, slots)
        refresh_status([task.pk])
    return made


def _take(task_id: int, using: str) -> Task | None:
    """Read the task, locked where the database can; None when another process has it."""
    rows = Task.objects.filter(pk=task_id)
    if connections[using].features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return rows.first()


def slots_to_run(
    plan: Plan, due: datetime, now: datetime, policy: str, limit: int
) -> list[datetime]:
    """Return the due times up to now that get a run, under the policy for missed ones."""
    border = now - timedelta(seconds=option("MISSED_AFTER_SECONDS"))
    begin = max(due - INSTANT, border)
    fresh = list(takewhile(lambda moment: moment <= now, fires(plan, begin)))
    if due > border:
        return fresh
    if policy == Missed.SKIP:
        return fresh
    if policy == Missed.ONCE:
        return fresh[-1:] or [due]
    old = takewhile(lambda moment: moment <= border, fires(plan, due - INSTANT))
    return [*islice(old, max(limit, 1)), *fresh]


def _queue_slots(task: Task, slots: Sequence[datetime]) -> list[int]:
    """Insert a run per slot that has none; obey the overlap rule."""
    made = []
    with acting(trigger=Trigger.SCHEDULE):
        for slot in slots:
            refused = _overlapping(task)
            report, created = LaunchReport.objects.get_or_create(
                task=task, due_at=slot, defaults=_row(task, slot, refused)
            )
            if created and not refused:
                queues.get_task_service().dispatch(report)
                made.append(report.pk)
    return made


def _row(task: Task, slot: datetime, refused: str) -> dict[str, object]:
    now = timezone.now()
    row: dict[str, object] = {
        "state": State.QUEUED,
        "trigger": Trigger.SCHEDULE,
        "service": queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE,
        "requested_by": task.started_by,
        "queue": task.queue,
        "priority": task.priority,
        "queued_at": now,
        "argv": task.command_line,
    }
    if task.jitter:
        # From task and slot, so that every process would choose the same delay.
        seed = f"{task.pk}:{slot.astimezone(UTC)}"
        share = random.Random(seed).random()  # noqa: S311 - spread, no secret
        row["run_after"] = slot + timedelta(seconds=share * task.jitter)
    if refused:
        row |= {
            "state": State.STOPPED,
            "invocation_result": LaunchReport.RESULT_STOPPED,
            "reason": refused,
            "finished_at": now,
            "level_counts": {},
        }
    return row


def _overlapping(task: Task) -> str:
    """Return why a slot gets no run of its own; make room where the rule says so."""
    if task.overlap == Overlap.ALLOW:
        return ""
    before = LaunchReport.objects.filter(task=task)
    queued = before.filter(state=State.QUEUED)
    running = before.filter(state=State.RUNNING)
    if task.overlap == Overlap.STOP:
        for run in queued:
            close_queued(run, _("A newer due time took its place."))
        for run in running:
            request_stop(run)
        return ""
    if task.overlap == Overlap.SKIP and running.exists():
        return _("Skipped: the run before it had not ended.")
    if queued.exists():
        return _("Skipped: a run was waiting already.")
    return ""
