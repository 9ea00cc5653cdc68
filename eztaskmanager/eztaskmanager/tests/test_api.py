"""The JSON API, metrics, health and `manage.py ez`."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from eztaskmanager.models import (
    ApiToken,
    AppCommand,
    LaunchReport,
    Task,
    TaskLink,
    Worker,
)
from eztaskmanager.states import State
from eztaskmanager.tests.site import Site, ended, probe, task_of, wait_for

API = "/eztaskmanager/api/v1"


@pytest.fixture
def headers(db: None) -> dict[str, str]:
    """A token that may change, run, stop and read."""
    secret = token("change_task", "run_task", "stop_task", "view_launchreport")
    return {"Authorization": f"Bearer {secret}"}


def token(*permissions: str, **fields: Any) -> str:
    secret = f"secret-{User.objects.count()}"
    user = User.objects.create_user(f"robot{User.objects.count()}")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    digest = hashlib.sha256(secret.encode()).hexdigest()
    ApiToken.objects.create(name="t", user=user, digest=digest, hint="s", **fields)
    return secret


def test_a_script_runs_watches_and_stops(client: Client, headers: Any) -> None:
    task = probe("print=x")

    listed = client.get(f"{API}/tasks/", headers=headers).json()
    assert [(row["id"], row["argv"]) for row in listed["tasks"]] == [
        (task.pk, ["print=x"])
    ]
    answer = client.post(
        f"{API}/tasks/{task.pk}/runs/",
        json.dumps({"argv": ["print=y"]}),
        "application/json",
        headers=headers,
    )
    assert answer.status_code == 202
    run = LaunchReport.objects.get(pk=answer.json()["id"])
    assert (run.trigger, run.requested_by, run.argv) == ("api", "robot0", ["print=y"])

    run.logs.create(level="INFO", message="hello")
    log = client.get(f"{API}/runs/{run.pk}/log/", headers=headers).json()
    assert [line["text"] for line in log["lines"]] == ["hello"]
    stopped = client.post(f"{API}/runs/{run.pk}/stop/", headers=headers)
    assert (stopped.status_code, stopped.json()["state"]) == (202, "stopped")
    again = client.post(f"{API}/runs/{run.pk}/stop/", headers=headers)
    assert again.status_code == 409
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.json()["title"] == "It has ended, or is being stopped already"


@pytest.mark.django_db
def test_tokens_are_checked(client: Client) -> None:
    expired = token("view_task", expires_at=timezone.now() - timedelta(seconds=1))
    weak = token("view_task")
    task = probe("x")

    for value in ("", "Bearer wrong", f"Bearer {expired}", "Basic eDp5"):
        answer = client.get(f"{API}/tasks/", headers={"Authorization": value})
        assert answer.status_code == 401
    allowed = {"Authorization": f"Bearer {weak}"}
    assert client.get(f"{API}/tasks/", headers=allowed).status_code == 200
    address = f"{API}/tasks/{task.pk}/runs/"
    assert client.post(address, headers=allowed).status_code == 403
    starter = {"Authorization": f"Bearer {token('run_task')}"}
    body = json.dumps({"argv": ["print=mine"]})
    refused = client.post(address, body, "application/json", headers=starter)
    assert refused.status_code == 403
    User.objects.update(is_active=False)
    assert client.get(f"{API}/tasks/", headers=allowed).status_code == 401
    assert not LaunchReport.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 400),
        ('{"argv": "x"}', 400),
        ('{"argv": [1]}', 400),
        ('{"argv": ["--nonsense"]}', 400),
        ("", 202),
    ],
)
def test_bodies_are_checked(
    client: Client, headers: Any, body: str, status: int
) -> None:
    task = probe("x")

    answer = client.post(
        f"{API}/tasks/{task.pk}/runs/", body, "application/json", headers=headers
    )

    assert answer.status_code == status
    assert client.get(f"{API}/tasks/999/", headers=headers).status_code == 404
    assert client.delete(f"{API}/tasks/", headers=headers).status_code == 405


def test_the_description_names_what_there_is(client: Client, headers: Any) -> None:
    document = client.get(f"{API}/openapi.json").json()
    run = LaunchReport.objects.create(task=probe("x"))
    shown = client.get(f"{API}/runs/{run.pk}/", headers=headers).json()

    for path, methods in document["paths"].items():
        for method in methods:
            address = API + path.replace("{id}", "999")
            answer = getattr(client, method)(address, headers=headers)
            assert answer.status_code != 405
    assert set(document["components"]["schemas"]["Run"]["required"]) <= set(shown)


def test_metrics_and_health(client: Client, headers: Any) -> None:
    LaunchReport.objects.create(task=probe("x"), state=State.LOST)
    text = client.get(f"{API}/metrics", headers=headers).content.decode()

    assert 'eztaskmanager_runs{state="lost"} 1' in text
    body = client.get("/eztaskmanager/health/").json()
    assert body["status"] == "degraded"
    assert body["checks"]["workers"]["text"] == "0 database workers alive"
    Worker.objects.create(name="w", host="h", pid=1, queues="all", concurrency=1)
    assert client.get("/eztaskmanager/health/").json()["status"] == "ok"


@pytest.mark.django_db
def test_tasks_travel_as_json(tmp_path: Path, capsys: Any) -> None:
    task = task_of("eztaskmanager", "test_command", ["a, b", "c"], cron="0 1 * * *")
    other = probe("x", name="Afterwards")
    TaskLink.objects.create(source=task, target=other, rule="always")
    call_command("ez", "export")
    file = tmp_path / "tasks.json"
    file.write_text(capsys.readouterr().out)
    Task.objects.update(cron="", argv=[])
    TaskLink.objects.all().delete()

    call_command("ez", "import", str(file))
    call_command("ez", "import", str(file))

    fresh = Task.objects.get(pk=task.pk)
    links = TaskLink.objects.values_list("source", "target", "rule")
    assert list(links) == [(task.pk, other.pk, "always")]
    assert (fresh.pk, fresh.cron, fresh.argv) == (task.pk, "0 1 * * *", ["a, b", "c"])
    content = json.loads(file.read_text())
    content["tasks"][-1]["cron"] = "nonsense"
    file.write_text(json.dumps(content))
    with pytest.raises(CommandError, match="Task 2"):
        call_command("ez", "import", str(file))


@pytest.mark.django_db
def test_collecting_is_repeatable_and_notes_what_is_gone() -> None:
    AppCommand.objects.create(name="gone", app_name="nowhere")
    call_command("collectcommands", "--excludecore", "--deactivate-missing")
    count = AppCommand.objects.count()
    call_command("collectcommands", "--excludecore")

    assert AppCommand.objects.count() == count
    names = set(AppCommand.objects.values_list("app_name", flat=True))
    assert "django_rq" in names
    assert not any(name.startswith("django.") for name in names)
    assert not AppCommand.objects.get(name="gone").active
    call_command("collectcommands")
    assert AppCommand.objects.filter(name="migrate").exists()


def test_the_terminal_runs_follows_and_stops(busy_sqlite: Site, capsys: Any) -> None:
    task = probe("print=from the terminal", "exit=5")
    with pytest.raises(CommandError) as refused:
        call_command("ez", "run", str(task.pk), "--wait")

    assert refused.value.returncode == 5
    assert "from the terminal" in capsys.readouterr().out

    long = probe("print=up", "sleep=60", name="the long one")
    call_command("ez", "run", "the long one")
    run = LaunchReport.objects.get(task=long)
    wait_for(run.logs.exists)
    call_command("ez", "ps")
    assert "the long one" in capsys.readouterr().out
    call_command("ez", "stop", str(run.pk))
    assert ended(run).state == State.STOPPED
    call_command("ez", "logs", str(run.pk))
    assert "up" in capsys.readouterr().out
