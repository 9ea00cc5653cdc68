"""Candidates for polling: devices of an applied import that could be polled, asked for, turned into printers, left out, undone.

A worker does what waits for others (`autopoll_jobs`); what a person decides is done at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import AutoPollCandidate, AutoPollJob, ContractDevice, DeviceModel, ImportSession
from contracts.rules import autopoll as rules
from contracts.services import history, linking
from inventory.models import OPEN_STATES, JobState, PollingMethod, Printer
from inventory.services import printers
from inventory.services.broker import wake
from inventory.services.requests import request_polls

MOST_AT_ONCE: Final = 1000
Status = AutoPollCandidate.Status


def eligible(session: ImportSession) -> QuerySet[ContractDevice]:
    """Return the devices of an applied import with a network port and a serial number that no printer in use has."""
    rows = session.rows.exclude(label="error")
    mine = Q(name__in=rows.exclude(target="").values("target")) | Q(
        pk__in=rows.filter(applied_device__isnull=False).values("applied_device")
    )
    polled = Printer.objects.filter(is_active=True).annotate(key=Upper("serial_number"))
    return (
        ContractDevice.objects.annotate(name=Cast("pk", CharField()))
        .filter(mine, is_active=True, printer=None, model__has_network_port=True)
        .exclude(serial_number="")
        .exclude(Exists(polled.filter(key=Upper(OuterRef("serial_number")))))
        .order_by("pk")
    )


def ask(session: ImportSession, task: str, user_id: int | None, only: Sequence[int] | None = None) -> AutoPollJob:
    """Queue work on the candidates of an applied import; while some is under way that one is returned."""
    facts: dict[str, Any] = {"task": task, "requested_by_id": user_id, "only": None if only is None else list(only)}
    try:
        with transaction.atomic():
            job = AutoPollJob.objects.create(session=session, **facts)
            transaction.on_commit(tell_worker)
    except IntegrityError:
        running = AutoPollJob.objects.filter(session=session, state__in=OPEN_STATES).first()
        if running is None:
            raise
        return running
    return job


def tell_worker() -> None:
    """Wake a worker; if the broker is away, the next tick finds the job."""
    wake("contracts.tasks.run_autopoll", "low_priority")


def stop(session: ImportSession) -> int:
    """End what is queued or under way; what has been found is kept, and a worker notices at its next step."""
    jobs = AutoPollJob.objects.filter(session=session, state__in=OPEN_STATES)
    reason = _("Stopped by hand; what was found until then is kept.")
    return jobs.update(state=JobState.STOPPED, finished_at=timezone.now(), reason=reason, lease_until=None)


def counts(session: ImportSession) -> dict[str, int]:
    """Return how many candidates there are by tab: each status, `printer` and `ignored`; each counts in one tab."""
    rows = session.candidates.order_by()
    left = rows.filter(created_printer=None, ignored_at=None)
    found = dict(left.values_list("status").annotate(n=Count("pk")))
    became = rows.exclude(created_printer=None).count()
    ignored = rows.filter(created_printer=None).exclude(ignored_at=None).count()
    return {**found, "printer": became, "ignored": ignored}


def in_tab(session: ImportSession, tab: str) -> QuerySet[AutoPollCandidate]:
    """Return the candidates of a tab; all for an empty one."""
    rows = session.candidates.select_related(
        "contract_device__organization", "contract_device__city", "contract_device__model__manufacturer",
        "created_printer",
    )  # fmt: skip
    if tab == "printer":
        return rows.exclude(created_printer=None)
    if tab == "ignored":
        return rows.filter(created_printer=None).exclude(ignored_at=None)
    return rows.filter(created_printer=None, ignored_at=None, status=tab) if tab else rows


def create_printers(
    session: ImportSession, ids: Sequence[int], user_id: int | None
) -> tuple[list[AutoPollCandidate], list[tuple[AutoPollCandidate, str]]]:
    """Make candidates printers, link them to their devices and poll them; return those made, and those refused with why.

    Each one stands for itself: an address that is taken keeps only its own candidate out. Asked twice, the second finds it done.
    """
    made: list[AutoPollCandidate] = []
    refused: list[tuple[AutoPollCandidate, str]] = []
    for pk in sorted(set(ids))[:MOST_AT_ONCE]:
        with transaction.atomic():
            rows = session.candidates.select_for_update(of=("self",)).filter(pk=pk, created_printer=None)
            one = rows.select_related("contract_device__model", "contract_device__organization").first()
            if one is None:
                continue
            why = _create(one, user_id)
        if why:
            refused.append((one, why))
        else:
            made.append(one)
    request_polls([one.created_printer_id for one in made if one.created_printer_id], user_id)
    return made, refused


def _create(one: AutoPollCandidate, user_id: int | None) -> str:
    """Make one candidate a printer, or return why not. Its row is locked."""
    device = one.contract_device
    if device is None or not device.is_active:
        return _("The device is no longer under contract.")
    if device.printer_id is not None or linking.printers_by_serial([one.serial_number]):
        return _("A printer with this serial number is in the inventory already.")
    if one.glpi_ip is None or not rules.may_become_printer(one.status, one.verify_ok):
        return _("Its address is not sure: ask it first, and it has to answer with this serial number.")
    values = {
        "ip_address": one.glpi_ip,
        "serial_number": device.serial_number,
        "organization": device.organization,
        "device_model": device.model,
        "polling_method": PollingMethod.SNMP,
        "snmp_community": settings.AUTOPOLL_SNMP_COMMUNITY,
        "snmp_port": settings.AUTOPOLL_SNMP_PORT,
    }
    try:
        printer = printers.add_printer(values, user_id)
    except printers.AddressTakenError as error:
        one.status, one.error = Status.CONFLICT, str(error)[:500]
        one.save(update_fields=["status", "error"])
        return one.error
    linking.link_one(device, user_id)
    one.created_printer, one.ignored_at = printer, None
    one.save(update_fields=["created_printer", "ignored_at"])
    return ""


def undo_printers(session: ImportSession, ids: Sequence[int], user_id: int | None, now: datetime) -> int:
    """Retire printers that were made here and let go of their devices; return how many. What they have told stays on record."""
    undone = 0
    for pk in sorted(set(ids))[:MOST_AT_ONCE]:
        with transaction.atomic():
            rows = session.candidates.select_for_update(of=("self",)).filter(pk=pk).exclude(created_printer=None)
            one = rows.select_related("created_printer").first()
            if one is None or one.created_printer is None:
                continue
            printer = one.created_printer
            if printer.is_active:
                printers.retire(printer, user_id, now)
            for device in ContractDevice.objects.filter(printer=printer).select_related(*history.JOINS):
                linking.unlink(device, user_id)
            one.created_printer = None
            one.save(update_fields=["created_printer"])
            undone += 1
    return undone


def ignore(session: ImportSession, ids: Sequence[int], now: datetime | None) -> int:
    """Leave candidates out, or with None take them back in; return how many."""
    rows = session.candidates.filter(pk__in=list(ids)[:MOST_AT_ONCE], created_printer=None)
    return rows.filter(ignored_at__isnull=now is not None).update(ignored_at=now)


def populate_network_port(*, dry_run: bool = False) -> list[str]:
    """Mark the models that occur among printers polled over the network as having a port; return their names."""
    polled = Printer.objects.filter(is_active=True, device_model=OuterRef("pk"))
    rows = DeviceModel.objects.filter(Exists(polled), has_network_port=False).select_related("manufacturer")
    names = [str(one) for one in rows]
    if not dry_run:
        DeviceModel.objects.filter(pk__in=[one.pk for one in rows]).update(has_network_port=True)
    return names
