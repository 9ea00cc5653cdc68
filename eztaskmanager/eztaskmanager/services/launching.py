"""Launches for queues that only carry a task's number."""

from __future__ import annotations

import logging

from eztaskmanager.models import Task
from eztaskmanager.services import queues
from eztaskmanager.services.claim import Claim
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import claim_run_of, create_run, waiting
from eztaskmanager.states import Trigger

logger = logging.getLogger(__name__)


def claim_or_create(task: Task, worker: str) -> Claim | None:
    """Return the run that a queue's message stands for, claimed.

    A message without a waiting run comes from the queue's own schedule: a run is made.
    None when the task's overlap rule holds it back; it then stays queued.
    """
    service = queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE
    claimed = claim_run_of(task, worker, service)
    if claimed is not None or waiting(service).filter(task=task).exists():
        if claimed is None:
            logger.warning("Task %s still runs; its next run waits.", task.pk)
        return claimed
    with acting(trigger=Trigger.SCHEDULE):
        create_run(task, dispatch=False)
    return claim_run_of(task, worker, service)
