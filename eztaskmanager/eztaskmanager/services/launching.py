"""Launches for queues that only carry a task's number."""

from __future__ import annotations

import logging

from django.utils import timezone

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services import queues
from eztaskmanager.services.claim import Claim
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import claim_run_of, create_run, waiting
from eztaskmanager.states import State, Trigger

logger = logging.getLogger(__name__)


def claim_or_create(task: Task, worker: str) -> Claim | None:
    """Return the run that a queue's message stands for, claimed.

    None when the task's overlap rule holds it back: the run before it then asks for a new
    message when it ends. A message without a waiting run comes from rq-scheduler, which
    keeps schedules of its own: a run is made. Celery's was delivered twice, after the
    worker that had it was killed or took long: nothing is left to do, since commands are
    repeated only where their task says so.
    """
    service = queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE
    claimed = claim_run_of(task, worker, service)
    if claimed is not None:
        return claimed
    if _hold(task, service):
        # What was running may have ended just before the run was marked.
        claimed = claim_run_of(task, worker, service)
        if claimed is None:
            logger.warning("Task %s still runs; its next run waits.", task.pk)
        return claimed
    if service == "Celery":
        return None
    with acting(trigger=Trigger.SCHEDULE):
        create_run(task, dispatch=False)
    return claim_run_of(task, worker, service)


def _hold(task: Task, service: str) -> bool:
    """Mark one waiting run as one whose message has come; False when none waits.

    A heartbeat on a queued run is the mark; `endings` asks for a new message then.
    """
    runs = waiting(service).filter(task=task)
    for number in runs.filter(heartbeat_at__isnull=True).values_list("pk", flat=True):
        one = LaunchReport.objects.filter(pk=number, state=State.QUEUED)
        if one.filter(heartbeat_at__isnull=True).update(heartbeat_at=timezone.now()):
            return True
    return runs.exists()
