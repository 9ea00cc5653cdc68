"""Celery's side: a task that runs ours, and schedules fired by Celery's own workers."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import shared_task, signals
from django.db import connections

from eztaskmanager.running.supervisor import DATABASE_TROUBLE
from eztaskmanager.services import queues, run_management_command

logger = logging.getLogger(__name__)
SCHEDULE_SECONDS = 1.0
_stopped = threading.Event()


# The task's own timeout ends a run: the project's limits for its other tasks are lifted.
@shared_task(
    name="eztaskmanager.run", ignore_result=True, time_limit=0, soft_time_limit=0
)
def run_task(task_id: int) -> None:
    """Run the oldest waiting run of a task."""
    run_management_command(task_id)


def fire_schedules() -> None:
    """Queue what is due and close what is lost, until the worker goes down.

    Every Celery worker does this; the database sees to it that each due time gets one
    run.
    """
    from eztaskmanager.services.endings import reap
    from eztaskmanager.services.scheduler import fire_due

    while not _stopped.wait(SCHEDULE_SECONDS):
        try:
            fire_due()
            reap()
        except DATABASE_TROUBLE as error:
            logger.warning("Schedules wait: %s", error)
            connections.close_all()


@signals.worker_ready.connect
def _begin(**_: Any) -> None:
    if queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE != "Celery":
        return  # the project's Celery does other work, and `ezworker` does this
    threading.Thread(
        target=fire_schedules, name="eztaskmanager-schedules", daemon=True
    ).start()


@signals.worker_shutting_down.connect
def _end(**_: Any) -> None:
    _stopped.set()
