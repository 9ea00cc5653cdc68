"""The system's own upkeep as tasks of eztaskmanager: adding one is adding a row here and running `bootstrap_tasks`."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from django.core.management import call_command
from django.db import transaction
from eztaskmanager.models import AppCommand, Task, TaskLink
from eztaskmanager.services.context import acting
from eztaskmanager.services.queues import get_task_service
from eztaskmanager.services.transfer import import_tasks
from eztaskmanager.states import ChainRule, Overlap

CHECKS: Final = "Checks"
UPKEEP: Final = "Upkeep"


@dataclass(frozen=True)
class Chore:
    """A management command that a person or the clock runs.

    `cron` has five fields, in the server's time zone; empty: only when somebody asks. `then` names the chore that runs
    when this one fails. `timeout` is seconds.
    """

    name: str
    command: str
    argv: tuple[str, ...] = ()
    category: str = UPKEEP
    cron: str = ""
    note: str = ""
    app: str = "inventory"
    timeout: int = 600
    then: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as eztaskmanager's import takes it. A second run of the same chore is never of use."""
        return {
            "name": self.name,
            "app": self.app,
            "command": self.command,
            "argv": list(self.argv),
            "arguments": ", ".join(self.argv),
            "category": self.category,
            "cron": self.cron,
            "note": self.note,
            "timeout": self.timeout,
            "overlap": Overlap.SKIP.value,
        }


CHORES: Final = (
    Chore(
        "Check polling",
        "check_inventory_tasks",
        ("--hours", "24", "--show-queue"),
        CHECKS,
        cron="5 * * * *",
        note="Fails when polls are stuck; then the diagnosis runs.",
        then="Diagnose polling",
    ),
    Chore("Diagnose polling", "diagnose_daemon", category=CHECKS, note="Every link from the database to the logs."),
    Chore("Look at the workers", "celery_monitor", category=CHECKS, note="Celery's workers and queues."),
    Chore("Look at Redis", "redis_management", ("--action", "stats"), CHECKS, note="Keys, memory, hits."),
    Chore(
        "Thin out old polls",
        "cleanup_old_tasks",
        cron="30 3 * * sun",
        note="Beat thins out every night; this also gives the room back. Each day's last good reading stays.",
        timeout=7200,
    ),
    Chore("What thinning out would delete", "cleanup_old_tasks", ("--dry-run",), note="Counts, and deletes nothing."),
    Chore(
        "What recomputing would change",
        "recompute_counters",
        ("--dry-run",),
        cron="15 4 * * mon",
        note="Lists counters that an older rule derived.",
        timeout=7200,
    ),
    Chore(
        "Recompute counters",
        "recompute_counters",
        note="Changes billed figures: look at what it would change first. Raw readings stay as they are.",
        timeout=7200,
    ),
    Chore("Forget ended sessions", "clearsessions", cron="45 3 * * *", app="django.contrib.sessions"),
    Chore("Correct the roles", "bootstrap_roles", app="access", note="Groups get exactly their roles' permissions."),
)


def bootstrap_tasks(chores: tuple[Chore, ...] = CHORES) -> list[str]:
    """Make the tasks that are missing and start their schedules; return the names of those that were made.

    A task that is there, by name, is left as people have set it: one that is not wanted is paused, not deleted.
    """
    call_command("collectcommands", excludecore=True, deactivate_missing=True, stdout=StringIO())
    with transaction.atomic(), acting("bootstrap_tasks"):
        there = set(Task.objects.filter(name__in=[chore.name for chore in chores]).values_list("name", flat=True))
        missing = [chore for chore in chores if chore.name not in there]
        for chore in missing:
            if not AppCommand.objects.filter(app_name=chore.app, name=chore.command).exists():
                AppCommand.objects.create(app_name=chore.app, name=chore.command)
        import_tasks({"format": "eztaskmanager-tasks/1", "tasks": [chore.row() for chore in missing]})
        for chore in missing:
            _connect(chore)
    return [chore.name for chore in missing]


def _connect(chore: Chore) -> None:
    """Start a new task's schedule, and chain what follows its failure."""
    task = Task.objects.get(name=chore.name)
    if chore.cron:
        get_task_service().add(task)
    if chore.then:
        following = Task.objects.filter(name=chore.then).first()
        if following is not None:
            TaskLink.objects.create(source=task, target=following, rule=ChainRule.FAILURE)
