"""Upkeep as tasks: made once, left as people set them, run by the real worker, watched in the admin."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from eztaskmanager.forms.arguments import check_argv, parser_of
from eztaskmanager.models import AppCommand, LaunchReport, Task, TaskLink
from eztaskmanager.services.runs import create_run
from playwright.sync_api import expect

from inventory.services.demo import run_first_tasks
from inventory.services.maintenance import CHORES, Chore, bootstrap_tasks
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in
from inventory.tests.workers import SYSTEM, kill


@pytest.mark.django_db
def test_every_chore_becomes_a_task_once_and_edits_stay() -> None:
    assert sorted(bootstrap_tasks()) == sorted(chore.name for chore in CHORES)

    scheduled = Task.objects.filter(next_due__isnull=False).values_list("name", flat=True)
    assert set(scheduled) == {chore.name for chore in CHORES if chore.cron}
    link = TaskLink.objects.get()
    assert (link.source.name, link.target.name, link.rule) == ("Check polling", "Diagnose polling", "failure")
    Task.objects.filter(name="Check polling").update(cron="0 0 1 1 *", paused=True, argv=["--hours", "1"])

    assert bootstrap_tasks() == []
    kept = Task.objects.get(name="Check polling")
    assert (kept.cron, kept.paused, kept.argv) == ("0 0 1 1 *", True, ["--hours", "1"])
    assert Task.objects.count() == len(CHORES)


@pytest.mark.django_db
@pytest.mark.parametrize("chore", CHORES, ids=lambda chore: chore.name)
def test_every_chore_is_a_command_that_takes_its_arguments(chore: Chore) -> None:
    command = AppCommand(app_name=chore.app, name=chore.command).get_command_class()
    assert check_argv(parser_of(command, chore.command), list(chore.argv)) == ""


@pytest.mark.django_db
def test_nothing_that_changes_billed_figures_runs_by_itself() -> None:
    changing = [chore for chore in CHORES if chore.command == "recompute_counters" and "--dry-run" not in chore.argv]
    assert [chore.cron for chore in changing] == [""]


@pytest.mark.django_db
def test_the_demo_queues_its_first_runs_once() -> None:
    bootstrap_tasks()
    assert (run_first_tasks(), run_first_tasks()) == (3, 0)


@pytest.mark.django_db
def test_tasks_are_for_staff(client: Client) -> None:
    bootstrap_tasks()
    client.force_login(User.objects.create_user("viewer"))
    page = "/admin/eztaskmanager/task/"
    assert client.get(page).status_code == 302
    run = create_run(Task.objects.get(name="Look at Redis"))
    assert client.get(f"/eztaskmanager/livelogviewer/{run.pk}/").status_code == 403
    client.force_login(User.objects.create_superuser("boss"))
    assert "Thin out old polls" in client.get(page).content.decode()


@contextmanager
def maintenance_worker(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `ezworker` on the test's database."""
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings",
        "DB_NAME": str(connection.settings_dict["NAME"]),
    }
    command = [sys.executable, "manage.py", "ezworker", *arguments]
    process = subprocess.Popen(command, cwd=SYSTEM, env=values, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        kill(process)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_worker_runs_them_and_a_failed_check_is_followed_by_the_diagnosis() -> None:
    call_command("bootstrap_tasks", verbosity=0)
    # An hour that is none makes the check fail, as stuck polls would.
    Task.objects.filter(name="Check polling").update(argv=["--hours", "-1"])
    names = ["Check polling", "Look at Redis", "What thinning out would delete", "Forget ended sessions"]
    for name in names:
        create_run(Task.objects.get(name=name))

    with maintenance_worker("--burst") as worker:
        assert worker.wait(90) == 0

    runs = {run.task.name: run for run in LaunchReport.objects.select_related("task")}
    assert {runs[name].state for name in names[1:]} == {"done"}
    assert runs["Check polling"].state == "failed"
    assert "--hours is more than 0" in runs["Check polling"].log_tail()
    assert "polls older than 90 days would be deleted" in runs["What thinning out would delete"].log_tail()
    diagnosis = runs["Diagnose polling"]
    assert (diagnosis.trigger, diagnosis.previous) == ("chain", runs["Check polling"])
    assert "database" in diagnosis.log_tail(100)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_a_person_runs_one_in_the_admin_and_reads_its_log() -> None:
    call_command("bootstrap_tasks", verbosity=0)
    User.objects.create_superuser("boss", password=PASSWORD)
    with server() as address, maintenance_worker(), browser() as chromium:
        page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
        complaints = Complaints(page)
        sign_in(page, address, "boss")
        page.goto(f"{address}/admin/eztaskmanager/task/")
        page.get_by_role("link", name="What thinning out would delete").click()
        page.locator("[name='_run-now']").first.click()
        page.get_by_text("Watch the log").first.click()

        expect(page.locator("#ez-state")).to_contain_text("done", timeout=30_000)
        expect(page.locator(".ez-line", has_text="would be deleted")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert complaints.lines == []
