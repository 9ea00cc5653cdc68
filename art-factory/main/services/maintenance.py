"""Art Factory's own upkeep as tasks of eztaskmanager: adding one is adding a row here and running `load_seed_data`."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from eztaskmanager.models import AppCommand, LaunchReport, Task
from eztaskmanager.services.context import acting
from eztaskmanager.services.queues import get_task_service
from eztaskmanager.services.transfer import import_tasks
from eztaskmanager.states import Overlap, State


@dataclass(frozen=True)
class Chore:
    """A management command that the clock runs, or a person. `cron` has five fields, in the server's zone; empty: by hand."""

    name: str
    command: str
    argv: tuple[str, ...] = ()
    cron: str = ""
    note: str = ""
    app: str = "main"
    timeout: int = 3600

    def row(self) -> dict[str, Any]:
        """Return it as eztaskmanager's import takes it. A second run of the same chore is never of use."""
        return {
            "name": self.name,
            "app": self.app,
            "command": self.command,
            "argv": list(self.argv),
            "arguments": ", ".join(self.argv),
            "category": "Upkeep",
            "cron": self.cron,
            "note": self.note,
            "timeout": self.timeout,
            "overlap": Overlap.SKIP.value,
        }


CHORES: Final = (
    Chore(
        "Check up",
        "doctor",
        cron="15 * * * *",
        note="Keys, disk, database, workers; fails when something is wrong.",
        timeout=300,
    ),
    Chore(
        "Sweep orphans",
        "verify_media",
        ("--delete-orphans",),
        cron="40 3 * * *",
        note="Files that no product knows; fails when a product's file is gone.",
    ),
    Chore(
        "Empty the trash",
        "purge_trash",
        ("--older-than", "30"),
        cron="50 3 * * *",
        note="What has been in the trash for 30 days.",
    ),
    Chore(
        "Look for near duplicates",
        "find_duplicates",
        cron="10 4 * * *",
        note="Pairs to look at, on the page Near duplicates.",
    ),
    Chore("Make missing thumbnails", "rebuild_thumbnails", ("--missing",), cron="0 4 * * *"),
    Chore(
        "Back up",
        "backup",
        ("--keep", "7"),
        cron="30 4 * * *",
        note="Rows and originals; the last seven are kept (BACKUP_ROOT).",
    ),
    Chore(
        "Free what dead workers hold",
        "fix_orphaned_orders",
        cron="*/30 * * * *",
        note="The foreman does it too while one works.",
    ),
    Chore("Forget ended sessions", "clearsessions", cron="45 3 * * *", app="django.contrib.sessions"),
)


def bootstrap_tasks(chores: tuple[Chore, ...] = CHORES) -> list[str]:
    """Make the tasks that are missing and start their schedules; return the names of those that were made.

    A task that is there, by name, is left as people have set it: one that is not wanted is paused, not deleted.
    """
    there = set(Task.objects.filter(name__in=[chore.name for chore in chores]).values_list("name", flat=True))
    missing = [chore for chore in chores if chore.name not in there]
    if not missing:
        return []
    call_command("collectcommands", excludecore=True, deactivate_missing=True, stdout=StringIO())
    with transaction.atomic(), acting("load_seed_data"):
        for chore in missing:
            AppCommand.objects.get_or_create(app_name=chore.app, name=chore.command)
        import_tasks({"format": "eztaskmanager-tasks/1", "tasks": [chore.row() for chore in missing]})
        for task in Task.objects.filter(name__in=[chore.name for chore in missing if chore.cron]):
            get_task_service().add(task)
    return [chore.name for chore in missing]


def is_due() -> bool:
    """Say whether a task waits or its time has come, so that somebody should run it."""
    waiting = LaunchReport.objects.filter(state=State.QUEUED, service="Database")
    return Task.objects.filter(paused=False, next_due__lte=timezone.now()).exists() or waiting.exists()
