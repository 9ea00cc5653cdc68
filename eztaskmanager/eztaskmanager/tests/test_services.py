"""Services between queues and rows: messages, held runs, retention, rights, logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from eztaskmanager import tasks
from eztaskmanager.models import AppCommand, LaunchReport, Task
from eztaskmanager.running.run import Outcome
from eztaskmanager.services import housekeeping, queues
from eztaskmanager.services.endings import Ending, finish_runs, reap
from eztaskmanager.services.launching import claim_or_create
from eztaskmanager.services.logger import LoggerEnabledCommand, verbosity2loglevel
from eztaskmanager.services.runs import create_run
from eztaskmanager.states import State
from eztaskmanager.tests.site import probe

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["RQ", "Celery"])
def carrier(request: pytest.FixtureRequest) -> Iterator[tuple[str, mock.Mock]]:
    """A queue that only carries a task's number; the mock takes what is dispatched."""
    service: Any = mock.Mock()
    with (
        mock.patch.object(queues, "EZTASKMANAGER_QUEUE_SERVICE_TYPE", request.param),
        mock.patch.object(queues, "get_task_service", return_value=service),
    ):
        yield request.param, service.dispatch


def test_a_message_that_comes_twice_runs_once_unless_schedules_send_them(
    carrier: tuple[str, mock.Mock],
) -> None:
    task = probe("x")
    run = create_run(task)
    claim = claim_or_create(task, "w")
    assert claim is not None
    assert claim.report_id == run.pk
    finish_runs("w", [Ending(run.pk, Outcome(State.DONE))])

    again = claim_or_create(task, "w")

    # rq-scheduler sends a message for each due time and makes no row.
    assert (again is not None) == (carrier[0] == "RQ")
    assert task.launchreport_set.count() == (2 if carrier[0] == "RQ" else 1)


def test_a_run_that_had_to_wait_gets_a_new_message_when_the_one_before_ends(
    carrier: tuple[str, mock.Mock],
) -> None:
    dispatch = carrier[1]
    task = probe("x")
    first, second, third = (create_run(task) for _ in range(3))
    assert claim_or_create(task, "w") is not None
    assert claim_or_create(task, "w") is None
    dispatch.reset_mock()

    finish_runs("w", [Ending(first.pk, Outcome(State.DONE))])

    dispatch.assert_called_once_with(second)
    claim = claim_or_create(task, "w")
    assert claim is not None
    assert claim.report_id == second.pk
    third.refresh_from_db()
    assert (third.state, third.heartbeat_at) == (State.QUEUED, None)
    assert task.launchreport_set.count() == 3


def test_a_run_that_waited_for_a_lost_one_gets_its_message_too(
    carrier: tuple[str, mock.Mock],
) -> None:
    task = probe("x")
    first, second = create_run(task), create_run(task)
    claim_or_create(task, "w")
    claim_or_create(task, "w")
    carrier[1].reset_mock()
    silent = timezone.now() - timedelta(minutes=5)
    LaunchReport.objects.filter(pk=first.pk).update(heartbeat_at=silent)
    first.logs.create(level="ERROR", message="a")
    first.logs.create(level="ERROR", message="b")

    assert reap() == [first.pk]

    carrier[1].assert_called_once_with(second)
    first.refresh_from_db()
    assert (first.state, first.level_counts) == (State.LOST, {"ERROR": 2})


@pytest.mark.parametrize(("service", "fires"), [("Celery", True), ("Database", False)])
def test_celery_workers_fire_schedules_only_where_celery_is_the_queue(
    service: str, fires: bool
) -> None:
    with (
        mock.patch.object(queues, "EZTASKMANAGER_QUEUE_SERVICE_TYPE", service),
        mock.patch("threading.Thread") as thread,
    ):
        tasks._begin()
    assert thread.called is fires


def test_the_projects_limits_for_celery_tasks_do_not_cut_runs() -> None:
    assert (tasks.run_task.time_limit, tasks.run_task.soft_time_limit) == (0, 0)


def test_kept_failures_do_not_keep_others_from_being_tidied() -> None:
    for _ in range(3):
        failing = probe("x")
        for _ in range(8):
            LaunchReport.objects.create(task=failing, state=State.FAILED)
    fine = probe("y")
    for _ in range(8):
        LaunchReport.objects.create(task=fine)

    with mock.patch.object(housekeeping, "BATCH", 2):
        assert housekeeping.tidy() == 3

    assert fine.launchreport_set.count() == 5
    assert LaunchReport.objects.count() == 24 + 5


def only_public_tasks(user: Any, action: str, task: Task | None) -> bool:
    """A project's own rule: everybody may do all with tasks called public."""
    return task is not None and task.name == "public"


def test_a_projects_rule_judges_logs_task_by_task(
    client: Client, settings: Any
) -> None:
    settings.EZTASKMANAGER_PERMISSION_CHECK = f"{__name__}.only_public_tasks"
    client.force_login(User.objects.create_user("somebody"))
    answers = []
    for name in ("public", "secret"):
        report = LaunchReport.objects.create(task=probe("x", name=name))
        address = reverse("eztaskmanager:log_viewer", args=[report.pk])
        answers.append(client.get(address).status_code)
    assert answers == [200, 403]


def test_a_command_in_memory_is_not_taken_for_a_vanished_one() -> None:
    here = AppCommand.objects.create(name="memo", app_name=__name__)
    gone = AppCommand.objects.create(name="gone", app_name="nowhere")

    class Memo(BaseCommand):
        pass

    with mock.patch(
        "eztaskmanager.management.commands.collectcommands.get_commands",
        return_value={"memo": Memo()},
    ):
        call_command("collectcommands", deactivate_missing=True)

    here.refresh_from_db()
    gone.refresh_from_db()
    assert (here.active, gone.active) == (True, False)


@pytest.mark.parametrize(
    ("verbosity", "level"),
    [
        (0, logging.ERROR),
        (1, logging.WARNING),
        (2, logging.INFO),
        (3, logging.DEBUG),
        (7, logging.WARNING),
    ],
)
def test_verbosity_is_a_level(verbosity: int, level: int) -> None:
    assert verbosity2loglevel(verbosity) == level


class Talks(LoggerEnabledCommand):
    """Logs at two levels."""

    def handle(self, *args: Any, **options: Any) -> None:
        self.logger.info("detail")
        self.logger.warning("trouble")


def test_without_a_worker_records_go_to_the_report_and_the_handler_goes_again() -> None:
    reports = [LaunchReport.objects.create(task=probe("x")) for _ in range(2)]
    for report in reports:
        call_command(Talks(), launch_report_id=report.pk, verbosity=2)

    for report in reports:
        texts = report.logs.order_by("id").values_list("level", "message")
        assert list(texts) == [("INFO", "detail"), ("WARNING", "trouble")]
    assert logging.getLogger("eztaskmanager.services.logger").handlers == []
