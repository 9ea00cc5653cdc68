"""`make run`: services, preparation, processes, one start page; everything stopped together."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from .children import Child
from .errors import InterruptedStartError, LocalServicesError
from .files import local_folder, locked
from .keys import demo_password, secret_key
from .leftovers import Record, end_leftovers, running_launcher
from .ports import choose_page_port, choose_ports
from .postgres import create_databases
from .runfile import System, Values, discover
from .services import Services, ensure_services, load_servers, stop_services
from .startpage import PageServer, PageState, SystemView, serve_page
from .systemrun import Failure, SystemRun
from .terminal import BOLD, DIM, RED, Terminal

STOP_SECONDS = 10.0


def choose_systems(root: Path, names: Sequence[str]) -> list[System]:
    """Return the named systems, all when none is named; raises LocalServicesError listing those that exist."""
    systems = discover(root)
    if unknown := set(names) - {system.name for system in systems}:
        known = ", ".join(system.name for system in systems) or "none"
        raise LocalServicesError(f"No such system: {', '.join(sorted(unknown))}. There are: {known}.")
    chosen = [system for system in systems if not names or system.name in names]
    if not chosen:
        raise LocalServicesError(f"No system in {root} describes itself: there is no */run.toml.")
    return chosen


class Launcher:
    """One run: holds the clone's run lock from `run` until everything has stopped."""

    def __init__(self, root: Path, names: Sequence[str], terminal: Terminal) -> None:
        """Prepare to run the named systems of a clone (all when none is named)."""
        self.root = root
        self.names = names
        self.terminal = terminal
        self.events: queue.SimpleQueue[Failure | None] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.hurry = threading.Event()
        self.children: list[Child] = []
        self.record: Record | None = None
        self.page: PageServer | None = None
        self.views: dict[str, SystemView] = {}
        self._guard = threading.Lock()

    def run(self) -> int:
        """Run until a signal (0) or a failure (1), and return that exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        with locked(local_folder(self.root) / "run.lock", wait=False) as free:
            if not free:
                self._say_running_already()
                return 1
            return self._run_locked()

    def _run_locked(self) -> int:
        """Start, watch, stop."""
        failure: Failure | None = None
        try:
            for label in end_leftovers(self.root):
                self.terminal.say(f"ended {label}, left by a launcher that was killed", DIM)
            self.record = Record(self.root)
            self._start(self.record)
            failure = self._watch()
        except InterruptedStartError:
            pass
        except LocalServicesError as error:
            failure = Failure(str(error))
        finally:
            self._stop(failure)
        return 1 if failure else 0

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Ask to stop; a second time: at once."""
        if self.stopping.is_set():
            self.hurry.set()
        self.stopping.set()
        self.events.put(None)

    def _say_running_already(self) -> None:
        """Tell where the other launcher of this clone is."""
        pid, page = running_launcher(self.root) or (0, "")
        self.terminal.say(
            f"It runs already: {page or 'starting'} (pid {pid}). Stop it with Ctrl-C there, or with make stop.", RED
        )

    def _start(self, record: Record) -> None:
        """Bring up services, the start page and a thread per system."""
        begun = time.monotonic()
        systems = choose_systems(self.root, self.names)
        ports, page_port = choose_ports(systems), choose_page_port()
        services = self._start_services(systems)
        page_url = f"http://127.0.0.1:{page_port}/"
        record.set_page(page_url)
        values = {system.name: self._values(system, ports[system.name], services) for system in systems}
        for system in systems:
            run_file = system.folder / "run.toml"
            url, health = (values[system.name].fill(run_file, text) for text in (system.url, system.health))
            links = [(link.text, values[system.name].fill(run_file, link.url)) for link in system.links]
            self.views[system.name] = SystemView(system, url, health, links)
        self._open_page(page_port, services)
        self.terminal.say(f"start page {page_url}", BOLD)
        runs = [
            SystemRun(view, values[name], self.terminal, self.stopping, self._launch, self.events.put)
            for name, view in self.views.items()
        ]
        for run in runs:
            run.start()
        threading.Thread(target=self._announce, args=(runs, begun, page_url), daemon=True).start()

    def _open_page(self, port: int, services: Services) -> None:
        """Serve the start page, so that one can watch the systems come up."""
        state = PageState(self.root, list(self.views.values()), services.servers, demo_password(self.root))
        try:
            self.page = serve_page(port, state)
        except OSError as error:
            raise LocalServicesError(f"The start page cannot listen on port {port}: {error}") from None

    def _start_services(self, systems: Sequence[System]) -> Services:
        """Have the services these systems need and the databases they name."""
        begun = time.monotonic()
        wants = set[str]().union(*(system.services for system in systems))
        services = ensure_services(self.root, wants, owner="run", interrupted=self.stopping.is_set)
        for kind, server in services.servers.items():
            self.terminal.say(f"{'started' if kind in services.started else 'using'} {server.describe()}")
        if database := services.servers.get("postgres"):
            for name in create_databases(database, [name for system in systems for name in system.databases]):
                self.terminal.say(f"created database {name}")
        self.terminal.say(f"services are up after {time.monotonic() - begun:.1f} s")
        return services

    def _values(self, system: System, ports: dict[str, int], services: Services) -> Values:
        """Return what a system's placeholders stand for."""
        key = secret_key(self.root, system.name)
        own = Services({kind: server for kind, server in services.servers.items() if kind in system.services})
        return Values(Path(sys.executable), self.root, ports, own.environment(), demo_password(self.root), key)

    def _launch(self, child: Child, awaited: str) -> None:
        """Start a child and remember it on disk, unless everything stops already."""
        with self._guard:
            if self.stopping.is_set() or self.record is None:
                raise InterruptedStartError("Stopped while starting.")
            child.start(self.terminal, self._on_end, awaited)
            self.children.append(child)
            self.record.add(child.label, child.pid, child.started)

    def _on_end(self, child: Child) -> None:
        """Take the end of a process for a failure, unless it was a step or we are stopping (called from its thread)."""
        if not (child.is_step or self.stopping.is_set()):
            self.events.put(Failure(f"{child.label} ended with exit code {child.exit_code}.", list(child.tail)))

    def _announce(self, runs: Sequence[SystemRun], begun: float, page: str) -> None:
        """Say that all is ready, once, with the addresses and the demo's logins."""
        for run in runs:
            run.wait()
        if self.stopping.is_set() or any(view.phase != "running" for view in self.views.values()):
            return
        for view in self.views.values():
            logins = ", ".join(login.user for login in view.system.logins)
            self.terminal.say(f"  {view.system.title}: {view.url}" + (f"  logins: {logins}" if logins else ""))
        if any(view.system.logins for view in self.views.values()):
            self.terminal.say(f"  password of every login: {demo_password(self.root)}")
        self.terminal.say(f"ready after {time.monotonic() - begun:.1f} s: {page}   (Ctrl-C stops everything)", BOLD)

    def _watch(self) -> Failure | None:
        """Wait for the first failure or the wish to stop."""
        while True:
            try:
                return self.events.get(timeout=1.0)
            except queue.Empty:
                for server in load_servers(self.root / ".local" / "services").values():
                    if server.folder and self._needs(server.kind) and server.pid() is None:
                        return Failure(f"{server.describe()} is gone.")

    def _needs(self, kind: str) -> bool:
        """Say whether a running system needs this kind of service."""
        return any(kind in view.system.services for view in self.views.values())

    def _stop(self, failure: Failure | None) -> None:
        """Say why, then stop processes, services and page, in this order, within ten seconds."""
        if failure:
            self.terminal.say(f"FAILED {failure.message}", RED, BOLD)
            for line in failure.tail:
                self.terminal.say(f"    {line}", RED)
        begun = time.monotonic()
        with self._guard:
            self.stopping.set()
            children = list(reversed(self.children))
        if any(child.exit_code is None for child in children):
            self.terminal.say("stopping ...", DIM)
        for child in children:
            self._stop_child(child, begun + STOP_SECONDS - 2)
        for child in children:
            child.sweep()
        for line in stop_services(self.root, owner="run"):
            self.terminal.say(f"stopped {line}", DIM)
        if self.page:
            self.page.close()
        if self.record:
            self.record.close()
        self.terminal.say(f"stopped after {time.monotonic() - begun:.1f} s")

    def _stop_child(self, child: Child, deadline: float) -> None:
        """Ask one process to end and give it what is left of the time; a second signal cuts that short."""
        child.ask_to_end()
        patience = min(deadline, time.monotonic() + 5.0)
        while not child.wait_end(0.05) and time.monotonic() < patience and not self.hurry.is_set():
            continue


def stop_launcher(root: Path) -> dict[str, Any]:
    """Ask the launcher of this clone to stop and wait for it; returns {} or what it was: {"pid", "page"}."""
    found = running_launcher(root)
    if not found or not found[0]:
        return {}
    pid, page = found
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS + 10
    while running_launcher(root) and time.monotonic() < deadline:
        time.sleep(0.1)
    return {"pid": pid, "page": page}
