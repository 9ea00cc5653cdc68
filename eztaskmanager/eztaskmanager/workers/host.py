"""What every process that runs tasks does: launch, beat, look for stops, store ends."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterable

from django.db import connections
from django.utils.translation import gettext as _

from eztaskmanager.models import LaunchReport
from eztaskmanager.running.messages import Job
from eztaskmanager.running.run import Limits, Outcome, Run
from eztaskmanager.running.supervisor import DATABASE_TROUBLE, Supervisor
from eztaskmanager.services.claim import Claim
from eztaskmanager.services.endings import Ending, beat, finish_runs
from eztaskmanager.services.runs import stop_reason
from eztaskmanager.settings import option
from eztaskmanager.states import State

logger = logging.getLogger(__name__)
STOP_POLL_SECONDS = 0.3
DETAIL_SECONDS = 0.5


def worker_name() -> str:
    """Return a name that no other process has or had: host, pid and a random part."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(3)}"


def job_of(claim: Claim) -> Job:
    """Return what the child is told about a claimed run."""
    argv = [str(word) for word in claim.argv]
    return Job(claim.report_id, claim.app_name, claim.command, argv, claim.log_level)


def limits_of(claim: Claim) -> Limits:
    """Return a claimed run's deadlines."""
    grace = option("STOP_GRACE_SECONDS") if claim.grace is None else claim.grace
    return Limits(claim.timeout, float(grace))


class RunHost:
    """Runs that this process has claimed, from launch to stored end."""

    def __init__(self, modules: Iterable[str] = ()) -> None:
        self.name = worker_name()
        self.supervisor = Supervisor(self._store_ends, modules)
        self.finished: list[int] = []
        self._beat_at = 0.0
        self._stops_at = 0.0
        self._details_at = 0.0

    @property
    def open_runs(self) -> list[Run]:
        """The runs whose end is not stored yet."""
        return list(self.supervisor.runs.values())

    def launch(self, claim: Claim) -> None:
        """Start a claimed run; what cannot be started has failed."""
        try:
            self.supervisor.launch(job_of(claim), limits_of(claim))
        except (TypeError, ValueError, OSError) as error:
            reason = _("It could not be started: %(error)s") % {"error": error}
            outcome = Outcome(State.FAILED, reason)
            self.finished += finish_runs(self.name, [Ending(claim.report_id, outcome)])

    def tick(self) -> None:
        """Do what is due; raises what the database raises."""
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + option("HEARTBEAT_SECONDS")
            self.beat()
        if now >= self._stops_at and self.supervisor.runs:
            self._stops_at = now + STOP_POLL_SECONDS
            self._look_for_stops()
        if now >= self._details_at and self.supervisor.runs:
            self._details_at = now + DETAIL_SECONDS
            self._store_details()

    def beat(self) -> None:
        """Tell the database that the runs are alive; drop those it gave up on."""
        known = list(self.supervisor.runs)
        lost = set(known) - beat(self.name, known)
        if lost:
            logger.error("Runs %s were closed by another worker.", sorted(lost))
            self.supervisor.abandon(lost)

    def _look_for_stops(self) -> None:
        asked = LaunchReport.objects.filter(
            pk__in=list(self.supervisor.runs), stop_requested_at__isnull=False
        )
        for number, user in asked.values_list("pk", "stop_requested_by"):
            run = self.supervisor.runs.get(number)
            if run is not None:
                run.stop(State.STOPPED, stop_reason(user))

    def _store_details(self) -> None:
        """Store pid, progress and level counts of runs that take a while."""
        for run in self.open_runs:
            fresh = run.take_details()
            if fresh:
                LaunchReport.objects.filter(
                    pk=run.job.report_id, worker=self.name, state=State.RUNNING
                ).update(**fresh)

    def _store_ends(self, runs: list[Run]) -> None:
        endings = [
            Ending(
                run.job.report_id,
                run.outcome,
                dict(run.recorder.counts),
                run.pid,
                run.progress,
            )
            for run in runs
            if run.outcome is not None
        ]
        self.finished += finish_runs(self.name, endings)


class Patience:
    """What to do while the database is away: wait, longer each time, then reconnect."""

    FIRST, LONGEST = 0.2, 5.0

    def __init__(self) -> None:
        self._delay = self.FIRST
        self.away_since: float | None = None

    def trouble(self, error: Exception) -> None:
        """Note one failure, drop the connections and wait."""
        if self.away_since is None:
            self.away_since = time.monotonic()
            logger.error("The database is away: %s", error)
        for connection in connections.all(initialized_only=True):
            with contextlib.suppress(*DATABASE_TROUBLE):
                connection.close()
        time.sleep(self._delay)
        self._delay = min(self._delay * 2, self.LONGEST)

    def fine(self) -> float:
        """Note success; return how many seconds the database had been away."""
        if self.away_since is None:
            return 0.0
        away = time.monotonic() - self.away_since
        self._delay, self.away_since = self.FIRST, None
        logger.info("The database is back after %.1f s.", away)
        return away


class Grace:
    """When the others may be judged: not right after this process itself was held up.

    A database that was away or locked held them up too, so they get a lease in which to
    say that they live. They get one between two judgements: else a machine on which every
    step is slow would never close what a dead worker left.
    """

    def __init__(self, now: float) -> None:
        """`now` and all times here are seconds of a monotonic clock."""
        self._seen = now
        self._until = now
        self._given = False

    def look(self, now: float) -> bool:
        """Note that this process works; return whether the others may be judged."""
        lease = float(option("LEASE_SECONDS"))
        if now - self._seen > lease / 2 and not self._given:
            self._given, self._until = True, now + lease
        self._seen = now
        return now >= self._until

    def judged(self) -> None:
        """They have been judged: the next hold-up brings them a new lease."""
        self._given = False
