"""The database worker: any number of them, on any number of machines, and nothing else."""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Sequence

from django.utils.translation import gettext as _

from eztaskmanager.models import AppCommand, Worker
from eztaskmanager.running.supervisor import DATABASE_TROUBLE
from eztaskmanager.services.endings import reap
from eztaskmanager.services.housekeeping import tidy
from eztaskmanager.services.runs import claim_runs
from eztaskmanager.services.scheduler import fire_due
from eztaskmanager.settings import option
from eztaskmanager.states import State
from eztaskmanager.workers.deliveries import Deliverer
from eztaskmanager.workers.host import Grace, Patience, RunHost

logger = logging.getLogger(__name__)
SCHEDULE_SECONDS = 0.5
REAP_SECONDS = 2.0
TIDY_SECONDS = 60.0
SHORTEST_WAIT = 0.01


def command_modules() -> list[str]:
    """Return the modules of the commands that tasks use, for the fork server to import."""
    used = AppCommand.objects.filter(task__isnull=False).distinct()
    return [
        f"{app}.management.commands.{name}"
        for app, name in used.values_list("app_name", "name")
    ]


class DatabaseWorker:
    """Claims runs from the database's queue, fires schedules, closes what others lost."""

    def __init__(
        self, queues: Sequence[str] | None, concurrency: int, *, burst: bool = False
    ) -> None:
        """`queues` None: all of them. With `burst` it ends when nothing is left."""
        self._queues = queues
        self._concurrency = concurrency
        self._burst = burst
        self._stopping = 0
        self._due = dict.fromkeys(("claim", "schedule", "reap", "tidy"), 0.0)
        self._host = RunHost(command_modules())
        self._patience = Patience()
        self._grace = Grace(time.monotonic())
        self._deliverer = Deliverer()

    @property
    def name(self) -> str:
        """The name that its runs carry."""
        return self._host.name

    def stop(self, *_signal: object) -> None:
        """First call: take no more and let runs end. Second: stop them too."""
        self._stopping += 1
        if self._stopping > 1:
            self._host.supervisor.stop_all(_("The worker is going down."))

    def run(self) -> None:
        """Work until stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        self._deliverer.start()
        try:
            while not self._done():
                self._work()
        finally:
            self._leave()

    def _done(self) -> bool:
        return bool(self._stopping) and not self._host.supervisor.runs

    def _work(self) -> None:
        self._grace.look(time.monotonic())
        try:
            self._host.tick()
            wait = self._take_work() if not self._stopping else option("POLL_SECONDS")
            self._host.supervisor.step(wait)
            self._housekeeping()
            self._patience.fine()
        except DATABASE_TROUBLE as error:
            self._patience.trouble(error)

    def _take_work(self) -> float:
        """Fire and claim what is due; return how long there is nothing to do."""
        if self._is_due("schedule", SCHEDULE_SECONDS) and fire_due():
            self._due["claim"] = 0.0
        free = self._concurrency - len(self._host.supervisor.runs)
        ended = bool(self._host.finished)
        self._hand_over_finished()
        if free <= 0 or not (ended or self._is_due("claim", option("POLL_SECONDS"))):
            return float(option("POLL_SECONDS"))
        claimed = claim_runs(self.name, self._queues, free)
        for report in claimed:
            self._host.launch(report)
        if claimed:
            return SHORTEST_WAIT
        if self._burst and not self._host.supervisor.runs:
            self._stopping = 1
        return float(option("POLL_SECONDS"))

    def _hand_over_finished(self) -> None:
        if self._host.finished:
            self._deliverer.wake()
            self._host.finished.clear()

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True

    def _housekeeping(self) -> None:
        if self._is_due("reap", REAP_SECONDS):
            self._introduce()
            # Looked at again here: this very step may have waited for the database.
            if self._grace.look(time.monotonic()):
                self._grace.judged()
                if reap(self.name):
                    self._deliverer.wake()
        if self._is_due("tidy", TIDY_SECONDS):
            tidy()

    def _introduce(self) -> None:
        """Be in the list of workers, also after somebody thought us dead."""
        Worker.objects.get_or_create(
            name=self.name,
            defaults={
                "host": socket.gethostname()[:100],
                "pid": int(self.name.split(":")[-2]),
                "queues": ", ".join(self._queues or ["all"])[:200],
                "concurrency": self._concurrency,
            },
        )

    def _leave(self) -> None:
        """End the children; what still runs is closed as stopped."""
        for run in self._host.open_runs:
            run.stop(State.STOPPED, _("The worker is going down."))
        deadline = time.monotonic() + option("STOP_GRACE_SECONDS") + 2
        while self._host.supervisor.runs and time.monotonic() < deadline:
            try:
                self._host.supervisor.step(0.1)
            except DATABASE_TROUBLE as error:
                self._patience.trouble(error)
        self._host.supervisor.close()
        self._deliverer.stop()
        try:
            Worker.objects.filter(name=self.name).delete()
        except DATABASE_TROUBLE as error:
            logger.warning("The worker's row stays: %s", error)
