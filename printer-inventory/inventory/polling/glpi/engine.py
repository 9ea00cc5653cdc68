"""The engine: targets in, outcomes out as they come, several agents side by side, each asking a few printers in turn.

A printer on which an agent hangs or dies costs only itself: what was answered before counts, the one it hung on is reported,
and the rest of that run's printers are asked by the next agent.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from inventory.polling.glpi.command import (
    Agent,
    CannotAskError,
    Command,
    NoAgentError,
    credential_options,
    discovery_command,
    find_agent,
    host_of,
    inventory_command,
    sudo_prefix,
)
from inventory.polling.glpi.mapping import PRINTER, AgentAnswer, answers_of
from inventory.polling.glpi.process import AgentError, AgentRun
from inventory.polling.glpi.xml import MAX_DOCUMENT, InventoryXmlError, decode, parse_document, split_documents
from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.errors import PollError
from inventory.polling.snmp.targets import PollOutcome, Target

MAX_RETURNS: Final = 2
"""Times a printer goes back to the queue because a run broke before it had answered for any printer."""

CONTROL_MESSAGES: Final = 8
"""Documents without a device that a run may write: start, end, and room."""

_NOT_ASKED: Final = PollError("bad_answer", "The agent broke down before it asked this device. Try the native engine.")
_NOT_A_PRINTER: Final = PollError("not_a_printer", "The device answered the agent, but it is no printer.")
_SILENT: Final = PollError(
    "timeout", "The device did not answer the agent. Check that it is on, that SNMP is enabled, and the community."
)
_UNREADABLE: Final = PollError(
    "authentication",
    "The device accepted the SNMPv3 user but no question. Check the privacy protocol and its password.",
)
_STOPPED: Final = PollError("stopped", "The poll was stopped.")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the engine runs agents; see `GlpiEngine`."""

    timeout: float = 90.0
    snmp_timeout: int = 5
    workers: int = 4
    hosts_per_run: int = 10


@dataclass(frozen=True, slots=True)
class _Job:
    """A target with the version to try now, and the one to try after silence."""

    target: Target
    version: int
    other: int | None = None
    attempts: int = 1
    returns: int = 0


@dataclass(slots=True)
class _Batch:
    """Jobs for one run: `open` are those without an outcome yet, by number; `again` go back to the queue."""

    jobs: list[_Job]
    open: dict[int, _Job] = field(default_factory=dict)
    again: list[_Job] = field(default_factory=list)
    since: float = 0.0

    def address_of(self, number: int | None) -> str:
        """Return the address of the job with that number."""
        return self.jobs[number].target.address if number is not None and number < len(self.jobs) else ""


