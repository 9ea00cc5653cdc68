"""The entry point of queue workers."""

from __future__ import annotations

import logging

logger = logging.getLogger("eztaskmanager.services.logger")


def run_management_command(task_id: int) -> None:
    """Run a task's oldest waiting run, or a new one, to its end.

    RQ and Celery call this. Runs whose worker died are closed first. The command runs in a
    child process of its own; its end is stored here. A task that is gone, or whose overlap
    rule forbids a run now, is logged.
    """
    from eztaskmanager.models import Task
    from eztaskmanager.services.delivery import deliver_pending
    from eztaskmanager.services.endings import reap
    from eztaskmanager.services.launching import claim_or_create
    from eztaskmanager.workers.host import RunHost
    from eztaskmanager.workers.single import run_claimed

    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        logger.error("Task with id %s not found", task_id)
        return
    host = RunHost()
    try:
        reap(host.name)
        report = claim_or_create(task, host.name)
        if report is not None:
            run_claimed(host, report)
            settle(task_id)
    finally:
        host.supervisor.close()
    deliver_pending()


def settle(task_id: int) -> None:
    """After a run from RQ: repeat its scheduler's next time in the task's row."""
    from eztaskmanager.models import Task
    from eztaskmanager.services.queues import RQTaskQueueService, get_task_service
    from eztaskmanager.services.runs import refresh_status

    service = get_task_service()
    task = Task.objects.filter(pk=task_id).first()
    if task is None or not isinstance(service, RQTaskQueueService):
        return
    if task.scheduled_job_id:
        task.cached_next_ride = service.realign(task)
        if not task.is_periodic:
            task.scheduled_job_id = None
        task.save(update_fields=["cached_next_ride", "scheduled_job_id"])
        refresh_status([task_id])
