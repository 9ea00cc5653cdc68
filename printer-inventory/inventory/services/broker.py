"""Waking workers: a message only says that a row waits, so losing one costs time and nothing else."""

from __future__ import annotations

import logging
from typing import Any, Final

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

MESSAGE_LIFETIME: Final = 600
"""Seconds; by then a tick of the schedule has found what waits."""


def wake(task: str, queue: str, *arguments: Any) -> bool:
    """Publish a task by its name, without retrying; return whether the broker took it."""
    try:
        # Nobody reads the result, and asking for one would wait for the result store as well.
        current_app.send_task(
            task, args=arguments, queue=queue, retry=False, expires=MESSAGE_LIFETIME, ignore_result=True
        )
    except OperationalError as error:
        logger.warning("The broker is away (%s); %s runs when it is back.", type(error).__name__, task)
        return False
    return True
