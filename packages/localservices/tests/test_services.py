"""Real servers, started, used, stopped and started again."""

from __future__ import annotations

import dataclasses
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from localservices import LocalServicesError, Services, ensure_services, read_services, stop_services
from localservices.accounts import choose_account
from localservices.postgres import ask, create_databases
from localservices.processes import command_line
from localservices.redis_server import redis_version
from localservices.servers import Server
from localservices.services import load_servers, reset_services, running_services


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a clone for this module, with servers that tests only look at."""
    folder = tmp_path_factory.mktemp("clone")
    yield folder
    reset_services(folder)


@pytest.fixture
def services(clone: Path, silent_environ: dict[str, str]) -> Services:
    return ensure_services(clone, environ=silent_environ)


@pytest.mark.parametrize(
    ("user", "password", "host", "url"),
    [
        ("", "", "h", "redis://h:1"),
        ("", "p@:/", "h", "redis://:p%40%3A%2F@h:1"),
        ("u", "", "h", "redis://u@h:1"),
        ("u", "p", "::1", "redis://u:p@[::1]:1"),
    ],
)
def test_urls_are_quoted(user: str, password: str, host: str, url: str) -> None:
    server = Server("redis", "told", "7", "told", host, 1, user, password)
    assert Services({"redis": server}).environment()["REDIS_URL"] == url


def test_what_runs_is_used_again(clone: Path, services: Services, silent_environ: dict[str, str]) -> None:
    again = ensure_services(clone, environ=silent_environ)
    assert again.servers == services.servers
    assert again.started == ()


def test_the_left_file_opens_both_servers(clone: Path, services: Services) -> None:
    values = read_services(clone)
    assert values == services.environment()
    assert (clone / ".local" / "services.env").stat().st_mode & 0o777 == 0o600
    with psycopg.connect(values["DATABASE_SERVER_URL"] + "/postgres") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
    client = redis.Redis.from_url(values["REDIS_URL"])
    assert client.ping()
    assert client.config_get("databases") == {"databases": "16"}
    client.close()


def test_a_wrong_password_is_refused(services: Services) -> None:
    server = services.servers["postgres"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=server.host, port=server.port, user="postgres", password="wrong", dbname="postgres")
    for password in ("wrong", ""):
        stranger = dataclasses.replace(services.servers["redis"], password=password)
        with pytest.raises(LocalServicesError, match=r"(?i)pass|auth"):
            redis_version(stranger)


def test_servers_listen_on_loopback_only(services: Services) -> None:
    own = socket.gethostbyname(socket.gethostname())
    for server in services.servers.values():
        assert server.host == "127.0.0.1"
        if not own.startswith("127."):
            with socket.socket() as probe:
                probe.settimeout(2)
                assert probe.connect_ex((own, server.port)) != 0
    assert ask(services.servers["postgres"], "SHOW unix_socket_directories") == ""


def test_no_secret_stands_in_a_command_line(services: Services) -> None:
    for server in services.servers.values():
        pid = server.pid()
        assert pid is not None
        assert server.password not in command_line(pid)
        assert server.password not in server.describe()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_servers_run_without_root_and_without_our_open_files(services: Services) -> None:
    for server in services.servers.values():
        pid = server.pid()
        assert pid is not None
        assert Path(f"/proc/{pid}").stat().st_uid == choose_account().uid != 0
        folder = Path(server.folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == choose_account().uid
        targets = {str(descriptor.readlink()) for descriptor in Path(f"/proc/{pid}/fd").iterdir()}
        assert not any(target.endswith("/lock") for target in targets)


def test_text_sorts_by_code_point_and_knows_cyrillic(services: Services) -> None:
    server = services.servers["postgres"]
    query = "SELECT string_agg(x, '' ORDER BY x) || lower('ЁЖИК') FROM unnest(ARRAY['b','A','ё','a','B','Я']) AS x"
    assert ask(server, query) == "ABabЯёёжик"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SHOW fsync") == "on"


def test_missing_databases_are_made_once(services: Services) -> None:
    server = services.servers["postgres"]
    names = ["printers", 'quoted"; DROP']
    assert create_databases(server, names) == names
    assert create_databases(server, names) == []


def test_told_servers_are_used_and_left_alone(services: Services, root: Path, silent_environ: dict[str, str]) -> None:
    postgres, server = services.servers["postgres"], services.servers["redis"]
    told = silent_environ | {
        "DATABASE_URL": services.environment()["DATABASE_SERVER_URL"] + "/x",
        "REDIS_HOST": server.host,
        "REDIS_PORT": str(server.port),
        "REDIS_PASSWORD": server.password,
    }
    found = ensure_services(root, environ=told)
    assert found.started == ()
    assert found.environment() == services.environment()
    assert [item.tier for item in found.servers.values()] == ["told", "told"]
    assert "told by DATABASE_URL" in found.servers["postgres"].describe()
    assert stop_services(root) == []
    assert postgres.pid() is not None
    assert server.pid() is not None


def test_a_told_server_that_does_not_answer_is_named_without_its_password(
    root: Path, silent_environ: dict[str, str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for variable, scheme in (("DATABASE_URL", "postgresql"), ("REDIS_URL", "redis")):
        told = silent_environ | {variable: f"{scheme}://user:hidden@127.0.0.1:{port}/"}
        wanted = {"postgres"} if scheme == "postgresql" else {"redis"}
        with pytest.raises(LocalServicesError, match=f"127.0.0.1:{port}") as refusal:
            ensure_services(root, wanted, environ=told)
        assert "hidden" not in str(refusal.value)


def test_only_what_is_wanted_is_started(root: Path, silent_environ: dict[str, str]) -> None:
    found = ensure_services(root, {"redis"}, environ=silent_environ)
    assert set(found.servers) == {"redis"}
    assert "DB_HOST" not in read_services(root)
    assert len(stop_services(root)) == 1
    assert read_services(root) == {}
    assert not (root / ".local" / "services.env").exists()


def test_only_the_owners_servers_are_stopped(root: Path, silent_environ: dict[str, str]) -> None:
    ensure_services(root, {"redis"}, owner="run", environ=silent_environ)
    assert load_servers(root / ".local" / "services")["redis"].owner == "run"
    ensure_services(root, {"redis"}, owner="up", environ=silent_environ)
    assert stop_services(root, owner="run") == []
    assert set(running_services(root)) == {"redis"}
    ensure_services(root, {"redis"}, owner="run", environ=silent_environ)
    assert stop_services(root, owner="run") == []
    assert len(stop_services(root)) == 1


def test_a_stranger_with_the_remembered_number_is_left_alone(root: Path, silent_environ: dict[str, str]) -> None:
    first = ensure_services(root, {"redis"}, environ=silent_environ).servers["redis"]
    stop_services(root)
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        first.pid_file.write_text(f"{stranger.pid}\n")
        assert first.pid() is None
        assert stop_services(root) == []
        second = ensure_services(root, {"redis"}, environ=silent_environ)
        assert second.started == ("redis",)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_stopping_while_starting_leaves_nothing(root: Path, silent_environ: dict[str, str]) -> None:
    asked = iter([False, True, True])
    with pytest.raises(LocalServicesError, match="Stopped while starting"):
        ensure_services(root, {"redis"}, environ=silent_environ, interrupted=lambda: next(asked))
    assert running_services(root) == {}
    server = load_servers(root / ".local" / "services")["redis"]
    with socket.socket() as probe:
        assert probe.connect_ex((server.host, server.port)) != 0
