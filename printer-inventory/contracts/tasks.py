"""Celery tasks of the contracts. They carry no state: what waits stands in rows."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from contracts.models import ContractDevice
from contracts.services import autopoll, autopoll_jobs, cartridge_sessions, import_jobs, import_sessions, linking


@shared_task(soft_time_limit=1500, time_limit=1800)
def run_imports() -> bool:
    """Look through or apply the oldest import that waits; the rest is asked for anew."""
    worked = import_jobs.run_next()
    if worked:
        import_sessions.tell_worker()
    return worked


@shared_task
def run_autopoll() -> bool:
    """Work on the candidates that wait to be looked up in GLPI or asked; the rest is asked for anew."""
    worked = autopoll_jobs.run_next()
    if worked:
        autopoll.tell_worker()
    return worked


@shared_task
def link_new_devices() -> dict[str, int]:
    """Link what has become linkable: a printer whose first answer has told its serial number, a device that was added."""
    return linking.link_devices(linking.linkable()).totals()


@shared_task
def auto_link_devices_task() -> dict[str, int]:
    """Once a day: link devices that have no printer to the printers of their serial numbers, and forget old imports."""
    for sessions in (import_sessions, cartridge_sessions):
        sessions.forget_old(timezone.now(), settings.KEEP_ALL_DAYS)
    return linking.link_devices(ContractDevice.objects.filter(printer=None)).totals()
