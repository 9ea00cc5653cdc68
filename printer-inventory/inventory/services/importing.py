"""Storing a reading that no sweep has leased: from an agent's file, or one that waited in quarantine.

It goes the way of every poll: a poll row, the rules, one transaction; one row per printer and time, so importing a
folder twice stores it once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from inventory.models import InventoryTask, JobState, PollSchedule, Printer, Trigger, Verdict
from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.targets import PollOutcome
from inventory.rules.identity import normal_mac, normal_serial
from inventory.services import notifying, rollups
from inventory.services.identity import own_serial
from inventory.services.judging import Judged, history_limits, judge
from inventory.services.leases import Lease, facts_for
from inventory.services.storing import record, write

SKEW: Final = timedelta(minutes=5)
BESIDE: Final = timedelta(microseconds=1)


class FutureReadingError(ValueError):
    """The reading says it was made later than now."""


def store_reading(
    printer: Printer,
    reading: DeviceReading,
    when: datetime,
    user_id: int | None = None,
    trigger: Trigger = Trigger.IMPORT,
) -> Judged | None:
    """Judge and store a reading made at `when`; return None when there is one of this printer and time already.

    A reading older than the last believed one becomes history and changes nothing of how the printer stands. Raise
    FutureReadingError for one from the future, which would make all later ones too old.
    """
    now = timezone.now()
    if when > now + SKEW:
        raise FutureReadingError(f"the reading is from {when:%Y-%m-%d %H:%M}, which has not come yet")
    when = min(when, now)
    with transaction.atomic(), connection.cursor() as cursor:
        schedule = PollSchedule.objects.select_for_update().get(pk=printer.pk)
        if InventoryTask.objects.filter(printer=printer, due_at__in=(when, when + BESIDE)).exists():
            return None
        task = InventoryTask.objects.create(
            printer=printer,
            # The due time the printer waits for is its own poll's; taken, it could never be leased again.
            due_at=when + BESIDE if schedule.due_at == when else when,
            state=JobState.DONE,
            trigger=trigger,
            requested_by_id=user_id,
            attempt=1,
        )
        lease = facts_for(printer.pk, task.pk)
        outcome = PollOutcome(key=printer.pk, reading=reading)
        if lease.believed is not None and when <= lease.believed.at:
            judged = _judge_old(lease, outcome, when)
            record(cursor, [judged], when)
        else:
            judged = judge(lease, outcome, when, history_limits())
            write(cursor, [judged], when)
        rollups.refresh(printer.pk, when)
        transaction.on_commit(lambda: notifying.polls_stored([judged], when))
    return judged


def find_printer(reading: DeviceReading, address: str) -> Printer | None:
    """Return the printer in use that a reading is of: by serial number, else MAC address, else where it was asked.

    Found by its address alone it still has to be the device on file: the rules say so. Two printers at one address, on
    two ports, are told apart by nothing else, so neither is taken.
    """
    printers = Printer.objects.filter(is_active=True)
    if normal_serial(reading.serial):
        if found := printers.filter(serial_number__iexact=own_serial(reading)).first():
            return found
    elif (mac := normal_mac(reading.mac)) and (found := printers.filter(mac_address=mac).first()):
        return found
    here = list(printers.filter(ip_address=address)[:2]) if address else []
    return here[0] if len(here) == 1 else None


def _judge_old(lease: Lease, outcome: PollOutcome, when: datetime) -> Judged:
    """Judge a reading that lies before the last believed one: the same device, and no figure above what came later."""
    judged = judge(replace(lease, believed=None), outcome, when, history_limits())
    later = lease.believed.figures().get("total") if lease.believed else None
    total = judged.derived.total
    if judged.accepted and total is not None and later is not None and total > later:
        text = f"total is {total}, more than the {later} of a later reading."
        return replace(judged, verdict=Verdict.HISTORICAL_INCONSISTENCY, error=text)
    return judged
