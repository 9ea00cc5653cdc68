"""Real Celery workers for tests that kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

SYSTEM = Path(__file__).resolve().parent.parent.parent
PATIENCE = 180.0
"""Seconds; what is waited for takes 20 of them on a machine that is busy, and one of CI's was three times slower."""


@contextmanager
def worker(
    queues: str, pool: str = "solo", processes: int | str = 1, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Celery worker on the test's database and Redis, alone in its process unless told otherwise.

    It is killed with all it started when the block ends.
    """
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings",
        "DB_NAME": str(connection.settings_dict["NAME"]),
        **environment,
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "printer_inventory",
        "worker",
        "-Q",
        queues,
        "-P",
        pool,
        "-c",
        str(processes),
    ]
    process = subprocess.Popen([*command, "--loglevel", "warning"], cwd=SYSTEM, env=values, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and its children as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Look until the condition holds; fail with what was waited for."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s for {what}")
        time.sleep(0.02)