class GlpiEngine:
    """Polls printers by an installed GLPI Agent or FusionInventory Agent.

    `path` is GLPI_PATH (a folder or a program, None to look in the usual places), `use_sudo` and `user` are GLPI_USE_SUDO and
    GLPI_USER. `timeout` is the most seconds for one printer, `snmp_timeout` those for one request, `workers` the agents that run
    at once, `hosts_per_run` the printers each asks in turn.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        use_sudo: bool = False,
        user: str = "",
        timeout: float = 90.0,
        snmp_timeout: int = 5,
        workers: int = 4,
        hosts_per_run: int = 10,
    ) -> None:
        """Keep the settings; no agent is looked for before it is needed."""
        self._path = path
        self._use_sudo = use_sudo
        self._user = user
        self._settings = Settings(timeout, max(1, snmp_timeout), max(1, workers), max(1, hosts_per_run))

    def available(self) -> str | None:
        """Return which agent would run, and whether credentials show in the list of processes; None where none can run."""
        try:
            agent, prefix = self._agent()
        except NoAgentError:
            return None
        seen = "" if agent.perl and not prefix else "; credentials show in the list of processes"
        return f"{agent.name}, {agent.program}{' by sudo' if prefix else ''}{seen}"

    def poll(self, targets: Iterable[Target], stop: threading.Event | None = None) -> Iterator[PollOutcome]:
        """Yield one outcome per target, in the order they finish; targets are taken from the iterable as agents become free.

        Raises NoAgentError when no agent can run; a printer's failure is an outcome's error. Once `stop` is set the rest
        come back with the error "stopped". `packets` stays 0: the agent does not tell.
        """
        agent, prefix = self._agent()
        return _Polling(self._settings, agent, prefix, stop or threading.Event()).outcomes(iter(targets))

    def _agent(self) -> tuple[Agent, tuple[str, ...]]:
        prefix = sudo_prefix(self._user) if self._use_sudo else ()
        agent = find_agent(self._path)
        if agent.kind == "netdiscovery" and prefix and self._user:
            raise NoAgentError("Another account's discovery cannot leave its files to us: install netinventory.")
        return agent, prefix


class _Polling:
    """One call of `poll`: the jobs that wait, the agents that run, the outcomes that arrive."""

    def __init__(self, settings: Settings, agent: Agent, prefix: tuple[str, ...], stop: threading.Event) -> None:
        self._settings = settings
        self._agent = agent
        self._prefix = prefix
        self._stop = stop
        self._closed = threading.Event()
        self._arrived: queue.SimpleQueue[PollOutcome | Future[list[_Job]]] = queue.SimpleQueue()
        self._waiting: dict[Hashable, list[_Job]] = {}
        # An agent that is no Perl script writes when it ends: a hang would lose all of its run's printers.
        streams = agent.perl and not prefix and agent.kind == "netinventory"
        self._size = settings.hosts_per_run if streams else 1

    def outcomes(self, targets: Iterator[Target]) -> Iterator[PollOutcome]:
        """Yield the outcomes; closing the generator ends every agent."""
        running = 0
        with ThreadPoolExecutor(self._settings.workers, "inventory-agent") as pool:
            try:
                while True:
                    while running < self._settings.workers and (batch := self._next_batch(targets, running)):
                        pool.submit(self._run, batch).add_done_callback(self._arrived.put)
                        running += 1
                    if not running and self._arrived.empty():
                        return
                    item = self._arrived.get()
                    if isinstance(item, PollOutcome):
                        yield item
                        continue
                    running -= 1
                    for job in item.result():
                        self._queue(job)
            finally:
                self._closed.set()

    def _next_batch(self, targets: Iterator[Target], running: int) -> _Batch | None:
        """Return jobs that can share a run, no more than a fair share of what waits for the free agents."""
        free = self._settings.workers - running
        waiting = sum(map(len, self._waiting.values()))
        for target in islice(targets, max(0, free * self._size - waiting)):
            self._admit(target)
        if not self._waiting:
            return None
        share = -(-sum(map(len, self._waiting.values())) // free)
        key = max(self._waiting, key=lambda key: len(self._waiting[key]))
        jobs = self._waiting.pop(key)
        count = min(self._size, share)
        if rest := jobs[count:]:
            self._waiting[key] = rest
        return _Batch(jobs[:count])

    def _admit(self, target: Target) -> None:
        """Queue a target: with its version, else v3 where it has a user, else what it spoke last or v2c, then the other."""
        if target.version is not None or target.v3 is not None:
            job = _Job(target, target.version or 3)
        else:
            first = 1 if target.learned is not None and target.learned.version == 1 else 2
            job = _Job(target, first, 3 - first)
        self._queue(job)

    def _queue(self, job: _Job) -> None:
        """Put a job with those that share its credentials and port, by its other version where the agent cannot be told these."""
        try:
            family = host_of(job.target).version
            options = credential_options(job.target, job.version)
        except CannotAskError as error:
            if job.other is not None:
                self._queue(replace(job, version=job.other, other=None))
            else:
                self._arrived.put(self._outcome(job, error=PollError("bad_target", str(error))))
        else:
            # Newer agents know one port and one protocol per run.
            self._waiting.setdefault((job.version, options, job.target.port, family), []).append(job)

    def _run(self, batch: _Batch) -> list[_Job]:
        """Run one agent over a batch; every job gets its outcome or is returned."""
        batch.open = dict(enumerate(batch.jobs))
        batch.since = time.monotonic()
        try:
            with TemporaryDirectory(prefix="inventory-agent-", ignore_cleanup_errors=True) as folder:
                self._ask(batch, Path(folder))
        except AgentError as failure:
            self._break(batch, failure)
        return batch.again

    def _ask(self, batch: _Batch, folder: Path) -> None:
        command = self._command(batch, folder)
        most = len(batch.jobs) + CONTROL_MESSAGES
        with AgentRun(command, folder, self._settings.timeout, most, self._stopped) as run:
            for octets in run.documents():
                self._take(batch, octets)
        if self._agent.kind == "netdiscovery":
            self._take_file(batch, folder)
        elif batch.open:
            said = run.said()
            raise AgentError(
                "ended", f"The agent ended with status {run.exit_status()}" + (f"; it said: {said}" if said else ".")
            )

    def _command(self, batch: _Batch, folder: Path) -> Command:
        first, targets = batch.jobs[0], [job.target for job in batch.jobs]
        timeout = self._settings.snmp_timeout
        if self._agent.kind == "netinventory":
            return inventory_command(self._agent, targets, first.version, timeout, self._prefix)
        try:
            return discovery_command(self._agent, first.target, first.version, timeout, folder, self._prefix)
        except CannotAskError as error:
            raise AgentError("cannot_start", str(error)) from None

    def _stopped(self) -> bool:
        return self._stop.is_set() or self._closed.is_set()

    def _take(self, batch: _Batch, octets: bytes) -> None:
        """Settle what a document is about: by the number it names, else by its place, since an agent asks in order."""
        if not batch.open:
            return
        present = min(batch.open)
        try:
            answers = [
                answer
                for part in split_documents(decode(octets))
                for answer in answers_of(parse_document(part), batch.address_of)
            ]
        except InventoryXmlError as error:
            self._settle(batch, present, error=PollError("bad_answer", f"The agent's answer cannot be read. {error}"))
            return
        for answer in answers:
            number = present if answer.id is None or self._agent.kind == "netdiscovery" else answer.id
            if number in batch.open:
                self._settle_answer(batch, number, answer)

    def _take_file(self, batch: _Batch, folder: Path) -> None:
        """Take the inventory a discovery has saved; it writes none for a device that did not answer."""
        path = folder / "netinventory" / f"{batch.jobs[0].target.address}.xml"
        try:
            with path.open("rb") as file:
                self._take(batch, file.read(MAX_DOCUMENT + 1))
        except OSError:
            self._settle(batch, 0, error=_SILENT)

    def _settle_answer(self, batch: _Batch, number: int, answer: AgentAnswer) -> None:
        reading = answer.reading
        if reading is None:
            self._settle(batch, number, error=answer.error)
        elif not (answer.type or reading.description or reading.model or reading.serial or reading.counters):
            self._settle(batch, number, error=_UNREADABLE if batch.open[number].version == 3 else _SILENT)
        elif answer.type not in ("", PRINTER) or not (answer.type or reading.counters or reading.supplies):
            self._settle(batch, number, error=_NOT_A_PRINTER)
        else:
            self._settle(batch, number, reading)

    def _settle(
        self, batch: _Batch, number: int, reading: DeviceReading | None = None, error: PollError | None = None
    ) -> None:
        job = batch.open.pop(number)
        now = time.monotonic()
        elapsed, batch.since = now - batch.since, now
        if error is not None and error.kind == "timeout" and job.other is not None:
            batch.again.append(replace(job, version=job.other, other=None, attempts=job.attempts + 1))
        else:
            self._arrived.put(self._outcome(job, reading, error, elapsed))

    def _break(self, batch: _Batch, failure: AgentError) -> None:
        """Settle what a broken run left open: the printer it was at fails, the others go back, all fail where none can work."""
        answered = len(batch.open) < len(batch.jobs)
        kind: PollError = PollError("timeout" if failure.kind == "stalled" else "bad_answer", str(failure))
        if failure.kind == "stopped":
            kind = _STOPPED
        hopeless = failure.kind in ("stopped", "cannot_start") or (failure.kind == "ended" and not answered)
        if batch.open and not hopeless:
            job = batch.open.pop(min(batch.open))
            self._arrived.put(self._outcome(job, error=kind, elapsed=time.monotonic() - batch.since))
        for job in batch.open.values():
            returns = job.returns + (not answered)
            if hopeless:
                self._arrived.put(self._outcome(job, error=kind))
            elif returns > MAX_RETURNS:
                self._arrived.put(self._outcome(job, error=_NOT_ASKED))
            else:
                batch.again.append(replace(job, returns=returns))
        batch.open.clear()

    @staticmethod
    def _outcome(
        job: _Job, reading: DeviceReading | None = None, error: PollError | None = None, elapsed: float = 0.0
    ) -> PollOutcome:
        return PollOutcome(job.target.key, reading, error, job.target.learned, elapsed=elapsed, attempts=job.attempts)
