"""Bring one system up: its preparation steps one after the other, then its processes as soon as those before them are
ready.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .children import Child
from .errors import InterruptedStartError, LocalServicesError
from .runfile import ENVIRONMENT_WORDS, Process, Step, Values
from .startpage import SystemView
from .terminal import Terminal

READY_SECONDS = 120.0


@dataclass
class Failure:
    """Why everything stops: what failed and the last thing it said."""

    message: str
    tail: Sequence[str] = field(default=())


class ChildError(LocalServicesError):
    """A step or process failed; `tail` is what it said last."""

    def __init__(self, message: str, tail: Sequence[str]) -> None:
        """Keep the last lines beside the message."""
        super().__init__(message)
        self.tail = tail


class SystemRun:
    """Starts one system in a thread of its own.

    `launch(child, awaited)` starts a child and takes charge of stopping it; `failed` is told what went wrong.
    """

    def __init__(
        self,
        view: SystemView,
        values: Values,
        terminal: Terminal,
        stopping: threading.Event,
        launch: Callable[[Child, str], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Prepare; `start` starts the thread."""
        self.view = view
        self._system = view.system
        self._values = values
        self._terminal = terminal
        self._stopping = stopping
        self._launch = launch
        self._failed = failed
        self._run_file = view.system.folder / "run.toml"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start bringing it up."""
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is up, has failed, or everything stops."""
        self._thread.join()

    def _run(self) -> None:
        """Prepare, start, and report what goes wrong."""
        try:
            environment = self._environment()
            for step in self._system.prepare:
                self.view.phase = f"preparing: {step.name}"
                self._prepare(step, environment)
            self.view.phase = "starting"
            self._start_processes(environment)
            self.view.phase = "running"
        except InterruptedStartError:
            self.view.phase = "stopped"
        except Exception as error:  # noqa: BLE001 -- whatever it is, the launcher must hear of it and stop the rest
            self.view.phase = "failed"
            known = isinstance(error, LocalServicesError | OSError)
            message = str(error) if known else f"{self._system.name}: {error!r}"
            self._failed(Failure(message, error.tail if isinstance(error, ChildError) else ()))

    def _environment(self) -> dict[str, str]:
        """Return the variables of the system's processes; what the person has set wins over `run.toml`."""
        own = {
            name: self._values.fill(self._run_file, text, ENVIRONMENT_WORDS)
            for name, text in self._system.environment.items()
        }
        given = {"SECRET_KEY": self._values.secret_key, "PYTHONUNBUFFERED": "1"}
        if self._system.databases:
            given["DB_NAME"] = self._system.databases[0]
        return {**given, **own, **os.environ, **self._values.services, "DEMO_PASSWORD": self._values.demo_password}

    def _child(self, name: str, command: tuple[str, ...], environment: dict[str, str], *, is_step: bool) -> Child:
        """Make a child and show it on the page."""
        words = [self._values.fill(self._run_file, word) for word in command]
        child = Child(f"{self._system.name}/{name}", words, self._system.folder, environment, is_step=is_step)
        self.view.children.append(child)
        return child

    def _prepare(self, step: Step, environment: dict[str, str]) -> None:
        """Run one preparation step to its end."""
        child = self._child(step.name, step.command, environment, is_step=True)
        self._launch(child, "")
        while not child.wait_end(0.1):
            if self._stopping.is_set():
                raise InterruptedStartError("Stopped while preparing.")
        if child.exit_code:
            raise ChildError(f"{child.label} failed with exit code {child.exit_code}.", list(child.tail))
        self._terminal.say(f"{child.label} done after {time.monotonic() - child.begun:.1f} s")

    def _start_processes(self, environment: dict[str, str]) -> None:
        """Start every process after those it names, and return when all are ready."""
        waiting = list(self._system.processes)
        starting: dict[str, tuple[Process, Child]] = {}
        ready: set[str] = set()
        while waiting or starting:
            for process in [item for item in waiting if set(item.after) <= ready]:
                waiting.remove(process)
                child = self._child(process.name, process.command, environment, is_step=False)
                awaited = process.ready.removeprefix("log:") if process.ready.startswith("log:") else ""
                self._launch(child, awaited)
                starting[process.name] = (process, child)
            for process, child in list(starting.values()):
                if self._is_ready(process, child):
                    ready.add(process.name)
                    del starting[process.name]
            if self._stopping.wait(0.1):
                raise InterruptedStartError("Stopped while starting.")

    def _is_ready(self, process: Process, child: Child) -> bool:
        """Check a starting process and say how long it took; raises ChildError when it takes too long."""
        ready = process.ready
        if not ready.startswith("log:"):
            ready = self._values.fill(self._run_file, ready)
        seconds = time.monotonic() - child.begun
        if child.is_ready(self._values.ports.get(process.name), ready):
            self._terminal.say(f"{child.label} is ready after {seconds:.1f} s")
            return True
        if seconds > READY_SECONDS:
            message = f"{child.label} is not ready after {READY_SECONDS:.0f} s (waited for {ready or 'it to stay'})."
            raise ChildError(message, list(child.tail))
        return False
