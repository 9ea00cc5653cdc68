"""Processes of the systems: started in sessions of their own, listened to, stopped without leaving anything behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from .processes import accepts, kill_session, started_at
from .terminal import Terminal, clean

TAIL_LINES = 20
MAX_READ = 65536
ASK_SECONDS = 3.0
STAYS_SECONDS = 0.3


class Child:
    """One process of a system. `label` names it to people; a step is a process that is meant to end."""

    def __init__(
        self, label: str, command: Sequence[str], folder: Path, environment: Mapping[str, str], *, is_step: bool
    ) -> None:
        """Prepare; `start` starts."""
        self.label = label
        self.is_step = is_step
        self.ready = False
        self.command = list(command)
        self.started = ""
        self.begun = time.monotonic()
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._folder = folder
        self._environment = dict(environment)
        self._popen: subprocess.Popen[bytes] | None = None
        self._awaited = ""
        self._seen = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def pid(self) -> int:
        """The process number, 0 before the start."""
        return self._popen.pid if self._popen else 0

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs."""
        return self._popen.returncode if self._popen else None

    @property
    def state(self) -> str:
        """One of queued, starting, running, done, failed, stopped (ended by a signal)."""
        if self._popen is None:
            return "queued"
        code = self._popen.returncode
        if code is None:
            return "running" if self.ready or self.is_step else "starting"
        if code == 0 and self.is_step:
            return "done"
        return "stopped" if code == -signal.SIGTERM else "failed"

    def start(self, terminal: Terminal, ended: Callable[[Child], None], awaited: str = "") -> None:
        """Start it, print what it says, and call `ended` (from a thread) when it ends. `awaited` is a text to watch
        for.

        Raises OSError when the command cannot be started.
        """
        self._awaited = awaited
        self.begun = time.monotonic()
        self._popen = subprocess.Popen(
            self.command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.started = started_at(self._popen.pid)
        for target in (lambda: self._pump(terminal), lambda: self._wait(ended)):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _pump(self, terminal: Terminal) -> None:
        """Pass its output on, line by line."""
        if self._popen is None or self._popen.stdout is None:
            return
        with self._popen.stdout as stream:
            while chunk := stream.readline(MAX_READ):
                line = chunk.decode("utf-8", "replace")
                if self._awaited and self._awaited in line:
                    self._seen.set()
                self.tail.append(clean(line))
                terminal.log(self.label, line)

    def _wait(self, ended: Callable[[Child], None]) -> None:
        """Wait for its end and tell, after what it said last has been read."""
        if self._popen is None:
            return
        self._popen.wait()
        self._threads[0].join(timeout=1.0)  # a grandchild may hold the pipe open for longer
        ended(self)

    def is_ready(self, port: int | None, ready: str) -> bool:
        """Say whether it does its work by the rule of its `ready` (see README.md)."""
        if ready.startswith("log:"):
            self.ready = self._seen.is_set()
        elif ready == "port":
            self.ready = port is not None and accepts(port)
        elif ready:
            self.ready = 0 < ask_http(ready)[0] < 500
        else:
            self.ready = time.monotonic() - self.begun > STAYS_SECONDS
        return self.ready and self.exit_code is None

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process itself, which tells its own children in its own way."""
        if self._popen and self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._popen.pid, signal.SIGTERM)

    def wait_end(self, seconds: float) -> bool:
        """Wait for its end; True when it has ended."""
        if self._popen is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(0.0, seconds))
        return self._popen.returncode is not None

    def sweep(self) -> None:
        """SIGKILL whatever is left of it and of what it started."""
        if self._popen:
            kill_session(self._popen.pid)
            self._popen.wait()
            for thread in self._threads:
                if thread is not threading.current_thread():
                    thread.join(timeout=1.0)


def ask_http(url: str) -> tuple[int, bytes]:
    """GET a loopback URL and return the status (0 when nobody answers in time) and at most 64 kB of the body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=ASK_SECONDS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET", target, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read(MAX_READ)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
