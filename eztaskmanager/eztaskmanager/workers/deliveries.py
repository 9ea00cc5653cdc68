"""Sends notifications beside the supervisor, so that a slow mail server stops no run."""

from __future__ import annotations

import logging
import threading

from django.db import connections

from eztaskmanager.running.supervisor import DATABASE_TROUBLE
from eztaskmanager.services.delivery import deliver_pending

logger = logging.getLogger(__name__)
EVERY_SECONDS = 5.0


class Deliverer:
    """A thread that delivers what is pending: when woken, and every few seconds."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(
            target=self._loop, name="eztaskmanager-deliveries", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look now: something has ended."""
        self._woken.set()

    def stop(self) -> None:
        """Deliver what is left, for a few seconds at most."""
        self._stopped = True
        self._woken.set()
        self._thread.join(timeout=EVERY_SECONDS)

    def _loop(self) -> None:
        while not self._stopped:
            self._woken.wait(EVERY_SECONDS)
            self._woken.clear()
            try:
                deliver_pending()
            except DATABASE_TROUBLE as error:
                logger.warning("Notifications wait: %s", error)
                connections.close_all()
        connections.close_all()
