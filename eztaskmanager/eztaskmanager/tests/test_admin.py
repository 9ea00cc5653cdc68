"""The admin over HTTP: who may do what, forms from parsers, nothing unescaped."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from eztaskmanager.models import AppCommand, AuditEntry, LaunchReport, Log, Task
from eztaskmanager.states import State
from eztaskmanager.tests.site import probe, task_of

pytestmark = pytest.mark.django_db
EVIL = '<script>alert(1)</script>{"a": {0}}'
LIST = reverse("admin:eztaskmanager_task_changelist")


@pytest.fixture
def boss(client: Client) -> Client:
    """A superuser."""
    client.force_login(User.objects.create_superuser("boss"))
    return client


def person(*permissions: str) -> Client:
    user = User.objects.create_user("person", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def change(task: Task) -> str:
    return reverse("admin:eztaskmanager_task_change", args=[task.pk])


def form_of(task: Task, **more: Any) -> dict[str, Any]:
    """Return what the page would post for a task."""
    data: dict[str, Any] = {
        "name": task.name,
        "command": task.command_id,
        "arguments": task.arguments,
        "on_gap": task.on_gap,
        "on_repeat": task.on_repeat,
        "overlap": task.overlap,
        "missed": task.missed,
        "missed_limit": task.missed_limit,
        "jitter": 0,
        "queue": "default",
        "priority": 0,
        "retries": 0,
        "retry_delay": 60,
        "seen_version": task.version,
    }
    for prefix in ("launchreport_set", "next_links"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data | more


def test_hostile_texts_are_shown_as_text(boss: Client) -> None:
    task = probe("x", name=EVIL, note=EVIL, arguments=EVIL)
    report = LaunchReport.objects.create(task=task, invocation_result="ok", reason=EVIL)
    Log.objects.create(launch_report=report, level="INFO", message=EVIL)
    task.compute_cache()

    for address in (
        LIST,
        change(task),
        reverse("eztaskmanager:live_log_viewer", args=[report.pk]),
        reverse("eztaskmanager:log_viewer", args=[report.pk]),
        reverse("admin:eztaskmanager_launchreport_changelist"),
    ):
        answer = boss.get(address)
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content
        assert b"alert(1)" in answer.content


def test_buttons_start_run_and_stop(boss: Client) -> None:
    task = probe("print=x")

    boss.post(change(task), form_of(task, **{"_run-now": "1"}))
    task.refresh_from_db()
    run = task.launchreport_set.get()
    assert (run.state, run.requested_by, task.status) == ("queued", "boss", "spooled")

    boss.post(change(task), form_of(task, **{"_stop-task": "1"}))
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "Stopped by boss.")
    actions = AuditEntry.objects.order_by("id").values_list("user", "action")
    assert ("boss", "run") in actions
    assert ("boss", "cancel") in actions


def test_start_on_the_add_page_launches(boss: Client) -> None:
    task = probe("x", name="template")
    data = form_of(task, name="fresh", arguments="print=1", **{"_start-task": "1"})
    del data["seen_version"]

    boss.post(reverse("admin:eztaskmanager_task_add"), data)

    fresh = Task.objects.get(name="fresh")
    assert fresh.launchreport_set.get().argv == ["print", "1"]


def test_one_refused_task_does_not_stop_the_others(boss: Client) -> None:
    from django.utils import timezone

    good, past = probe("a"), probe("b", scheduling=timezone.now().replace(year=2020))
    data = {"action": "launch_tasks", "_selected_action": [past.pk, good.pk]}

    answer = boss.post(LIST, data, follow=True)

    texts = [str(message) for message in answer.context["messages"]]
    assert "1 tasks launched." in texts
    assert any("in the past" in text for text in texts)
    assert good.launchreport_set.count() == 1


def test_those_who_only_view_neither_run_nor_stop_nor_read() -> None:
    task = probe("x")
    report = LaunchReport.objects.create(task=task, state=State.RUNNING)
    viewer = person("view_task")

    data = {"action": "launch_tasks", "_selected_action": [task.pk]}
    answer = viewer.post(LIST, data, follow=True)
    assert "You may not run it." in str(next(iter(answer.context["messages"])))
    assert (
        viewer.post(change(task), form_of(task, **{"_run-now": "1"})).status_code == 403
    )
    for name in ("stop", "again"):
        address = reverse(f"eztaskmanager:{name}", args=[report.pk])
        assert viewer.post(address).status_code == 403
    for name in ("live_log_viewer", "log_viewer", "ajax_read_log_lines", "key"):
        address = reverse(f"eztaskmanager:{name}", args=[report.pk])
        assert viewer.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert task.launchreport_set.count() == 1


def test_run_permission_is_enough_to_run() -> None:
    task = probe("x")
    report = LaunchReport.objects.create(task=task)
    runner = person("view_task", "run_task")

    answer = runner.post(reverse("eztaskmanager:again", args=[report.pk]))

    assert answer.status_code == 302
    assert task.launchreport_set.filter(state=State.QUEUED).count() == 1


def test_the_form_is_the_parsers_and_stores_a_list(boss: Client) -> None:
    task = task_of("eztaskmanager", "test_command", ["one", "two"])
    page = boss.get(change(task)).content.decode()
    assert 'name="arg__arg1" value="one"' in page
    assert "manage.py test_command one two" in page

    data = form_of(
        task,
        arg_form=str(task.command_id),
        arg__arg1="a, b",
        arg__arg2="-x",
        arg__a="on",
        arg__arg4="first line\nsecond",
    )
    answer = boss.post(change(task), data)

    assert answer.status_code == 302, answer.context["errors"]
    task.refresh_from_db()
    assert task.argv == ["-a", "--arg4", "first line", "second", "--", "a, b", "-x"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repetition_rate": 3}, "go together"),
        ({"cron": "x y z"}, "five fields"),
        ({"cron": "0 0 * * *", "time_zone": "Mars/Base"}, "is no time zone"),
        ({"arguments": "--nonsense"}, "required: arg1"),
        ({"seen_version": 99}, "Somebody else has changed"),
    ],
)
def test_what_cannot_work_is_refused_on_save(
    boss: Client, changes: dict[str, Any], words: str
) -> None:
    task = task_of("eztaskmanager", "test_command", ["one", "two"])

    answer = boss.post(change(task), form_of(task, **changes))

    assert answer.status_code == 200
    assert words in answer.content.decode()


def test_a_deactivated_or_vanished_command_keeps_its_pages(boss: Client) -> None:
    task = task_of("eztaskmanager", "gone", ["one"])
    AppCommand.objects.update(active=False)

    assert boss.get(change(task)).status_code == 200
    address = reverse("admin:eztaskmanager_appcommand_change", args=[task.command_id])
    assert "cannot be loaded" in boss.get(address).content.decode()
    answer = boss.post(change(task), form_of(task, name="new"))
    assert answer.status_code == 302, answer.context["errors"]


def test_a_changed_schedule_moves_the_next_run(boss: Client) -> None:
    from eztaskmanager.services.queues import DatabaseTaskQueueService

    task = probe("x", cron="0 1 * * *", time_zone="UTC")
    DatabaseTaskQueueService().add(task)
    assert task.next_due is not None

    boss.post(change(task), form_of(task, cron="0 5 * * *", time_zone="UTC"))

    task.refresh_from_db()
    assert task.next_due is not None
    assert task.next_due.hour == 5


def test_the_preview_saves_nothing(boss: Client) -> None:
    task = probe("x")
    data = form_of(task, cron="30 2 * * *", time_zone="Europe/Rome", name="other")

    answer = boss.post(
        reverse("admin:eztaskmanager_task_preview") + f"?task={task.pk}", data
    )

    text = answer.content.decode()
    assert text.count("02:30") >= 9
    task.refresh_from_db()
    assert (task.cron, task.name != "other") == ("", True)


def test_pages_ask_the_database_a_bounded_number_of_times(
    boss: Client, django_assert_max_num_queries: Any
) -> None:
    tasks = [probe(str(n)) for n in range(60)]
    for task in tasks:
        reports = [LaunchReport(task=task, invocation_result="ok") for _ in range(20)]
        for report in LaunchReport.objects.bulk_create(reports)[:3]:
            Log.objects.create(launch_report=report, level="INFO", message="x")
        Task.objects.filter(pk=task.pk).update(cached_last_invocation_result="ok")

    with django_assert_max_num_queries(10):
        page = boss.get(LIST)
    assert page.content.count(b"Show log messages") == 60
    with django_assert_max_num_queries(15):
        boss.get(change(tasks[0]))
