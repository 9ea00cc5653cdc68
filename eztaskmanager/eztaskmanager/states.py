"""The words for what a run is doing, and the verdicts and statuses of the original."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a run stands. `QUEUED` and `RUNNING` are open, the others are final."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    STOPPED = "stopped", _("stopped")
    LOST = "lost", _("lost")


OPEN_STATES = (State.QUEUED, State.RUNNING)


class Trigger(TextChoices):
    """What asked for a run."""

    MANUAL = "manual", _("by hand")
    SCHEDULE = "schedule", _("schedule")
    RETRY = "retry", _("retry")
    CHAIN = "chain", _("after another task")
    API = "api", _("API")
    COMMAND = "command", _("command line")


class Stream(TextChoices):
    """Where a log line came from; `SYSTEM` lines are this package's own."""

    LOG = "log", _("log")
    STDOUT = "stdout", _("stdout")
    STDERR = "stderr", _("stderr")
    SYSTEM = "system", _("system")


class Overlap(TextChoices):
    """What happens to a due run while the task still runs."""

    ALLOW = "allow", _("run side by side")
    QUEUE = "queue", _("wait for the one before")
    SKIP = "skip", _("skip this one")
    STOP = "stop", _("stop the one before")


class Missed(TextChoices):
    """What happens to due times that passed while no worker was there."""

    ONCE = "once", _("run once")
    SKIP = "skip", _("skip them")
    ALL = "all", _("run all")


class Gap(TextChoices):
    """A due time that does not exist on the day the clock goes forward."""

    AFTER = "after", _("run right after the gap")
    SKIP = "skip", _("skip that day")


class Repeated(TextChoices):
    """A due time that comes twice on the day the clock goes back."""

    ONCE = "once", _("run once, the first time")
    TWICE = "twice", _("run both times")


class ChainRule(TextChoices):
    """When a task starts the next one."""

    SUCCESS = "success", _("after success")
    FAILURE = "failure", _("after failure")
    ALWAYS = "always", _("whatever the result")
