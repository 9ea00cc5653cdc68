"""Queues behind one interface: the database, RQ with rq-scheduler, Celery."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

from django.db import connections, router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services import audit, run_management_command
from eztaskmanager.services.context import current_actor
from eztaskmanager.services.runs import create_run, refresh_status, request_stop
from eztaskmanager.settings import EZTASKMANAGER_QUEUE_SERVICE_TYPE
from eztaskmanager.states import OPEN_STATES, Overlap

if find_spec("django_rq"):
    import django_rq
else:
    django_rq = None  # type: ignore[assignment]  # the extra is not installed

logger = logging.getLogger(__name__)
TOLERANCE = timedelta(seconds=1)


class TaskQueueException(Exception):
    """What was asked of a queue cannot be done; the text is for the person who asked."""


def _failed(error: Exception) -> str:
    return _("Failed to add task: %(error)s") % {"error": error}


def after_commit(act: Callable[[], Any]) -> Any:
    """Do something when the open transaction commits; at once when there is none.

    Returns what it returned when done at once, else None. Transactions that tests wrap
    around themselves are not waited for, as Django's own `durable` does not.
    """
    connection = connections[router.db_for_write(LaunchReport)]
    blocks = [
        block
        for block in connection.atomic_blocks
        if not getattr(block, "_from_testcase", False)
    ]
    if not blocks:
        return act()
    transaction.on_commit(act, using=connection.alias)
    return None


class TaskQueueService(ABC):
    """Where runs wait. `add` follows the task's schedule, `run_now` does not."""

    @abstractmethod
    def add(self, task: Task) -> Any:
        """Start the task's schedule, or queue one run when it has none.

        Raises TaskQueueException.
        """

    @abstractmethod
    def dispatch(self, run: LaunchReport) -> Any:
        """Tell the queue of a run whose row exists; at the run's time, if it has one."""

    def remove(self, task: Task) -> None:
        """End the schedule, drop waiting runs and stop the ones that run."""
        from eztaskmanager.services.scheduler import disarm

        task.scheduled_job_id = None
        task.save(update_fields=["scheduled_job_id"])
        disarm(task)
        for run in LaunchReport.objects.filter(task=task, state__in=OPEN_STATES):
            request_stop(run)
        audit.record("unschedule", task)
        refresh_status([task.pk])
        task.refresh_from_db(fields=["status"])

    def run_now(self, task: Task, argv: list[str] | None = None) -> LaunchReport:
        """Queue one run, whatever the schedule says; raises TaskQueueException."""
        busy = LaunchReport.objects.filter(task=task, state__in=OPEN_STATES)
        if task.overlap == Overlap.SKIP and busy.exists():
            raise TaskQueueException(_("It is running, and its rule is to skip then."))
        return create_run(task, argv=argv)

    def fetch_job_with_next_time(self, task: Task) -> tuple[Any, datetime | None]:
        """Return the queue's own scheduled job (None here) and the next due time."""
        return None, task.next_due

    def arm_in_database(self, task: Task) -> datetime:
        """Start a schedule that workers read from the database."""
        from eztaskmanager.schedule.plan import PlanError
        from eztaskmanager.services.scheduler import arm

        try:
            moment = arm(task)
        except PlanError as error:
            raise TaskQueueException(str(error)) from error
        if moment is None:
            raise TaskQueueException(
                _(
                    "It is not possible to schedule tasks in the past; run it now instead"
                )
            )
        task.started_by = current_actor().user
        task.save(update_fields=["started_by"])
        audit.record("schedule", task, next_due=moment.isoformat())
        return moment


class DatabaseTaskQueueService(TaskQueueService):
    """The rows are the queue: `manage.py ezworker` takes them. Nothing to install."""

    def add(self, task: Task) -> LaunchReport | None:
        """Start the schedule (None), or queue a run and return it."""
        if task.scheduling or task.cron:
            self.arm_in_database(task)
            return None
        return self.run_now(task)

    def dispatch(self, run: LaunchReport) -> None:
        """The row is the message."""


