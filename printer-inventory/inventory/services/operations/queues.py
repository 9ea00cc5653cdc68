"""The broker's queues: how many messages wait, and emptying them.

A message only wakes a worker; what is to be polled stands in the rows. So a long queue is a sign, never a backlog, and
emptying one loses no poll.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from inventory.services.operations import AwayError


def names() -> list[str]:
    """Return the queues that are ours, as the settings name them."""
    return [str(queue.name) for queue in settings.CELERY_TASK_QUEUES]


@contextmanager
def broker() -> Iterator[Any]:
    """Yield a connection that has been made; raise AwayError instead of trying for ever, as Celery does by itself."""
    with current_app.connection_for_read() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            yield connection
        except (OperationalError, OSError) as error:
            raise AwayError(_words(connection, error)) from error


def lengths(queues: Sequence[str] | None = None) -> dict[str, int]:
    """Return how many messages wait in each queue (ours, unless named); raise AwayError without a broker."""
    with broker() as connection:
        return {name: _length(connection, name) for name in (names() if queues is None else queues)}


def purge(queues: Sequence[str]) -> dict[str, int]:
    """Throw the waiting messages of these queues away; return how many. Raises ValueError for a queue that is not ours."""
    if foreign := sorted(set(queues) - set(names())):
        raise ValueError(f"not a queue of Printer Inventory: {', '.join(foreign)}")
    with broker() as connection:
        # A queue that nobody has used yet is unknown to the broker; there is nothing in it.
        return {
            name: int(connection.default_channel.queue_purge(name) or 0) for name in queues if _length(connection, name)
        }


def _length(connection: Any, name: str) -> int:
    with connection.channel() as channel:
        try:
            return int(channel.queue_declare(name, passive=True).message_count)
        except connection.channel_errors:
            return 0


def _words(connection: Any, error: Exception) -> str:
    return (
        f"The broker at {connection.as_uri()} is away ({error.__cause__ or error}). Printers that are due are polled when it is "
        "back. Is Redis running, and do REDIS_HOST, REDIS_PORT and REDIS_PASSWORD say where?"
    )
