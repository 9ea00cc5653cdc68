"""Who may run, stop and read."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from eztaskmanager.settings import option

ACTIONS = {
    "run": ("eztaskmanager.run_task", "eztaskmanager.change_task"),
    "stop": ("eztaskmanager.stop_task", "eztaskmanager.change_task"),
    "read": ("eztaskmanager.view_launchreport", "eztaskmanager.change_task"),
    "view": ("eztaskmanager.view_task", "eztaskmanager.change_task"),
    "change": ("eztaskmanager.change_task",),
}


def may(user: Any, action: str, task: Any = None) -> bool:
    """Say whether a user may `run`, `stop`, `read` the logs of, `view` or `change` a task.

    Who may change a task may do all of it: setting its schedule has the same effect.
    EZTASKMANAGER_PERMISSION_CHECK names a function that decides instead.
    """
    if chosen := option("PERMISSION_CHECK"):
        return bool(import_string(chosen)(user, action, task))
    return any(user.has_perm(permission) for permission in ACTIONS[action])
