"""Raising and clearing the alarm that nothing is read any more. Health, metrics and the fleet's page say the same without it."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from inventory.models import FleetAlarm
from inventory.services import fleet_health

logger = logging.getLogger(__name__)


def watch(now: datetime) -> FleetAlarm | None:
    """Raise the alarm when no printer was read for NO_SUCCESS_ALARM, clear it when one was; return the open one.

    Any number of callers may watch: there is one open alarm at most, and each is told in the log once.
    """
    stands = fleet_health.standing(now)
    if not stands.standstill:
        for over in FleetAlarm.objects.filter(cleared_at=None):
            if FleetAlarm.objects.filter(pk=over.pk, cleared_at=None).update(cleared_at=now):
                logger.warning("Printers are read again, after an alarm of %s.", now - over.raised_at)
        return None
    minutes = int(settings.NO_SUCCESS_ALARM.total_seconds() // 60)
    text = (
        f"No successful poll for {minutes} minutes: {stands.active} active printers, {stands.overdue} overdue, "
        f"{stands.running} being asked, {stands.expired} leases run out."
    )
    made = FleetAlarm(raised_at=now, text=text, last_success_at=stands.last_success_at)
    FleetAlarm.objects.bulk_create([made], ignore_conflicts=True)  # not while one is open
    alarm = FleetAlarm.objects.filter(cleared_at=None).first()
    if alarm is not None and alarm.raised_at == now:
        logger.error("%s See `manage.py diagnose_daemon`.", text)
    return alarm
