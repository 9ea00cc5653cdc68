"""A toy house, launched, watched, broken and stopped by real processes."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localservices.__main__ import main
from localservices.processes import accepts, alive, free_port, session_members, wait_gone
from localservices.services import ensure_services, read_services, running_services

SERVE = '["{python}", "-m", "http.server", "--bind", "127.0.0.1", "{port:web}"]'
WEB = f'[[process]]\nname = "web"\ncommand = {SERVE}\nport = 0\nready = "http://127.0.0.1:{{port:web}}/run.toml"\n'
HEAD = 'title = "Toy"\nurl = "http://127.0.0.1:{port:web}/"\n'


def system(root: Path, text: str, name: str = "toy") -> None:
    (root / name).mkdir()
    (root / name / "run.toml").write_text(text)


class Launch:
    """A launcher in a process of its own, and what it has printed."""

    def __init__(self, root: Path, environ: dict[str, str], *names: str) -> None:
        self.page_port = free_port()
        self.output = root.parent / f"output-{self.page_port}"
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "localservices", "--root", str(root), "run", *names],
                env={"PORT_START_PAGE": str(self.page_port), **environ},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until the launcher has printed something."""
        deadline = time.monotonic() + 45
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, self.text
            if self.process.poll() is not None:
                found = re.search(pattern, self.text)
                assert found, self.text
                break
            time.sleep(0.05)
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def state(self) -> dict[str, dict[str, dict[str, object]]]:
        """Return what the start page's script sees."""
        connection = http.client.HTTPConnection("127.0.0.1", self.page_port, timeout=10)
        try:
            connection.request("GET", "/state.json")
            content: dict[str, dict[str, dict[str, object]]] = json.loads(connection.getresponse().read())
            return content
        finally:
            connection.close()


@pytest.fixture
def launch(root: Path, silent_environ: dict[str, str]) -> Iterator[Callable[..., Launch]]:
    """Return a function that launches the clone's systems; every launcher has ended afterwards."""
    launches: list[Launch] = []

    def start(*names: str, **variables: str) -> Launch:
        launches.append(Launch(root, silent_environ | variables, *names))
        return launches[-1]

    yield start
    for item in launches:
        if item.process.poll() is None:
            item.process.terminate()
        item.process.wait(30)


def pids_of(root: Path) -> list[int]:
    """Return the processes that a running launcher has remembered."""
    content = json.loads((root / ".local" / "run.json").read_text())
    return [entry["pid"] for entry in content["processes"]]


def gone(pids: list[int]) -> bool:
    """Say whether processes and all that they started have ended."""
    return all(wait_gone(pid, 5) and not session_members(pid) for pid in pids)


