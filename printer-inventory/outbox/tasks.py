"""Celery tasks of the outbox. They carry no state: what waits stands in rows."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from outbox.services import sending


@shared_task(soft_time_limit=540, time_limit=600)
def deliver() -> dict[str, int]:
    """Send the mails and webhooks that are due."""
    return sending.send_due(timezone.now())
