"""Tasks as Celery sees them: sendable by beat, named as the documents say, in the queues they say."""

from __future__ import annotations

import pytest
from celery import current_app
from django.conf import settings

from inventory import tasks


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        (tasks.run_inventory_task_priority, "high_priority"),
        (tasks.run_inventory_task, "low_priority"),
        (tasks.inventory_daemon_task, "daemon"),
        (tasks.run_agent_sweep, "low_priority"),
        (tasks.run_discoveries, "low_priority"),
        (tasks.cleanup_old_inventory_data, "low_priority"),
    ],
)
def test_limits_and_queues(task, queue):
    soft = task.soft_time_limit or settings.CELERY_TASK_SOFT_TIME_LIMIT
    hard = task.time_limit or settings.CELERY_TASK_TIME_LIMIT
    assert soft < hard
    route = settings.CELERY_TASK_ROUTES.get(task.name, {"queue": settings.CELERY_TASK_DEFAULT_QUEUE})
    assert route["queue"] == queue
    assert queue in {known.name for known in settings.CELERY_TASK_QUEUES}


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_beat_can_send_what_it_schedules(name):
    current_app.loader.import_default_modules()  # the tasks of all applications, as a worker imports them
    entry = settings.CELERY_BEAT_SCHEDULE[name]
    task = current_app.tasks[entry["task"]]
    result = task.apply_async(**entry.get("options", {}), retry=False)
    assert result.id
