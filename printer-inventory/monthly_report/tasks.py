"""Celery tasks of the month. They carry no state: which months are open is in the rows."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from monthly_report.services import glpi_export, glpi_export_jobs
from monthly_report.services.mailing import mail_last_month
from monthly_report.services.syncing import sync_open_months


@shared_task(soft_time_limit=240, time_limit=300)
def sync_months() -> dict[str, int]:
    """Take what polls have read over into every open month that polls fill; run twice at once, the months take turns."""
    results = sync_open_months(timezone.now())
    return {f"{result.month:%Y-%m}": len(result.updated) for result in results}


@shared_task(soft_time_limit=240, time_limit=300)
def mail_month_before() -> bool:
    """Write the mail of the month before once it is closed and published; the outbox sends it. Run again, it is the same mail."""
    return mail_last_month(timezone.now()) is not None


@shared_task
def run_glpi_export() -> bool:
    """Work on the export to GLPI that waits; the rest is asked for anew."""
    worked = glpi_export_jobs.run_next()
    if worked:
        glpi_export.tell_worker()
    return worked
