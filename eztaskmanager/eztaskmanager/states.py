"""The words for what a run is doing, and the verdicts and statuses of the original."""

from __future__ import annotations

from django.db.models import TextChoices


class State(TextChoices):
    """Where a run stands. `QUEUED` and `RUNNING` are open, the others are final."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    STOPPED = "stopped", "stopped"
    LOST = "lost", "lost"


OPEN_STATES = (State.QUEUED, State.RUNNING)


class Trigger(TextChoices):
    """What asked for a run."""

    MANUAL = "manual", "by hand"
    SCHEDULE = "schedule", "schedule"
    RETRY = "retry", "retry"
    CHAIN = "chain", "after another task"
    API = "api", "API"
    COMMAND = "command", "command line"


class Stream(TextChoices):
    """Where a log line came from; `SYSTEM` lines are this package's own."""

    LOG = "log", "log"
    STDOUT = "stdout", "stdout"
    STDERR = "stderr", "stderr"
    SYSTEM = "system", "system"


class Overlap(TextChoices):
    """What happens to a due run while the task still runs."""

    ALLOW = "allow", "run side by side"
    QUEUE = "queue", "wait for the one before"
    SKIP = "skip", "skip this one"
    STOP = "stop", "stop the one before"


class Missed(TextChoices):
    """What happens to due times that passed while no worker was there."""

    ONCE = "once", "run once"
    SKIP = "skip", "skip them"
    ALL = "all", "run all"


class Gap(TextChoices):
    """A due time that does not exist on the day the clock goes forward."""

    AFTER = "after", "run right after the gap"
    SKIP = "skip", "skip that day"


class Repeated(TextChoices):
    """A due time that comes twice on the day the clock goes back."""

    ONCE = "once", "run once, the first time"
    TWICE = "twice", "run both times"


class ChainRule(TextChoices):
    """When a task starts the next one."""

    SUCCESS = "success", "after success"
    FAILURE = "failure", "after failure"
    ALWAYS = "always", "whatever the result"
