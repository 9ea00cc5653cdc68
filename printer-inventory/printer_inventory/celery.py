"""Celery application: `celery -A printer_inventory worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "printer_inventory.settings")

app = Celery("printer_inventory")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def watch_over_it(sender: Any, **_: Any) -> None:
    """Watch over a worker; what that takes is loaded by workers alone."""
    from printer_inventory.listening import keep_listening

    keep_listening(sender)


worker_ready.connect(watch_over_it)
