"""A database as the original leaves it: migrates forward with its data, and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from eztaskmanager.tests.site import Site

LAST_OF_ORIGINAL = "0003_alter_task_cached_next_ride_alter_task_scheduling"


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    return {column.name for column in found}


@pytest.mark.slow
def test_tasks_and_reports_come_along_and_the_way_back_is_open(site: Site) -> None:
    call_command("migrate", "eztaskmanager", LAST_OF_ORIGINAL, verbosity=0)
    state = MigrationExecutor(connection).loader.project_state(
        [("eztaskmanager", LAST_OF_ORIGINAL)]
    )
    old: Any = state.apps

    def model(name: str) -> Any:
        return old.get_model("eztaskmanager", name)

    command = model("AppCommand").objects.create(name="check", app_name="django.core")
    category = model("TaskCategory").objects.create(name="house")
    task = model("Task").objects.create(
        name="nightly",
        command=command,
        arguments="--tag models, --fail-level=ERROR",
        category=category,
        status="started",
        scheduling=timezone.now(),
        repetition_period="day",
        repetition_rate=1,
        scheduled_job_id="job",
        cached_last_invocation_result="warnings",
    )
    for result in ("ok", "failed", ""):
        report = model("LaunchReport").objects.create(
            task=task, invocation_result=result
        )
        model("Log").objects.create(launch_report=report, level="WARNING", message="hm")

    call_command("migrate", verbosity=0)

    from eztaskmanager.models import LaunchReport, Task

    fresh = Task.objects.get()
    assert fresh.command_line == ["--tag", "models", "--fail-level", "ERROR"]
    assert (fresh.overlap, fresh.status) == ("allow", "scheduled")
    states = LaunchReport.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["done", "failed", "lost"]
    assert [report.n_log_warnings for report in LaunchReport.objects.all()] == [1, 1, 1]
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    assert b"nightly" in boss.get("/admin/eztaskmanager/task/").content
    page = boss.get(f"/admin/eztaskmanager/task/{fresh.pk}/change/").content
    assert page.count(b"WARNING - hm") == 3

    call_command("migrate", "eztaskmanager", LAST_OF_ORIGINAL, verbosity=0)
    assert "state" not in columns("eztaskmanager_launchreport")
    assert model("Task").objects.get().arguments == fresh.arguments
    assert model("Log").objects.count() == 3


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
