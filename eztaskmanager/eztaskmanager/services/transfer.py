"""Tasks as JSON: for review beside the code, and for moving between environments."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_datetime, parse_time

from eztaskmanager.models import AppCommand, Task, TaskCategory, TaskLink
from eztaskmanager.schedule.plan import PlanError
from eztaskmanager.services import audit
from eztaskmanager.services.scheduler import plan_of

PLAIN = (
    "arguments",
    "argv",
    "note",
    "repetition_period",
    "repetition_rate",
    "cron",
    "time_zone",
    "on_gap",
    "on_repeat",
    "paused",
    "jitter",
    "overlap",
    "missed",
    "missed_limit",
    "queue",
    "priority",
    "timeout",
    "stop_grace",
    "log_level",
    "retries",
    "retry_delay",
    "retry_codes",
    "retry_lost",
    "expected_within",
)
TIMES = {
    "scheduling": parse_datetime,
    "ends_at": parse_datetime,
    "window_start": parse_time,
    "window_end": parse_time,
}
MAX_TASKS = 10_000


class TransferError(Exception):
    """A file that cannot be read as tasks; the text says where and why."""


def export_tasks() -> dict[str, Any]:
    """Return all tasks, by name; schedules are told, not whether they are started."""
    tasks = []
    chosen = Task.objects.select_related("command", "category").order_by("name", "pk")
    for task in chosen.prefetch_related("next_links__target__command"):
        row: dict[str, Any] = {
            **_name_of(task),
            "category": task.category.name if task.category else None,
        }
        row |= {name: getattr(task, name) for name in PLAIN}
        for name in TIMES:
            value = getattr(task, name)
            row[name] = value.isoformat() if value else None
        links = task.next_links.all()
        row["next"] = [{**_name_of(link.target), "rule": link.rule} for link in links]
        tasks.append(row)
    return {"format": "eztaskmanager-tasks/1", "tasks": tasks}


def _name_of(task: Task) -> dict[str, str]:
    """Return what a task is found by in another project."""
    return {
        "name": task.name,
        "app": task.command.app_name,
        "command": task.command.name,
    }


def _find(row: Any) -> Task | None:
    """Return the task a row names."""
    return Task.objects.filter(
        name=row["name"], command__app_name=row["app"], command__name=row["command"]
    ).first()


def import_tasks(content: Any) -> tuple[int, int]:
    """Make tasks, or change those with the same name and command; return both counts.

    All or none: TransferError names the first task that does not fit.
    """
    if (
        not isinstance(content, dict)
        or content.get("format") != "eztaskmanager-tasks/1"
    ):
        raise TransferError("This is no file of eztaskmanager's tasks.")
    rows = content.get("tasks")
    if not isinstance(rows, list) or len(rows) > MAX_TASKS:
        raise TransferError("tasks must be a list.")
    made = 0
    with transaction.atomic():
        # Chains last: a task may be followed by one that comes later in the file.
        for step in (_import, _import_chain):
            for number, row in enumerate(rows, 1):
                try:
                    made += step(row)
                except (
                    KeyError,
                    TypeError,
                    ValueError,
                    ValidationError,
                    PlanError,
                ) as error:
                    raise TransferError(f"Task {number}: {error}") from error
    return made, len(rows) - made


def _import_chain(row: Any) -> bool:
    """Make what follows a task what its row says, if it says it; no new task."""
    if "next" not in row:
        return False
    source = _find(row)
    TaskLink.objects.filter(source=source).delete()
    for following in row["next"]:
        target = _find(following)
        if target is None:
            raise ValueError(f"there is no task {following['name']} to follow it")
        link = TaskLink(source=source, target=target, rule=following["rule"])
        link.full_clean()
        link.save()
    return False


def _import(row: Any) -> bool:
    """Store one task; return whether it is new."""
    if not isinstance(row, dict):
        raise TypeError("is no object")
    known = {"name", "app", "command", "category", "next", *PLAIN, *TIMES}
    unknown = set(row) - known
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    command = AppCommand.objects.filter(
        app_name=row["app"], name=row["command"]
    ).first()
    if command is None:
        raise ValueError(f"there is no command {row['app']}: {row['command']}")
    task = Task.objects.filter(name=row["name"], command=command).first()
    is_new = task is None
    task = task or Task(name=row["name"], command=command)
    for name in PLAIN:
        if name in row:
            setattr(task, name, row[name])
    for name, parse in TIMES.items():
        if name in row:
            setattr(task, name, parse(row[name]) if row[name] else None)
    if row.get("category"):
        task.category, _ = TaskCategory.objects.get_or_create(name=row["category"])
    task.full_clean()
    plan_of(task)
    task.save()
    audit.record("import", task)
    return is_new
