"""Watches the runs of one process: output to rows, deadlines, stops, ends."""

from __future__ import annotations

import logging
import selectors
import time
from collections.abc import Callable, Iterable

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from eztaskmanager.running.forkserver import ForkServer, ForkServerLost
from eztaskmanager.running.lines import Line
from eztaskmanager.running.logwriter import store_lines
from eztaskmanager.running.messages import ENDED, REFUSED, STARTED, Job, Reply
from eztaskmanager.running.run import Limits, Run
from eztaskmanager.states import State

logger = logging.getLogger(__name__)
FLUSH_SECONDS = 0.2
FLUSH_LINES = 2000
MAX_WAITING_LINES = 20_000
"""Beyond this many unsaved lines pipes are no longer read: commands then wait at a write."""

DATABASE_TROUBLE = (OperationalError, InterfaceError)


class Supervisor:
    """Runs children until told otherwise. `on_finished` stores how runs ended.

    Nothing here blocks for long: `step()` waits for output at most as long as it is told.
    A run leaves `runs` only when its lines and its end are stored, so a database that is
    away delays both and loses neither.
    """

    def __init__(
        self, on_finished: Callable[[list[Run]], None], modules: Iterable[str] = ()
    ) -> None:
        self._modules = list(modules)
        self._server = ForkServer.start(self._modules)
        self._on_finished = on_finished
        self.runs: dict[int, Run] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ, None)
        self._lines: list[Line] = []
        self._flush_at = 0.0

    @property
    def server_pid(self) -> int:
        """The fork server's pid."""
        return self._server.pid

    def launch(self, job: Job, limits: Limits) -> None:
        """Start a child for a job that this process has claimed."""
        run = Run(job, limits)
        self.runs[job.report_id] = run
        for source in run.sources:
            self._selector.register(source, selectors.EVENT_READ, run)
        try:
            self._server.launch(job.report_id, run.descriptors)
            run.handed_over()
        except ForkServerLost:
            self._restart()

    def step(self, timeout: float) -> None:
        """Wait for output, a start or an end, at most `timeout` seconds; store what is due."""
        if len(self._lines) < MAX_WAITING_LINES:
            self._read(min(timeout, FLUSH_SECONDS) if self.runs else timeout)
        else:
            time.sleep(min(timeout, FLUSH_SECONDS))
        for run in list(self.runs.values()):
            if run.outcome is None:
                run.watch()
            self._gather(run)
        if any(run.outcome for run in self.runs.values()) or self._flush_due():
            self.flush()

    def _read(self, timeout: float) -> None:
        replies = False
        ready = set()
        for key, _events in self._selector.select(timeout):
            if key.data is None:
                replies = True
            elif key.data.outcome is None:
                ready.add(key.data)
        for run in ready:
            self._read_run(run)
        if replies:
            self._take_replies()

    def _read_run(self, run: Run) -> None:
        before = run.sources
        run.read()
        for gone in before - run.sources:
            self._selector.unregister(gone)

    def _take_replies(self) -> None:
        try:
            replies = self._server.replies()
        except ForkServerLost:
            self._restart()
            return
        for reply in replies:
            run = self.runs.get(reply.run)
            if run is not None and run.outcome is None:
                self._apply(run, reply)

    def _apply(self, run: Run, reply: Reply) -> None:
        if reply.kind == STARTED:
            run.started(reply.pid)
            return
        self._forget(run)
        if reply.kind == ENDED:
            run.ended(reply)
        elif reply.kind == REFUSED:
            text = _("No process could be started (error %(number)d).")
            run.lost(text % {"number": reply.status})

    def _forget(self, run: Run) -> None:
        """Stop waiting on a run's pipes: from its end on they are read by its own watch."""
        for source in run.sources:
            self._selector.unregister(source)

    def _restart(self) -> None:
        """The fork server died: its children die with it, and a new one takes over."""
        logger.error("The fork server is gone; its runs are lost.")
        self._selector.unregister(self._server)
        for run in self.runs.values():
            if run.outcome is None:
                self._forget(run)
                run.lost(_("The process that started it was killed."))
        self._server.close()
        self._server = ForkServer.start(self._modules)
        self._selector.register(self._server, selectors.EVENT_READ, None)

    def _gather(self, run: Run) -> None:
        self._lines.extend(run.recorder.pending)
        run.recorder.pending.clear()

    def _flush_due(self) -> bool:
        waiting = len(self._lines) >= FLUSH_LINES
        return bool(self._lines) and (waiting or time.monotonic() >= self._flush_at)

    def flush(self) -> None:
        """Store waiting lines, then ends; what the database refuses is tried again."""
        self._flush_at = time.monotonic() + FLUSH_SECONDS
        store_lines(self._lines)
        self._lines.clear()
        finished = [run for run in self.runs.values() if run.outcome is not None]
        if finished:
            self._on_finished(finished)
            for run in finished:
                del self.runs[run.job.report_id]

    def stop_all(self, reason: str) -> None:
        """Ask every run to end."""
        for run in self.runs.values():
            run.stop(State.STOPPED, reason)

    def abandon(self, report_ids: Iterable[int]) -> None:
        """Kill runs that this process no longer owns; nothing of them is stored."""
        for number in report_ids:
            run = self.runs.pop(number, None)
            if run is not None and run.outcome is None:
                self._forget(run)
                run.lost(_("Another worker has closed it."))

    def close(self) -> None:
        """Kill what is left and end the fork server."""
        self._selector.close()
        self._server.close()
