"""The record of who started, stopped and changed what."""

from __future__ import annotations

from typing import Any

from eztaskmanager.models import AuditEntry, Task
from eztaskmanager.services.context import current_actor


def record(
    action: str, task: Task | None, report_id: int | None = None, **detail: Any
) -> None:
    """Keep one action of the current actor; `detail` must be JSON."""
    AuditEntry.objects.create(
        user=current_actor().user,
        action=action,
        task=task,
        task_name=task.name if task else "",
        report_number=report_id,
        detail=detail,
    )