@pytest.mark.slow
def test_a_house_comes_up_is_shown_and_goes_down(root: Path, launch: Callable[..., Launch]) -> None:
    show = (
        "import os; print('known:', *[n for n in os.environ if n in {'DEMO_PASSWORD', 'SECRET_KEY', 'DB_HOST', 'TOY'}])"
    )
    system(
        root,
        HEAD
        + '[services]\npostgres = ["toys"]\nredis = true\n[environment]\nTOY = "{service:REDIS_URL}/3"\n'
        + '[[login]]\nuser = "admin"\n'
        + f'[[prepare]]\nname = "show"\ncommand = ["{{python}}", "-c", "{show}"]\n'
        + '[[process]]\nname = "fleet"\ncommand = ["sh", "-c", "sleep 600 & echo serving; wait"]\nready = "log:serving"\n'
        + WEB.replace("port = 0", 'port = 0\nafter = ["fleet"]'),
    )
    launched = launch()
    launched.until(r"ready after [\d.]+ s: http://127\.0\.0\.1:\d+/")
    text = launched.text
    assert set(re.findall(r"known: (.*)", text)[0].split()) == {"DEMO_PASSWORD", "SECRET_KEY", "DB_HOST", "TOY"}
    assert "created database toys" in text
    assert re.search(r"services are up after \d", text)
    assert (root / ".local" / "demo-password").read_text().strip() in text
    assert read_services(root)["DB_PASSWORD"] not in text
    assert text.index("toy/fleet is ready") < text.index("toy/web is ready")
    assert launched.state() == {
        "systems": {
            "toy": {"state": "running", "text": "", "processes": {"show": "done", "fleet": "running", "web": "running"}}
        },
        "services": {"postgres": "running", "redis": "running"},
    }
    pids = pids_of(root)
    servers = [server.pid() for server in running_services(root).values()]
    assert launched.end() == 0
    assert gone(pids)
    assert all(pid and wait_gone(pid, 5) for pid in servers)
    assert read_services(root) == {}
    assert not (root / ".local" / "run.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_stop_all_too(root: Path, launch: Callable[..., Launch], number: int) -> None:
    system(root, HEAD + WEB)
    launched = launch()
    launched.until("ready after .* http")
    pids = pids_of(root)
    assert launched.end(number) == 0
    assert gone(pids)


def test_one_that_dies_stops_the_others(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + WEB)
    dying = "import sys,time; time.sleep(0.5); print('last words'); sys.exit(7)"
    system(
        root,
        f'title = "B"\nurl = "http://127.0.0.1:1/"\n[[process]]\nname = "worker"\ncommand = ["{{python}}", "-c", "{dying}"]\n',
        "bad",
    )
    launched = launch()
    assert launched.process.wait(45) == 1
    assert re.search(r"FAILED bad/worker ended with exit code 7\.\n    last words\n", launched.text)
    web = re.search(r"toy/web +\| Serving HTTP on 127\.0\.0\.1 port (\d+)", launched.text)
    assert web is None or not accepts(int(web[1]))


def test_a_step_that_fails_is_named(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + '[[prepare]]\nname = "migrate"\ncommand = ["sh", "-c", "echo no such table; exit 3"]\n' + WEB)
    launched = launch()
    assert launched.process.wait(45) == 1
    assert "FAILED toy/migrate failed with exit code 3.\n    no such table" in launched.text
    assert "toy/web" not in launched.text


def test_a_command_that_does_not_exist_is_named(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + WEB + '[[process]]\nname = "x"\ncommand = ["/nowhere/tool"]\n')
    launched = launch()
    assert launched.process.wait(45) == 1
    assert re.search(r"FAILED .*/nowhere/tool", launched.text)


def test_a_busy_port_is_named_with_its_holder_and_the_fix(root: Path, launch: Callable[..., Launch]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        system(root, HEAD + WEB.replace("port = 0", f"port = {port}"))
        launched = launch()
        assert launched.process.wait(45) == 1
        expected = rf"Port {port}, wanted by toy/web, is taken by .*\(pid {os.getpid()}\).*PORT_TOY_WEB=\d+ make run"
        assert re.search(expected, launched.text)
        other = free_port()
        moved = launch(PORT_TOY_WEB=str(other))
        moved.until("toy/web is ready")
        assert accepts(other)
        assert moved.end() == 0


@pytest.mark.slow
def test_what_a_killed_launcher_left_is_used_or_ended(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + "[services]\nredis = true\n" + WEB)
    killed = launch()
    killed.until("ready after .* http")
    pids, servers = pids_of(root), running_services(root)
    killed.end(signal.SIGKILL)
    assert all(alive(pid) for pid in pids)
    again = launch()
    again.until("ready after .* http")
    assert "ended toy/web, left by a launcher that was killed" in again.text
    assert "using Redis" in again.text
    assert running_services(root) == servers
    assert gone(pids)
    assert again.end() == 0
    assert running_services(root) == {}


@pytest.mark.slow
def test_stop_ends_what_a_killed_launcher_left(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + "[services]\nredis = true\n" + WEB)
    killed = launch()
    killed.until("ready after .* http")
    pids = pids_of(root)
    killed.end(signal.SIGKILL)
    assert main(["--root", str(root), "stop"]) == 0
    assert gone(pids)
    assert running_services(root) == {}


@pytest.mark.slow
def test_services_of_up_stay_after_a_run(
    root: Path, launch: Callable[..., Launch], silent_environ: dict[str, str]
) -> None:
    system(root, HEAD + "[services]\nredis = true\n" + WEB)
    before = ensure_services(root, {"redis"}, environ=silent_environ)
    launched = launch()
    launched.until("ready after .* http")
    assert "using Redis" in launched.text
    assert launched.end() == 0
    assert running_services(root) == dict(before.servers)


@pytest.mark.slow
def test_a_second_run_points_to_the_first_and_stop_ends_it(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + WEB)
    first = launch()
    first.until("ready after .* http")
    second = launch()
    assert second.process.wait(45) == 1
    assert f"It runs already: http://127.0.0.1:{first.page_port}/ (pid {first.process.pid})" in second.text
    assert main(["--root", str(root), "status"]) == 0
    assert main(["--root", str(root), "stop"]) == 0
    assert first.process.wait(30) == 0
    assert main(["--root", str(root), "status"]) == 3


@pytest.mark.slow
def test_what_does_not_want_to_stop_is_killed(root: Path, launch: Callable[..., Launch]) -> None:
    deaf = "trap '' TERM; (trap '' TERM; sleep 600) & echo deaf; while true; do sleep 1; done"
    system(root, HEAD + WEB + f'[[process]]\nname = "deaf"\ncommand = ["sh", "-c", "{deaf}"]\nready = "log:deaf"\n')
    launched = launch()
    launched.until("ready after .* http")
    pids = pids_of(root)
    assert launched.end() == 0
    assert gone(pids)


def test_a_server_that_dies_under_a_run_stops_it(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + "[services]\nredis = true\n" + WEB)
    launched = launch()
    launched.until("ready after .* http")
    pid = running_services(root)["redis"].pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert launched.process.wait(45) == 1
    assert re.search(r"FAILED Redis .* is gone", launched.text)


@pytest.mark.slow
def test_a_system_gets_the_services_it_asks_for_and_no_others(root: Path, launch: Callable[..., Launch]) -> None:
    show = "import os; print('known:', sorted({'DB_HOST', 'REDIS_HOST'} & set(os.environ)))"
    step = f'[[prepare]]\nname = "show"\ncommand = ["{{python}}", "-c", "{show}"]\n'
    system(root, HEAD + '[services]\npostgres = ["toys"]\n' + step + WEB, "one")
    system(root, HEAD + "[services]\nredis = true\n" + step + WEB, "two")
    launched = launch()
    launched.until("ready after .* http")
    assert re.search(r"one/show +\| known: \['DB_HOST'\]\n", launched.text)
    assert re.search(r"two/show +\| known: \['REDIS_HOST'\]\n", launched.text)
    assert launched.end() == 0


def test_only_the_named_system_runs(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + WEB)
    system(root, HEAD + WEB, "other")
    launched = launch("other")
    launched.until("ready after .* http")
    assert set(launched.state()["systems"]) == {"other"}
    assert "toy/" not in launched.text
    assert launched.end() == 0


def test_an_unknown_system_is_answered_with_the_known(root: Path, launch: Callable[..., Launch]) -> None:
    system(root, HEAD + WEB)
    launched = launch("tyo")
    assert launched.process.wait(45) == 1
    assert "No such system: tyo. There are: toy." in launched.text


def test_an_empty_house_says_so(root: Path, launch: Callable[..., Launch]) -> None:
    launched = launch()
    assert launched.process.wait(45) == 1
    assert "there is no */run.toml" in launched.text


@pytest.mark.slow
def test_up_makes_databases_and_stop_forgets(
    root: Path, silent_environ: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in set(os.environ) - set(silent_environ):
        monkeypatch.delenv(name)
    system(root, HEAD + '[services]\npostgres = ["toys"]\n' + WEB)
    command = [sys.executable, "-m", "localservices", "--root", str(root)]
    up = subprocess.run([*command, "up"], env=silent_environ, capture_output=True, text=True, check=False)
    assert (up.returncode, up.stderr) == (0, "")
    assert "created database toys" in up.stdout
    assert set(running_services(root)) == {"postgres", "redis"}
    assert main(["--root", str(root), "status"]) == 0
    assert "started by up" in capsys.readouterr().out
    assert main(["--root", str(root), "reset"]) == 0
    assert running_services(root) == {}
    assert not (root / ".local" / "services").exists()
