"""The original's contract: arguments, caches, reports, log tails."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from eztaskmanager import arguments
from eztaskmanager.models import (
    AppCommand,
    LaunchReport,
    Log,
    Task,
    TaskCategory,
    TaskLink,
)
from eztaskmanager.tests.site import probe

pytestmark = pytest.mark.django_db


def make_task(**fields: Any) -> Task:
    command = AppCommand.objects.create(name="nothing", app_name="nowhere")
    return Task.objects.create(name="a task", command=command, **fields)


def test_the_database_that_was_asked_for_is_used() -> None:
    """`test_matrix` asks for another, through `manage.py test`."""
    wanted = os.environ.get("EZTASK_TEST_DATABASE", "sqlite")
    assert connection.vendor == {"postgres": "postgresql"}.get(wanted, wanted)


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("", []),
        ("   ", []),
        (
            "-f, --firstarg=param1, --secondarg param2",
            ["-f", "--firstarg", "param1", "--secondarg", "param2"],
        ),
        ("--thirdarg=param3a param3b", ["--thirdarg", "param3a param3b"]),
        ("--f = a", ["--f", "a"]),
        ("--f a b  c", ["--f", "a b c"]),
        ("--f=a=b", ["--f", "a b"]),
        ("--x=1,--x=2", ["--x", "2"]),
        ("a b", ["a", "b"]),
        ("--x=", ["--x"]),
        ("a,", ["a"]),
        (",a", ["a"]),
        ("a,,b", ["a", "b"]),
    ],
)
def test_comma_syntax_reads_as_ever_and_forgives_empty_pieces(
    text: str, flat: list[str]
) -> None:
    task = Task(name="x", arguments=text)

    assert task.complete_args == flat
    assert task.command_line == flat


def test_args_and_options_are_told_apart() -> None:
    task = Task(arguments="-a, --some-name=1, -v 3, word")

    assert task.args == ["-a", "word"]
    assert task.options == {"some_name": "1", "v": "3"}


@pytest.mark.parametrize(
    "argv",
    [
        ["a", "b"],
        ["--x", "1", "--x", "2"],
        ["--json", '{"a": 1, "b": 2}'],
        ["a b", "c"],
    ],
)
def test_what_a_form_stores_is_what_runs_whatever_the_text_can_say(
    argv: list[str],
) -> None:
    task = Task(argv=argv, arguments=arguments.as_text(argv))

    assert task.command_line == argv


def test_command_class_is_loaded_by_the_name_in_this_module() -> None:
    command = AppCommand(name="n", app_name="a")

    with mock.patch("eztaskmanager.models.load_command_class") as load:
        assert command.get_command_class() is load.return_value

    load.assert_called_once_with(app_name="a", name="n")


def test_help_text_is_the_parsers() -> None:
    command = AppCommand(name="test_command", app_name="eztaskmanager")

    assert "--arg3" in command.help_text
    assert "launch_report_id" not in command.help_text
    assert str(command) == "eztaskmanager: test_command"


def test_interval_counts_a_month_as_thirty_days_and_needs_both_halves() -> None:
    assert Task(repetition_period="month", repetition_rate=2).interval_in_seconds == (
        60 * 86400
    )
    assert not Task(repetition_rate=3).is_periodic
    assert not Task(repetition_period="day", repetition_rate=0).is_periodic
    incomplete = Task(repetition_rate=3)
    with pytest.raises(KeyError):
        incomplete.interval_in_seconds.bit_length()


def test_cache_repeats_the_newest_report_and_nothing_else_is_saved() -> None:
    task = make_task()
    report = LaunchReport.objects.create(task=task, invocation_result="errors")
    for level in ("ERROR", "ERROR", "WARNING"):
        Log.objects.create(launch_report=report, level=level, message="x")
    Task.objects.filter(pk=task.pk).update(note="edited meanwhile")

    task.compute_cache()

    task.refresh_from_db()
    assert task.cached_last_invocation_result == "errors"
    assert task.cached_last_invocation_n_errors == 2
    assert task.cached_last_invocation_n_warnings == 1
    assert task.note == "edited meanwhile"
    report.delete()
    task = Task.objects.get(pk=task.pk)
    assert task.cached_last_invocation_result is None
    assert task.cached_next_ride is None


def test_pruning_keeps_the_newest_and_what_is_open() -> None:
    task = make_task()
    waiting = LaunchReport.objects.create(task=task, state="queued")
    reports = [
        LaunchReport.objects.create(task=task, invocation_result="ok") for _ in range(7)
    ]

    task.prune_reports(0)
    assert task.launchreport_set.count() == 8
    task.prune_reports(3)

    left = set(task.launchreport_set.values_list("pk", flat=True))
    assert left == {waiting.pk, *(report.pk for report in reports[4:])}


def test_log_tail_says_what_it_hides_and_keeps_the_order() -> None:
    report = LaunchReport.objects.create(task=make_task())
    moment = datetime(2026, 10, 5, 7, 49, 7, tzinfo=UTC)
    for number in range(5):
        Log.objects.create(
            launch_report=report, level="INFO", message=str(number), timestamp=moment
        )

    assert report.log_tail(2) == (
        "3 lines hidden ...\n"
        "2026-10-05 09:49:07 CEST - INFO - 3\n"
        "2026-10-05 09:49:07 CEST - INFO - 4"
    )
    assert report.log_tail(0) == "5 lines hidden ..."
    assert [line[-1] for line in report.get_log_lines()] == list("01234")
    lines, size = report.read_log_lines(3)
    assert ([line[-1] for line in lines], size) == (["3", "4"], 5)
    lines, _ = report.read_log_lines(-1)
    assert [line[-1] for line in lines] == ["4"]


def test_the_older_time_format_is_a_setting(settings: Any) -> None:
    settings.EZTASKMANAGER_LOG_TIME_FORMAT = "iso"
    moment = datetime(2026, 10, 5, 7, 49, 7, 5, tzinfo=UTC)
    log = Log(timestamp=moment, level="INFO", message="text")

    assert log.formatted_line == "2026-10-05 07:49:07.000005+00:00 - INFO - text"


def test_a_category_in_use_can_be_deleted() -> None:
    category = TaskCategory.objects.create(name="shop")
    task = make_task(category=category)

    category.delete()

    task.refresh_from_db()
    assert task.category is None


def test_one_run_per_due_time() -> None:
    from django.db import IntegrityError, transaction

    task = make_task()
    due = timezone.now()
    LaunchReport.objects.create(task=task, due_at=due)
    LaunchReport.objects.create(task=task)
    LaunchReport.objects.create(task=task)

    with pytest.raises(IntegrityError), transaction.atomic():
        LaunchReport.objects.create(task=task, due_at=due)


def test_a_chain_never_comes_back_to_where_it_began() -> None:
    first, second, third = (probe("x", name=name) for name in "abc")
    TaskLink.objects.create(source=first, target=second)
    TaskLink.objects.create(source=second, target=third)

    TaskLink(source=first, target=third, rule="failure").full_clean()
    for source, target in ((third, first), (second, second)):
        with pytest.raises(ValidationError, match="come back"):
            TaskLink(source=source, target=target).full_clean()
