"""How runs end: verdict, status of the task, retries, chains, lost workers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connections, router, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from eztaskmanager.models import LaunchReport, Log, Task, TaskLink, Worker
from eztaskmanager.running.run import Outcome
from eztaskmanager.services import postgres
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import (
    DATABASE,
    create_run,
    refresh_status,
    status_of_runs,
)
from eztaskmanager.settings import option
from eztaskmanager.states import ChainRule, State, Stream, Trigger

logger = logging.getLogger(__name__)
MAX_RETRY_DELAY = 86_400


@dataclass(frozen=True)
class Ending:
    """A run that has ended, as its supervisor tells it."""

    report_id: int
    outcome: Outcome
    counts: dict[str, int] = field(default_factory=dict)
    pid: int | None = None
    progress: tuple[int, int | None, str] | None = None


def verdict(state: str, counts: dict[str, int]) -> str:
    """Return the original's word for a state and the levels that were logged."""
    if state == State.STOPPED:
        return LaunchReport.RESULT_STOPPED
    if state != State.DONE:
        return LaunchReport.RESULT_FAILED
    if counts.get("ERROR") or counts.get("CRITICAL"):
        return LaunchReport.RESULT_ERRORS
    if counts.get("WARNING"):
        return LaunchReport.RESULT_WARNINGS
    return LaunchReport.RESULT_OK


def finish_runs(worker: str, endings: Iterable[Ending]) -> list[int]:
    """Store how a worker's runs ended; return those that were still this worker's.

    One transaction. A run that was closed meanwhile (its worker was thought dead) keeps
    its first end. Retries and chains are queued with it, so neither can be forgotten.
    """
    with transaction.atomic(using=router.db_for_write(LaunchReport)):
        if _on_postgres():
            rows = [_values(ending) for ending in endings]
            closed = postgres.finish(worker, rows)
        else:
            closed = []
            for ending in endings:
                run = LaunchReport.objects.filter(
                    pk=ending.report_id, state=State.RUNNING, worker=worker
                )
                if _close(run, ending):
                    closed.append(ending.report_id)
        _after(closed)
    return closed


def _on_postgres() -> bool:
    return connections[router.db_for_write(LaunchReport)].vendor == "postgresql"


def _values(ending: Ending) -> dict[str, Any]:
    """Return an ending as the row `postgres.finish` takes."""
    outcome = ending.outcome
    done, total, text = ending.progress or (None, None, "")
    return {
        "id": ending.report_id,
        "state": str(outcome.state),
        "result": verdict(outcome.state, ending.counts),
        "reason": outcome.reason[:500],
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "peak_memory": outcome.peak_memory,
        "cpu_seconds": outcome.cpu_seconds,
        "counts": ending.counts,
        "pid": ending.pid,
        "done": done,
        "total": total,
        "text": text,
    }


def _close(run: QuerySet[LaunchReport], ending: Ending) -> bool:
    outcome = ending.outcome
    done, total, text = ending.progress or (None, None, "")
    rows = run.update(
        state=outcome.state,
        invocation_result=verdict(outcome.state, ending.counts),
        reason=outcome.reason[:500],
        finished_at=timezone.now(),
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        peak_memory=outcome.peak_memory,
        cpu_seconds=outcome.cpu_seconds,
        level_counts=ending.counts,
        pid=ending.pid,
        progress_done=done,
        progress_total=total,
        progress_text=text,
        notified=False,
    )
    return bool(rows)


def close_queued(run: LaunchReport, reason: str) -> bool:
    """End a run that has not started; False when it had."""
    with transaction.atomic(using=router.db_for_write(LaunchReport)):
        rows = LaunchReport.objects.filter(pk=run.pk, state=State.QUEUED).update(
            state=State.STOPPED,
            invocation_result=LaunchReport.RESULT_STOPPED,
            reason=reason[:500],
            finished_at=timezone.now(),
            level_counts={},
        )
        if rows:
            refresh_status([run.task_id])
    return bool(rows)


def _after(closed: list[int]) -> None:
    """Refresh the tasks of ended runs and queue what follows them."""
    if not closed:
        return
    _ask_again(closed)
    followed: set[int] | None = None
    if _on_postgres():
        followed = postgres.refresh(closed)
        if not followed:
            return
    ended = LaunchReport.objects.filter(pk__in=closed).select_related("task")
    if followed is not None:
        ended = ended.filter(task__in=followed)
    runs = list(ended.order_by("started_at", "pk"))
    if followed is None:
        followed = _refresh(runs)
    for run in runs:
        if not _retry(run) and run.task_id in followed:
            _continue_chain(run)


