"""The pytest plugin in real pytest processes, with pytest-django and xdist."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from localservices import Services, ensure_services
from localservices.errors import LocalServicesError
from localservices.processes import wait_gone
from localservices.pytest_plugin import give, restore
from localservices.servers import Server
from localservices.services import load_servers, reset_services
from localservices.testing import find_root, leave_seat, take_seat

DJANGO_OPTIONS = """
[tool.pytest.ini_options]
addopts = "--strict-config"
filterwarnings = ["error"]
DJANGO_SETTINGS_MODULE = "toysettings"
pythonpath = ["."]
asyncio_default_fixture_loop_scope = "function"
"""
SETTINGS = """
import os
SECRET_KEY = "x"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["DB_NAME"],
    "HOST": os.environ["DB_HOST"], "PORT": os.environ["DB_PORT"], "USER": os.environ["DB_USER"],
    "PASSWORD": os.environ["DB_PASSWORD"]}}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
"""
TEST = """
import json, os, pathlib
import pytest, redis

@pytest.mark.django_db
@pytest.mark.parametrize("number", range(4))
def test_it(number, worker_id):
    from django.contrib.auth.models import User
    from django.db import connection
    User.objects.create(username=str(number))
    assert User.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)
    client = redis.Redis.from_url(os.environ["REDIS_URL"], db=int(os.environ["REDIS_DB"]))
    client.incr("tests")
    seen = {"database": connection.settings_dict["NAME"], "redis": os.environ["REDIS_PORT"], "pg": os.environ["DB_PORT"],
            "tests": int(client.get("tests"))}
    client.close()
    pathlib.Path(f"seen-{worker_id}-{number}.json").write_text(json.dumps(seen))