class RQTaskQueueService(TaskQueueService):
    """Redis Queue. Plain dates and intervals are kept by rq-scheduler, as ever.

    Cron, windows, zones and the like are fired by any `ezworker` that runs beside.
    """

    def __init__(self) -> None:
        if django_rq is None:
            raise TaskQueueException(_("RQ is chosen but django-rq is not installed"))
        self.queue = django_rq.get_queue("default")
        self.scheduler = django_rq.get_scheduler("default", interval=60)

    def add(self, task: Task) -> Any:
        """Schedule or enqueue; return the job (None when a transaction is awaited)."""
        self._cancel(task)
        if not (task.scheduling or task.cron):
            run = create_run(task, dispatch=False)
            return self.dispatch(run)
        if self._needs_database(task):
            self.arm_in_database(task)
            return None
        return self._schedule(task)

    def _needs_database(self, task: Task) -> bool:
        more = (task.cron, task.time_zone, task.window_start, task.ends_at, task.jitter)
        return any(more)

    def _schedule(self, task: Task) -> Any:
        start = task.scheduling_utc
        if start is not None and start < timezone.now():
            start = self._next(task)
        if start is None:
            raise TaskQueueException(
                _(
                    "It is not possible to schedule tasks in the past; run it now instead"
                )
            )
        try:
            job = self._schedule_at(task, start)
        except Exception as error:
            raise TaskQueueException(_failed(error)) from error
        task.scheduled_job_id = job.id
        task.status = Task.STATUS_SCHEDULED
        task.cached_next_ride = self.fetch_job_with_next_time(task)[1]
        task.save(update_fields=["scheduled_job_id", "status", "cached_next_ride"])
        audit.record("schedule", task, next_due=start.isoformat())
        return job

    def _schedule_at(self, task: Task, start: datetime) -> Any:
        if not task.is_periodic:
            return self.scheduler.enqueue_at(start, run_management_command, task.id)
        interval = task.interval_in_seconds
        return self.scheduler.schedule(
            start,
            run_management_command,
            [task.id],
            interval=interval,
            result_ttl=int(1.5 * interval),
        )

    def _next(self, task: Task) -> datetime | None:
        from eztaskmanager.schedule.fires import next_fire
        from eztaskmanager.schedule.plan import PlanError
        from eztaskmanager.services.scheduler import plan_of

        try:
            return next_fire(plan_of(task), timezone.now())
        except PlanError as error:
            raise TaskQueueException(str(error)) from error

    def _cancel(self, task: Task) -> None:
        """Take the task's job out of rq-scheduler, if it has one there."""
        if not task.scheduled_job_id:
            return
        logger.warning("Task %s was scheduled already; replacing it.", task.pk)
        try:
            self.scheduler.cancel(task.scheduled_job_id)
        except Exception as error:  # noqa: BLE001 - a job that is gone is what we want
            logger.warning("Job %s: %s", task.scheduled_job_id, error)
        task.scheduled_job_id = None
        if task.pk:
            task.save(update_fields=["scheduled_job_id"])

    def dispatch(self, run: LaunchReport) -> Any:
        """Enqueue, once the row is committed; raises TaskQueueException."""

        def enqueue() -> Any:
            if run.run_after and run.run_after > timezone.now():
                return self.scheduler.enqueue_at(
                    run.run_after.astimezone(UTC), run_management_command, run.task_id
                )
            return self.queue.enqueue(run_management_command, run.task_id)

        try:
            return after_commit(enqueue)
        except Exception as error:
            raise TaskQueueException(_failed(error)) from error

    def fetch_job_with_next_time(self, task: Task) -> tuple[Any, datetime | None]:
        """Return rq-scheduler's job and its time in UTC, or (None, next due time)."""
        for job, moment in self.scheduler.get_jobs(with_times=True):
            if job.id == task.scheduled_job_id:
                return job, moment.replace(tzinfo=UTC)
        return None, task.next_due

    def realign(self, task: Task) -> datetime | None:
        """After a run: move the job to the time the schedule says; return that time.

        rq-scheduler counts its interval from when it looked, so it falls behind.
        """
        job, moment = self.fetch_job_with_next_time(task)
        if job is None or moment is None or not task.is_periodic:
            return moment
        exact = self._next(task)
        if exact is not None and abs(exact - moment) > TOLERANCE:
            self.scheduler.change_execution_time(job, exact)
        return exact or moment

    def remove(self, task: Task) -> None:
        """Cancel rq-scheduler's job, then stop as every queue does."""
        job = self.fetch_job_with_next_time(task)[0]
        if job is not None:
            self.scheduler.cancel(job)
        super().remove(task)


class CeleryTaskQueueService(TaskQueueService):
    """Celery carries the runs; workers and any `ezworker` fire schedules. No beat."""

    def add(self, task: Task) -> Any:
        """Start the schedule (None), or queue a run and return Celery's result."""
        if task.scheduling or task.cron:
            self.arm_in_database(task)
            return None
        run = create_run(task, dispatch=False)
        return self.dispatch(run)

    def dispatch(self, run: LaunchReport) -> Any:
        """Send the task's number, once the row is committed; raises TaskQueueException."""
        from eztaskmanager.tasks import run_task

        def send() -> Any:
            return run_task.apply_async(args=[run.task_id], eta=run.run_after)

        try:
            return after_commit(send)
        except Exception as error:
            raise TaskQueueException(_failed(error)) from error


def get_task_service() -> TaskQueueService:
    """Return the queue the project has chosen; raises TaskQueueException."""
    services: dict[str, type[TaskQueueService]] = {
        "RQ": RQTaskQueueService,
        "Celery": CeleryTaskQueueService,
        "Database": DatabaseTaskQueueService,
    }
    chosen = EZTASKMANAGER_QUEUE_SERVICE_TYPE
    if chosen not in services:
        raise TaskQueueException(
            _("EZTASKMANAGER_QUEUE_SERVICE_TYPE must be one of %(names)s")
            % {"names": ", ".join(services)}
        )
    if chosen == "Celery" and not find_spec("celery"):
        raise TaskQueueException(_("Celery is chosen but not installed"))
    return services[chosen]()


__all__ = [
    "EZTASKMANAGER_QUEUE_SERVICE_TYPE",
    "CeleryTaskQueueService",
    "DatabaseTaskQueueService",
    "RQTaskQueueService",
    "TaskQueueException",
    "TaskQueueService",
    "django_rq",
    "get_task_service",
    "run_management_command",
]
