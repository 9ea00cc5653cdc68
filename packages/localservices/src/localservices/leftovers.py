"""What a launcher that was killed left running: remembered in `.local/run.json`, ended by the next one.

Each process has a session of its own. A number alone proves nothing, so its start time (with the machine's boot) must
match; when the first process is gone, the kernel keeps its number away from others as long as its session has members.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path
from typing import Any

from .files import LOCAL, local_folder, locked, read_json, write_json
from .processes import alive, kill_session, session_members, started_at, wait_gone


class Record:
    """The list of processes a live launcher has started, on disk."""

    def __init__(self, root: Path) -> None:
        """Begin an empty record that names this process as the launcher."""
        self._path = local_folder(root) / "run.json"
        self._lock = threading.Lock()
        self._content: dict[str, Any] = {"launcher": os.getpid(), "page": "", "processes": []}
        write_json(self._path, self._content)

    def set_page(self, url: str) -> None:
        """Remember the start page."""
        with self._lock:
            self._content["page"] = url
            write_json(self._path, self._content)

    def add(self, label: str, pid: int, started: str) -> None:
        """Remember a process."""
        with self._lock:
            self._content["processes"].append({"label": label, "pid": pid, "started": started})
            write_json(self._path, self._content)

    def close(self) -> None:
        """Forget everything: all have ended."""
        self._path.unlink(missing_ok=True)


def running_launcher(root: Path) -> tuple[int, str] | None:
    """Return the process number and start page of the launcher that runs in this clone, None when there is none."""
    if not (root / LOCAL).exists():
        return None
    with locked(root / LOCAL / "run.lock", wait=False) as free:
        if free:
            return None
    content = read_json(root / LOCAL / "run.json")
    return int(content.get("launcher", 0)), str(content.get("page", ""))


def end_leftovers(root: Path) -> list[str]:
    """End what a killed launcher left and return its labels. The caller holds `run.lock`."""
    path = root / LOCAL / "run.json"
    ended = []
    for entry in read_json(path).get("processes", []):
        pid, started = int(entry["pid"]), str(entry["started"])
        if _is_ours(pid, started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            wait_gone(pid, 5.0)
            kill_session(pid)
            ended.append(str(entry["label"]))
    path.unlink(missing_ok=True)
    return ended


def _is_ours(pid: int, started: str) -> bool:
    """Say whether this process, or what is left of its session, is the one we remember."""
    if alive(pid):
        return started_at(pid) == started
    same_boot = started_at(os.getpid()).partition(":")[0] == started.partition(":")[0]
    return same_boot and bool(session_members(pid))
