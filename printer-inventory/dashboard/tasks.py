"""Celery tasks of the dashboard. They carry no state: marks, alarms and runs are rows."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dashboard.services import alarms, counting, forecasting, incidents, mails


@shared_task(soft_time_limit=1500, time_limit=1800)
def count_days() -> dict[str, int]:
    """Count what is not counted yet, and today again; once a day, forecast supplies."""
    now = timezone.now()
    return {"days": counting.count(now), "forecasts": forecasting.forecast_all(now)}


@shared_task
def watch_fleet() -> dict[str, int]:
    """Follow what printers complain about, and look at the alert rules."""
    now = timezone.now()
    incidents.follow(now)
    return alarms.watch(now)


@shared_task
def write_supplies_mails() -> int:
    """Write the supplies mails that are due."""
    return mails.dispatch(timezone.now())