"""


@pytest.fixture
def member(root: Path) -> Path:
    """Return a member with a Django suite that wants both services."""
    folder = root / "toy"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(DJANGO_OPTIONS + 'localservices = ["postgres", "redis"]\n')
    (folder / "toysettings.py").write_text(SETTINGS)
    (folder / "test_toy.py").write_text(TEST)
    return folder


def pytest_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]


def run_pytest(folder: Path, environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"LOCALSERVICES_ROOT": str(folder.parent), **environ}
    return subprocess.run(
        pytest_command(*arguments), cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def servers_of(root: Path) -> list[Server]:
    """Return the test servers of a clone that run."""
    return [server for server in load_servers(root / ".local" / "test").values() if server.pid()]


@pytest.mark.slow
def test_django_settings_find_the_services(member: Path, silent_environ: dict[str, str]) -> None:
    result = run_pytest(member, silent_environ)
    assert "4 passed" in result.stdout, result.stdout + result.stderr
    assert "services: PostgreSQL" in result.stdout
    assert "services: Redis" in result.stdout
    assert json.loads((member / "seen-master-0.json").read_text())["database"] == "test_pytest_0"
    assert servers_of(member.parent) == []


@pytest.mark.slow
def test_workers_share_postgres_and_have_a_redis_each(member: Path, silent_environ: dict[str, str]) -> None:
    result = run_pytest(member, silent_environ, "-n", "2", "-p", "no:randomly")
    assert "4 passed" in result.stdout, result.stdout + result.stderr
    seen = {
        worker: [json.loads(path.read_text()) for path in member.glob(f"seen-{worker}-*")] for worker in ("gw0", "gw1")
    }
    for field in ("database", "redis"):
        first, second = ({entry[field] for entry in entries} for entries in seen.values())
        assert (len(first), len(second), first & second) == (1, 1, set())
    assert len({entry["pg"] for entries in seen.values() for entry in entries}) == 1
    assert all(max(entry["tests"] for entry in entries) == len(entries) for entries in seen.values())
    assert servers_of(member.parent) == []


@pytest.mark.slow
def test_a_killed_run_is_cleaned_up_by_the_next(member: Path, silent_environ: dict[str, str]) -> None:
    (member / "test_toy.py").write_text("import os, signal\ndef test_it():\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    assert run_pytest(member, silent_environ).returncode == -signal.SIGKILL
    left = servers_of(member.parent)
    assert [server.kind for server in left] == ["postgres"]
    users = json.loads((member.parent / ".local/test/users.json").read_text())["users"]
    redis_left = Server.from_json(users[0]["redis"])
    assert redis_left is not None
    pids = [pid for server in (*left, redis_left) if (pid := server.pid())]
    assert len(pids) == 2
    (member / "test_toy.py").write_text("def test_it(): pass\n")
    assert run_pytest(member, silent_environ).returncode == 0
    assert all(wait_gone(pid, 5) for pid in pids)


@pytest.mark.slow
def test_without_the_option_nothing_happens(root: Path, silent_environ: dict[str, str]) -> None:
    folder = root / "plain"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
    )
    lines = "import os, sys\ndef test_it():\n    assert 'DB_HOST' not in os.environ\n    assert 'psycopg' not in sys.modules\n"
    (folder / "test_plain.py").write_text(lines + "    assert 'redis' not in sys.modules\n")
    result = run_pytest(folder, silent_environ)
    assert "1 passed" in result.stdout, result.stdout
    assert "services:" not in result.stdout
    assert not (root / ".local").exists()


@pytest.mark.slow
def test_an_unknown_service_is_refused_in_words(member: Path, silent_environ: dict[str, str]) -> None:
    (member / "pyproject.toml").write_text(DJANGO_OPTIONS + 'localservices = ["mysql"]\n')
    result = run_pytest(member, silent_environ)
    assert result.returncode not in {0, 5}
    assert "No such service: mysql" in result.stderr


@pytest.fixture
def told_redis(tmp_path: Path, silent_environ: dict[str, str]) -> Iterator[Services]:
    """Return a Redis of another clone, to be told."""
    other = tmp_path / "other"
    other.mkdir()
    yield ensure_services(other, {"redis"}, environ=silent_environ)
    reset_services(other)


def test_a_told_redis_is_shared_by_blocks_and_never_flushed_over_data(
    root: Path, told_redis: Services, silent_environ: dict[str, str]
) -> None:
    told = silent_environ | told_redis.environment()
    seats = [take_seat(root, {"redis"}, told) for _ in range(2)]
    assert [seat.environment["REDIS_DB"] for seat in seats] == ["0", "4"]
    assert {seat.environment["REDIS_PORT"] for seat in seats} == {told["REDIS_PORT"]}
    client = redis.Redis.from_url(told["REDIS_URL"], db=9)
    client.set("precious", 1)
    with pytest.raises(LocalServicesError, match=r"database 9 .* holds 1 keys"):
        take_seat(root, {"redis"}, told)
    assert client.get("precious") == b"1"
    client.close()
    for seat in seats:
        leave_seat(seat)
    assert json.loads((root / ".local/test/users.json").read_text()) == {"users": []}


def test_seats_are_given_back_and_taken_again(root: Path, silent_environ: dict[str, str]) -> None:
    first, second = take_seat(root, set(), silent_environ), take_seat(root, set(), silent_environ)
    assert (first.number, second.number) == (0, 1)
    leave_seat(first)
    third = take_seat(root, set(), silent_environ)
    assert third.number == 0
    leave_seat(second)
    leave_seat(third)
    assert json.loads((root / ".local/test/users.json").read_text()) == {"users": []}


def test_each_seat_has_a_redis_of_its_own(root: Path, silent_environ: dict[str, str]) -> None:
    seats = [take_seat(root, {"redis"}, silent_environ) for _ in range(2)]
    assert len({seat.environment["REDIS_PORT"] for seat in seats}) == 2
    assert [seat.environment["REDIS_DB"] for seat in seats] == ["0", "0"]
    pids = [int(entry["pid"]) for entry in json.loads((root / ".local/test/users.json").read_text())["users"]]
    assert pids == [os.getpid()] * 2
    for seat in seats:
        leave_seat(seat)


@pytest.mark.parametrize("named", [{}, {"DB_HOST": "192.0.2.1"}])
def test_a_busy_database_that_somebody_uses_is_never_stopped(
    root: Path, silent_environ: dict[str, str], named: dict[str, str]
) -> None:
    first = take_seat(root, {"postgres"}, silent_environ)
    server = load_servers(root / ".local" / "test")["postgres"]
    pid = server.pid()
    assert pid
    os.kill(pid, signal.SIGSTOP)  # it accepts nobody now, as under a load it cannot keep up with
    try:
        second = take_seat(root, {"postgres"}, silent_environ | named)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert second.environment["DB_PORT"] == first.environment["DB_PORT"]
    leave_seat(second)
    assert server.pid() == pid
    leave_seat(first)
    assert server.pid() is None


def test_what_a_seat_sets_can_be_undone(root: Path, silent_environ: dict[str, str]) -> None:
    before = silent_environ | {"REDIS_URL": "redis://told"}
    environ = dict(before)
    seat = take_seat(root, set(), silent_environ)
    leave_seat(seat)
    give(seat, environ)
    assert environ["LOCALSERVICES_SEAT"] == "0"
    restore(environ)
    assert environ == before
    restore(environ)
    assert environ == before


def test_the_root_is_the_folder_that_holds_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCALSERVICES_ROOT", raising=False)
    (tmp_path / "packages" / "localservices").mkdir(parents=True)
    (tmp_path / "system" / "app").mkdir(parents=True)
    assert find_root(tmp_path / "system" / "app") == tmp_path
    elsewhere = tmp_path.parent
    assert find_root(elsewhere) == elsewhere
