"""Jobs done in slices under a lease: taken by one worker, renewed with every part that is kept, handed back, ended.

Any number of workers may call `Desk.run_next`. A worker that dies loses the part it was at; the next one goes on when the lease
is over, and a job that three of them died of is lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_stubs_ext import StrOrPromise

from inventory.models import JobState
from inventory.models.leased import LeasedJob

logger = logging.getLogger(__name__)
SLICE_SECONDS: Final = 60.0
LEASE: Final = timedelta(minutes=5)
MOST_ATTEMPTS: Final = 3
Job = TypeVar("Job", bound=LeasedJob)


class StoppedError(Exception):
    """The job was stopped, or another worker has it."""


@dataclass(frozen=True, slots=True)
class Desk(Generic[Job]):
    """Where jobs of one kind wait. `lost` is said of one that its workers died of; `failures` end a job with their text."""

    model: type[Job]
    lost: StrOrPromise
    failures: tuple[type[Exception], ...] = ()
    related: tuple[str, ...] = ()

    def run_next(self, works: Mapping[str, Callable[[Job, float], bool]], seconds: float) -> bool:
        """Work on the oldest job that waits for about `seconds`; return False when none does.

        `works` has by task what does a slice until a monotonic time, and returns whether the job is done.
        """
        job = self._take(timezone.now())
        if job is None:
            return False
        try:
            finished = works[job.task](job, time.monotonic() + seconds)  # type: ignore[attr-defined] # each kind has its own tasks
        except StoppedError:
            logger.info("%s %d was stopped.", self.model.__name__, job.pk)
        except self.failures as error:
            self._end(job, JobState.FAILED, str(error))
        else:
            if finished:
                self._end(job, JobState.DONE)
            else:
                self.mine(job).update(state=JobState.QUEUED, lease_until=None, attempt=0)
        return True

    def mine(self, job: Job) -> QuerySet[Job]:
        """Return the job's row as long as it is this worker's."""
        rows = self.model._default_manager  # noqa: SLF001 - documented by Django under this name
        return rows.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)

    def renew(self, job: Job) -> None:
        """Keep how far the job is and hold it on, inside a transaction with what was done; StoppedError when it is not ours."""
        if not self.mine(job).update(done=job.done, total=job.total, lease_until=timezone.now() + LEASE):
            raise StoppedError

    def _take(self, now: datetime) -> Job | None:
        with transaction.atomic():
            free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lte=now)
            rows = self.model._default_manager.select_for_update(skip_locked=True, of=("self",)).filter(free)  # noqa: SLF001 - as above
            job = rows.select_related(*self.related).order_by("requested_at", "pk").first()
            if job is None:
                return None
            if job.attempt >= MOST_ATTEMPTS:
                job.state, job.finished_at, job.lease_until = JobState.LOST, now, None
                job.reason = str(self.lost)
            else:
                job.state, job.attempt, job.lease_until = JobState.RUNNING, job.attempt + 1, now + LEASE
            job.save(update_fields=["state", "attempt", "lease_until", "finished_at", "reason"])
        return job if job.state == JobState.RUNNING else self._take(now)

    def _end(self, job: Job, state: JobState, reason: str = "") -> None:
        self.mine(job).update(state=state, reason=reason[:500], finished_at=timezone.now(), lease_until=None)