def _ask_again(closed: list[int]) -> None:
    """Send a new message for runs that waited for these: theirs have come and gone."""
    from eztaskmanager.services import queues

    if queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE == DATABASE:
        return
    tasks = LaunchReport.objects.filter(pk__in=closed).values("task")
    held = LaunchReport.objects.filter(
        task__in=tasks, state=State.QUEUED, heartbeat_at__isnull=False
    )
    for run in held.order_by("id"):
        mine = held.filter(pk=run.pk)
        if mine.update(heartbeat_at=None):
            try:
                queues.get_task_service().dispatch(run)
            except queues.TaskQueueException as error:
                logger.error("Run %s waits without a message: %s", run.pk, error)


def _refresh(runs: list[LaunchReport]) -> set[int]:
    """Repeat ends in their tasks; return the tasks that others follow."""
    for run in runs:
        Task.objects.filter(pk=run.task_id).update(
            cached_last_invocation_datetime=run.invocation_datetime,
            cached_last_invocation_result=run.invocation_result,
            cached_last_invocation_n_errors=run.n_log_errors,
            cached_last_invocation_n_warnings=run.n_log_warnings,
            status=status_of_runs(),
        )
    sources = TaskLink.objects.filter(source__in={run.task_id for run in runs})
    return set(sources.values_list("source", flat=True))


def _retry(run: LaunchReport) -> bool:
    """Queue the next attempt where the task's policy says so."""
    task = run.task
    if run.state not in (State.FAILED, State.LOST) or run.attempt > task.retries:
        return False
    if run.state == State.LOST:
        if not task.retry_lost:
            return False
    elif not _code_matches(task.retry_codes, run.exit_code):
        return False
    seconds = min(task.retry_delay * 2 ** min(run.attempt - 1, 20), MAX_RETRY_DELAY)
    with acting(run.requested_by, Trigger.RETRY):
        create_run(
            task,
            run_after=timezone.now() + timedelta(seconds=seconds),
            argv=run.argv,
            previous=run,
            attempt=run.attempt + 1,
        )
    return True


def _code_matches(codes: str, code: int | None) -> bool:
    wanted = codes.replace(",", " ").split()
    return not wanted or str(code) in wanted


def _continue_chain(run: LaunchReport) -> None:
    rules = [ChainRule.ALWAYS]
    if run.state == State.DONE:
        rules.append(ChainRule.SUCCESS)
    elif run.state in (State.FAILED, State.LOST):
        rules.append(ChainRule.FAILURE)
    links = TaskLink.objects.filter(source=run.task_id, rule__in=rules)
    links = links.filter(target__paused=False)
    for link in links.select_related("target"):
        with acting(run.requested_by, Trigger.CHAIN):
            create_run(link.target, previous=run)


def reap(now_alive: str = "") -> list[int]:
    """Close runs whose worker has not been heard of for a lease; return them.

    `now_alive` is the caller's own worker, which is not judged.
    """
    limit = timezone.now() - timedelta(seconds=option("LEASE_SECONDS"))
    silent = Q(heartbeat_at__lt=limit) | Q(heartbeat_at__isnull=True)
    lost = LaunchReport.objects.filter(silent, state=State.RUNNING)
    closed = []
    for run in lost.exclude(worker=now_alive):
        reason = _("Worker %(name)s was lost.") % {"name": run.worker or "?"}
        with transaction.atomic(using=router.db_for_write(LaunchReport)):
            counts = _stored_counts(run)
            mine = lost.filter(pk=run.pk, heartbeat_at=run.heartbeat_at)
            if _close(mine, _lost(run, reason, counts)):
                Log.objects.create(
                    launch_report=run,
                    level="ERROR",
                    message=reason,
                    stream=Stream.SYSTEM,
                )
                _after([run.pk])
                closed.append(run.pk)
    Worker.objects.filter(heartbeat_at__lt=limit).exclude(name=now_alive).delete()
    return closed


def _lost(run: LaunchReport, reason: str, counts: dict[str, int]) -> Ending:
    progress = None
    if run.progress_done is not None:
        progress = (run.progress_done, run.progress_total, run.progress_text)
    return Ending(
        run.pk, Outcome(State.LOST, reason), counts, pid=run.pid, progress=progress
    )


def _stored_counts(run: LaunchReport) -> dict[str, int]:
    levels = run.logs.filter(stream=Stream.LOG).order_by().values_list("level")
    return dict(levels.annotate(n=Count("id")))


def beat(worker: str, report_ids: list[int]) -> set[int]:
    """Say that a worker and its runs are alive; return the runs that are still its own."""
    now = timezone.now()
    Worker.objects.filter(name=worker).update(heartbeat_at=now)
    mine = LaunchReport.objects.filter(
        pk__in=report_ids, state=State.RUNNING, worker=worker
    )
    mine.update(heartbeat_at=now)
    return set(mine.values_list("pk", flat=True))
