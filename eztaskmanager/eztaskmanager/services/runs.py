"""Runs from being asked for to being claimed: create, claim, stop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, connections, router, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services import audit, postgres
from eztaskmanager.services.claim import Claim, claim_of
from eztaskmanager.services.context import current_actor
from eztaskmanager.states import Overlap, State, Trigger

DATABASE = "Database"


def create_run(
    task: Task,
    *,
    run_after: datetime | None = None,
    argv: list[str] | None = None,
    previous: LaunchReport | None = None,
    attempt: int = 1,
    dispatch: bool = True,
) -> LaunchReport:
    """Ask for a run of a task, for the current actor; it is queued.

    `argv` replaces the task's arguments; `previous` is the run that led to this one.
    With `dispatch` the project's queue is told; for the database's the row is enough.
    """
    from eztaskmanager.services import queues

    actor = current_actor()
    with transaction.atomic(using=router.db_for_write(LaunchReport)):
        run = LaunchReport.objects.create(
            task=task,
            state=State.QUEUED,
            trigger=actor.trigger,
            requested_by=actor.user,
            service=queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE,
            queue=task.queue,
            priority=task.priority,
            queued_at=timezone.now(),
            run_after=run_after,
            argv=task.command_line if argv is None else argv,
            previous=previous,
            attempt=attempt,
        )
        if actor.trigger in (Trigger.MANUAL, Trigger.API, Trigger.COMMAND):
            audit.record("run", task, run.pk)
        resting = Task.objects.filter(pk=task.pk).exclude(status=Task.STATUS_STARTED)
        if resting.update(status=Task.STATUS_SPOOLED):
            task.status = Task.STATUS_SPOOLED
    if dispatch:
        queues.get_task_service().dispatch(run)
    return run


def status_of_runs() -> Case:
    """Return the expression for what the runs and the schedule say of a task."""
    runs = LaunchReport.objects.filter(task=OuterRef("pk"))
    return Case(
        When(Exists(runs.filter(state=State.RUNNING)), then=Value(Task.STATUS_STARTED)),
        When(Exists(runs.filter(state=State.QUEUED)), then=Value(Task.STATUS_SPOOLED)),
        When(
            Q(next_due__isnull=False) | Q(scheduled_job_id__gt=""),
            then=Value(Task.STATUS_SCHEDULED),
        ),
        default=Value(Task.STATUS_IDLE),
    )


def refresh_status(task_ids: Iterable[int]) -> None:
    """Repeat in `Task.status` what the runs and the schedule say."""
    Task.objects.filter(pk__in=list(task_ids)).update(status=status_of_runs())


def waiting(
    service: str, queues: Sequence[str] | None = None
) -> QuerySet[LaunchReport]:
    """Return a queue service's runs that could start now, in the order they should."""
    found = LaunchReport.objects.filter(
        Q(run_after__isnull=True) | Q(run_after__lte=timezone.now()),
        state=State.QUEUED,
        service=service,
    )
    if queues is not None:
        found = found.filter(queue__in=queues)
    return found.order_by("-priority", "id")


def claim_runs(worker: str, queues: Sequence[str] | None, limit: int) -> list[Claim]:
    """Take up to `limit` runs for a worker, each by one worker only.

    A task whose overlap rule forbids it gets no second run while one is going: a unique
    constraint sees to it, and whoever comes second tries again later. What is returned
    is `running` in the database.
    """
    try:
        if connections[router.db_for_write(LaunchReport)].vendor == "postgresql":
            return postgres.claim(worker, queues, limit)
        claimed = _claim_one_by_one(worker, queues, limit)
    except IntegrityError:
        return []
    runs = LaunchReport.objects.select_related("task__command").in_bulk(claimed)
    return [claim_of(runs[number]) for number in claimed if number in runs]


def _claim_one_by_one(
    worker: str, queues: Sequence[str] | None, limit: int
) -> list[int]:
    """Compare and swap, for databases with one writer at a time."""
    candidates = waiting(DATABASE, queues).filter(_may_start())
    rows = candidates.values_list("id", "task_id", "task__overlap")
    claimed: list[int] = []
    for number, task, overlap in rows[: 2 * limit]:
        if len(claimed) == limit:
            break
        one = LaunchReport.objects.filter(pk=number, state=State.QUEUED)
        # The condition is looked at again by the statement that writes.
        if one.filter(_may_start()).update(**_running(worker, task, overlap)):
            claimed.append(number)
            _mark_tasks([task])
    return claimed


def _may_start() -> Q:
    """Say that a run's task allows it now, given what is running."""
    going = LaunchReport.objects.filter(task=OuterRef("task"), state=State.RUNNING)
    shared = Task.objects.filter(pk=OuterRef("task"), overlap=Overlap.ALLOW)
    return Q(Exists(shared)) | ~Q(Exists(going))


def _running(worker: str, task_id: int, overlap: str) -> dict[str, object]:
    now = timezone.now()
    return {
        "state": State.RUNNING,
        "worker": worker,
        "started_at": now,
        "heartbeat_at": now,
        "invocation_datetime": now,
        "alone": None if overlap == Overlap.ALLOW else task_id,
    }


def _mark_tasks(tasks: list[int]) -> None:
    Task.objects.filter(pk__in=tasks).update(status=Task.STATUS_STARTED)


def claim_run_of(task: Task, worker: str, service: str) -> Claim | None:
    """Take the oldest waiting run of one task, for a queue that names the task only.

    None when none waits, or when the overlap rule holds it back.
    """
    free = waiting(service).filter(_may_start(), task=task)
    for number in free.values_list("pk", flat=True):
        one = LaunchReport.objects.filter(pk=number, state=State.QUEUED)
        try:
            with transaction.atomic(using=router.db_for_write(LaunchReport)):
                taken = one.update(**_running(worker, task.pk, task.overlap))
        except IntegrityError:
            return None
        if taken:
            _mark_tasks([task.pk])
            found = LaunchReport.objects.select_related("task__command")
            return claim_of(found.get(pk=number))
    return None


def stop_reason(user: str) -> str:
    """Return the reason of a run that was stopped, by a user where one is known."""
    if user:
        return _("Stopped by %(user)s.") % {"user": user}
    return _("Stopped.")


def request_stop(run: LaunchReport) -> bool:
    """Stop a run: at once while queued, else its worker is asked to.

    Returns False when it had already ended.
    """
    from eztaskmanager.services.endings import close_queued

    user = current_actor().user
    reason = stop_reason(user)
    if close_queued(run, reason):
        audit.record("cancel", run.task, run.pk)
        return True
    asked = LaunchReport.objects.filter(
        pk=run.pk, state=State.RUNNING, stop_requested_at__isnull=True
    ).update(stop_requested_at=timezone.now(), stop_requested_by=user)
    if asked:
        audit.record("stop", run.task, run.pk)
    return bool(asked)
