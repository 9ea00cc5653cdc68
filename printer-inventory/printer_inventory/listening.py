"""A worker that has stopped taking messages starts itself anew.

Celery's consumer can go deaf after its connection to Redis was lost several times within seconds: the process lives, logs
nothing and takes nothing until somebody restarts it (celery issues 8030, 8091, 10205). Leases bring its work back, but
only to a worker that listens.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import redis
from celery.worker import state
from django.conf import settings

logger = logging.getLogger(__name__)

LOOKS: Final = 6
"""In a row, before a worker counts as deaf: messages wait, it has no work and has taken none."""


@dataclass(slots=True)
class Deafness:
    """Judges looks at a worker, one after the other."""

    taken: int = -1
    in_a_row: int = 0

    def look(self, waiting: int, working: int, taken: int) -> bool:
        """Say whether the worker is deaf: `waiting` messages in its queues, `working` and `taken` tasks in hand and ever."""
        if waiting and not working and taken == self.taken:
            self.in_a_row += 1
        else:
            self.in_a_row = 0
        self.taken = taken
        return self.in_a_row >= LOOKS


def waiting_in(client: redis.Redis, queues: Sequence[str]) -> int:
    """Return how many messages wait in these queues; none while Redis is away, which is no worker's fault."""
    try:
        return sum(client.llen(queue) for queue in queues)
    except redis.RedisError:
        return 0


def watch(queues: Callable[[], Sequence[str]], seconds: float, start_anew: Callable[[], Any]) -> None:
    """Look at this worker until it is deaf for about `seconds`; then call `start_anew`."""
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=1, socket_timeout=5)
    deafness = Deafness()
    while True:
        time.sleep(seconds / LOOKS)
        working = len(state.reserved_requests) + len(state.active_requests)
        if deafness.look(waiting_in(client, queues()), working, state.all_total_count[0]):
            logger.critical("This worker takes no messages though they wait for it; it starts itself anew.")
            start_anew()


def start_anew(children: Iterable[int]) -> None:
    """Become a new process of the same command under the same number, for whatever supervises it; without the old children."""
    for child in children:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command line, as it was given


def keep_listening(consumer: Any) -> None:
    """Watch over a worker from the time it takes messages; once is enough, however often it connects."""
    name, seconds = "listening", float(settings.WORKER_DEAF_SECONDS)
    if seconds <= 0 or any(thread.name == name for thread in threading.enumerate()):
        return

    def queues() -> list[str]:
        return [queue.name for queue in consumer.task_consumer.queues]

    def anew() -> None:
        start_anew(set(consumer.pool.info.get("processes", ())) - {os.getpid()})

    threading.Thread(target=watch, args=(queues, seconds, anew), name=name, daemon=True).start()
