"""Deliver what has ended and not been told, each once, by whichever process comes first."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from eztaskmanager.models import Delivery, LaunchReport
from eztaskmanager.services.notifications import attempt, emit_notifications
from eztaskmanager.states import State

BATCH = 100
BAD = (State.FAILED, State.LOST)
NOT_STARTED = timedelta(minutes=10)


def deliver_pending() -> int:
    """Tell of runs that have ended; return how many were looked at."""
    waiting = LaunchReport.objects.filter(notified=False).order_by("id")
    handlers = LaunchReport.get_notification_handlers()
    if not handlers:
        return waiting.update(notified=True) if waiting.exists() else 0
    count = 0
    for run in waiting.select_related("task")[:BATCH]:
        mine = LaunchReport.objects.filter(pk=run.pk, notified=False)
        if mine.update(notified=True):
            count += 1
            emit_notifications(run)
            if recovered(run):
                _tell(run, "recovery")
    for run in slow_runs():
        _tell(run, "too_long")
    for run in stuck_runs():
        _tell(run, "not_started")
    return count


def recovered(run: LaunchReport) -> bool:
    """Say whether a good run follows a bad one of the same task."""
    if run.state != State.DONE:
        return False
    before = (
        LaunchReport.objects.filter(task=run.task_id, finished_at__lt=run.finished_at)
        .exclude(state__in=(State.STOPPED, State.QUEUED, State.RUNNING))
        .order_by("-finished_at")
        .first()
    )
    return before is not None and before.state in BAD


def slow_runs() -> list[LaunchReport]:
    """Return runs that take longer than their task says, and were not told of yet."""
    now = timezone.now()
    watched = LaunchReport.objects.filter(
        state=State.RUNNING, task__expected_within__isnull=False
    )
    # The sum is done here: SQLite cannot multiply a column with an interval.
    return [
        run
        for run in _untold(watched, "too_long")
        if run.started_at
        and now - run.started_at > timedelta(minutes=run.task.expected_within or 0)
    ]


def stuck_runs() -> list[LaunchReport]:
    """Return runs that nobody has taken for ten minutes, and were not told of yet."""
    limit = timezone.now() - NOT_STARTED
    ready = Q(run_after__isnull=True, queued_at__lt=limit) | Q(run_after__lt=limit)
    return _untold(
        LaunchReport.objects.filter(ready, state=State.QUEUED), "not_started"
    )


def _untold(found: QuerySet[LaunchReport], event: str) -> list[LaunchReport]:
    return list(found.exclude(deliveries__event=event).select_related("task")[:BATCH])


def send_test(name: str) -> Delivery:
    """Send a test through one handler and return what became of it.

    The newest run is the example in it. LookupError says what is missing.
    """
    handler = LaunchReport.get_notification_handlers().get(name)
    if handler is None:
        raise LookupError(_("There is no handler “%(name)s”.") % {"name": name})
    run = LaunchReport.objects.select_related("task").order_by("-id").first()
    if run is None:
        raise LookupError(_("Run a task first: a test message shows its newest run."))
    attempt(run, name, "test", handler.send_test, run)
    return Delivery.objects.filter(handler=name, event="test").latest("id")


def _tell(run: LaunchReport, event: str) -> None:
    for name, handler in LaunchReport.get_notification_handlers().items():
        attempt(run, name, event, handler.handle_event, run, event)
