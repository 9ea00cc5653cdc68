"""RQ and Celery for real: their own workers, the same rows, the same endings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services import queues
from eztaskmanager.services.queues import (
    CeleryTaskQueueService,
    DatabaseTaskQueueService,
    RQTaskQueueService,
    TaskQueueException,
    get_task_service,
)
from eztaskmanager.services.runs import request_stop
from eztaskmanager.states import State
from eztaskmanager.tests.site import Site, ended, probe, wait_for


@pytest.fixture
def fake_rq() -> Iterator[mock.Mock]:
    """RQ's package replaced, to see which calls are made."""
    with (
        mock.patch.object(queues, "django_rq") as fake,
        mock.patch.object(queues, "EZTASKMANAGER_QUEUE_SERVICE_TYPE", "RQ"),
    ):
        fake.get_scheduler.return_value.get_jobs.return_value = []
        fake.get_scheduler.return_value.schedule.return_value.id = "job-1"
        fake.get_scheduler.return_value.enqueue_at.return_value.id = "job-2"
        yield fake


@pytest.mark.django_db
def test_rq_is_asked_as_the_original_asked_it(fake_rq: mock.Mock) -> None:
    service = get_task_service()
    fake_rq.get_queue.assert_called_once_with("default")
    fake_rq.get_scheduler.assert_called_once_with("default", interval=60)
    run = queues.run_management_command

    task = probe("x")
    service.add(task)
    fake_rq.get_queue.return_value.enqueue.assert_called_once_with(run, task.id)

    start = timezone.now() + timedelta(hours=1)
    once = probe("x", scheduling=start)
    service.add(once)
    scheduler = fake_rq.get_scheduler.return_value
    scheduler.enqueue_at.assert_called_once_with(start.astimezone(UTC), run, once.id)
    assert (once.scheduled_job_id, once.status) == ("job-2", Task.STATUS_SCHEDULED)

    daily = probe("x", scheduling=start, repetition_period="day", repetition_rate=2)
    service.add(daily)
    scheduler.schedule.assert_called_once_with(
        start.astimezone(UTC), run, [daily.id], interval=172800, result_ttl=259200
    )
    service.add(daily)
    scheduler.cancel.assert_called_once_with("job-1")


@pytest.mark.django_db
def test_a_queue_that_refuses_is_told_with_its_reason(fake_rq: mock.Mock) -> None:
    fake_rq.get_queue.return_value.enqueue.side_effect = ConnectionError("no redis")

    with pytest.raises(TaskQueueException, match="Failed to add task: no redis"):
        get_task_service().add(probe("x"))


@pytest.mark.django_db(transaction=True)
def test_a_queue_hears_of_a_run_only_once_it_is_committed(fake_rq: mock.Mock) -> None:
    from django.db import transaction

    task = probe("x")
    enqueue = fake_rq.get_queue.return_value.enqueue
    with transaction.atomic():
        get_task_service().add(task)
        enqueue.assert_not_called()
    enqueue.assert_called_once()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "kind"),
    [("Database", DatabaseTaskQueueService), ("Celery", CeleryTaskQueueService)],
)
def test_the_setting_chooses(chosen: str, kind: type) -> None:
    with mock.patch.object(queues, "EZTASKMANAGER_QUEUE_SERVICE_TYPE", chosen):
        assert type(get_task_service()) is kind
    with (
        mock.patch.object(queues, "EZTASKMANAGER_QUEUE_SERVICE_TYPE", "Pigeons"),
        pytest.raises(TaskQueueException, match="must be one of"),
    ):
        get_task_service()


@pytest.mark.django_db
def test_an_interval_of_rq_scheduler_is_moved_back_to_the_plan(
    fake_rq: mock.Mock,
) -> None:
    start = timezone.now().replace(microsecond=0) + timedelta(minutes=1)
    task = probe("x", scheduling=start, repetition_period="hour", repetition_rate=1)
    service = RQTaskQueueService()
    service.add(task)
    job = mock.Mock(id="job-1")
    drifted = (start + timedelta(seconds=25)).astimezone(UTC).replace(tzinfo=None)
    service.scheduler.get_jobs.return_value = [(job, drifted)]

    assert service.realign(task) == start
    service.scheduler.change_execution_time.assert_called_once_with(job, start)


def redis_site(site: Site, service: str) -> Any:
    site.environment |= {"EZTASKMANAGER_QUEUE_SERVICE_TYPE": service}
    host, port = os.environ["REDIS_HOST"], os.environ["REDIS_PORT"]
    password = os.environ.get("REDIS_PASSWORD", "")
    number = os.environ.get("REDIS_DB", "0")
    site.environment["REDIS_URL"] = f"redis://:{password}@{host}:{port}/{number}"
    return site


def add(site: Site, task: Task) -> LaunchReport:
    """Add a task as the site's web process would: in a process with its settings."""
    code = (
        "from eztaskmanager.models import Task;"
        "from eztaskmanager.services.queues import get_task_service;"
        f"get_task_service().add(Task.objects.get(pk={task.pk}))"
    )
    process = site.start("shell", "-c", code)
    assert process.wait(30) == 0, site.output()
    return LaunchReport.objects.filter(task=task).latest("pk")


def check_a_queue(site: Site) -> None:
    fine = ended(add(site, probe("print=one", "log=two")), 30)
    assert (fine.state, fine.invocation_result) == ("done", "warnings")
    assert [log.message for log in fine.logs.order_by("id")] == ["one", "two"]

    dead = ended(add(site, probe("print=x", "kill=9")), 30)
    assert (dead.state, dead.signal) == (State.FAILED, 9)

    long = add(site, probe("print=up", "sleep=60"))
    wait_for(long.logs.exists, 30)
    request_stop(long)
    assert ended(long, 30).state == State.STOPPED


def test_rq_runs_each_in_a_child_and_stops_it(sqlite_site: Site) -> None:
    site = redis_site(sqlite_site, "RQ")
    site.start("rqworker", "default")

    check_a_queue(site)


@pytest.mark.slow
def test_rq_on_postgresql(postgres_site: Site) -> None:
    site = redis_site(postgres_site, "RQ")
    site.start("rqworker", "default")

    check_a_queue(site)


@pytest.mark.slow
def test_celery_runs_each_in_a_child_and_fires_schedules(postgres_site: Site) -> None:
    site = redis_site(postgres_site, "Celery")
    program = [sys.executable, "-m", "celery", "-A", "demoproject", "worker"]
    site.start("--pool", "prefork", "-c", "2", "--loglevel", "INFO", program=program)

    check_a_queue(site)

    task = probe("print=by schedule", next_due=timezone.now())
    task.scheduling = task.next_due
    task.save()
    run = wait_for(lambda: LaunchReport.objects.filter(task=task).first(), 30)
    assert ended(run, 30).state == State.DONE
