"""Upkeep without a process of its own: the server starts eztaskmanager's worker when a task is due, and it ends by itself.

Whoever runs `manage.py ezworker` all the time leaves nothing to do here.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from django.conf import settings

from main.services.maintenance import is_due

logger = logging.getLogger(__name__)
EVERY: Final = 60.0


class Upkeep:
    """Looks once a minute whether a maintenance task is due."""

    def __init__(self) -> None:
        """Look for the first time after one minute: a start has better things to do."""
        self._next = time.monotonic() + EVERY
        self._child: subprocess.Popen[bytes] | None = None

    def look(self, *, now: bool = False) -> bool:
        """Start a worker when one is needed and none of ours runs; say whether it was started."""
        if self._child is not None and self._child.poll() is None:
            return False
        if not now and time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + EVERY
        if not is_due():
            return False
        command = [sys.executable, "manage.py", "ezworker", "--burst", "--concurrency", "1"]
        self._child = subprocess.Popen(
            command, cwd=Path(settings.BASE_DIR), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        logger.info("A maintenance task is due: a worker runs it")
        return True

    def wait(self, seconds: float) -> int | None:
        """Return the exit code of the worker that was started, when it ends in time."""
        return None if self._child is None else self._child.wait(seconds)
