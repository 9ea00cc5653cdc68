"""The work on candidates for polling: look them up in GLPI, ask the addresses it names.

Whoever takes a job goes on with the candidates that have not been looked at since it was asked for, so a worker that dies loses
a chunk and no more. No transaction is open while GLPI or a device is waited for, and a job that was stopped takes nothing more.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import AutoPollCandidate, AutoPollJob
from contracts.rules import autopoll as rules
from contracts.services.autopoll import eligible
from inventory.glpi_server import GlpiError, GlpiRefusedError, KnownPrinter, Session
from inventory.models import Printer
from inventory.polling.snmp.collector import Collector, Target
from inventory.rules.identity import normal_serial
from inventory.rules.networks import Networks
from inventory.services.glpi_server import connect
from inventory.services.leased_work import SLICE_SECONDS, Desk

CHUNK: Final = 20
AT_ONCE: Final = 200
Status = AutoPollCandidate.Status


DESK: Final = Desk(
    AutoPollJob,
    lost=gettext_lazy("Three workers in a row stopped in the middle of it. Start it again."),
    failures=(GlpiError,),
    related=("session",),
)


def run_next(seconds: float = SLICE_SECONDS) -> bool:
    """Work on the oldest job that waits for about `seconds`; return False when none does."""
    return DESK.run_next({AutoPollJob.Task.PROBE: _probe, AutoPollJob.Task.VERIFY: _verify}, seconds)


def _store(job: AutoPollJob, rows: Sequence[AutoPollCandidate], names: Sequence[str], left: int) -> None:
    """Keep a chunk and how far the job is, in three statements; StoppedError when the job is no longer ours."""
    job.done = job.total - left
    with transaction.atomic():
        DESK.renew(job)
        AutoPollCandidate.objects.bulk_create(
            rows, batch_size=CHUNK, update_conflicts=True, unique_fields=["id"], update_fields=list(names)
        )


def _candidates(job: AutoPollJob) -> QuerySet[AutoPollCandidate]:
    rows = job.session.candidates.filter(created_printer=None, ignored_at=None)
    return rows if job.only is None else rows.filter(pk__in=job.only)


def _probe(job: AutoPollJob, deadline: float) -> bool:
    """Look candidates up in GLPI; return whether all are done. Raise GlpiError when GLPI cannot be asked at all."""
    if job.only is None and not job.total:
        _collect(job)
    asked = _candidates(job)
    waiting = asked.filter(Q(checked_at=None) | Q(checked_at__lt=job.requested_at)).order_by("pk")
    job.total = asked.count()
    with connect() as glpi:
        while chunk := list(waiting[:CHUNK]):
            found = glpi.find([one.serial_number for one in chunk])
            taken = _taken()
            for one in chunk:
                _look_up(glpi, one, found[one.serial_number], taken)
            _store(job, chunk, FOUND, waiting.count() - len(chunk))
            if time.monotonic() > deadline and waiting.exists():
                return False
    _tell_doubles(job)
    return True


FOUND: Final = (
    "status", "glpi_printer_id", "glpi_name", "glpi_ip", "glpi_counter", "glpi_date", "error", "checked_at", "verify_ok",
    "verify_message", "verified_at",
)  # fmt: skip


def _collect(job: AutoPollJob) -> None:
    """Make the devices of the import candidates; those that are no candidates any more go, unless something became of them."""
    devices = list(eligible(job.session))
    rows = [
        AutoPollCandidate(session=job.session, contract_device=one, serial_number=one.serial_number) for one in devices
    ]
    with transaction.atomic():
        serials = [one.serial_number for one in devices]
        untouched = job.session.candidates.filter(created_printer=None)
        untouched.exclude(serial_number__in=serials).delete()
        AutoPollCandidate.objects.bulk_create(
            rows,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["session", "serial_number"],
            update_fields=["contract_device"],
        )


def _taken() -> set[str]:
    return set(Printer.objects.filter(is_active=True).values_list("ip_address", flat=True))


def _look_up(glpi: Session, one: AutoPollCandidate, found: Sequence[KnownPrinter], taken: set[str]) -> None:
    """Write on a candidate what GLPI knows of it."""
    one.glpi_printer_id = one.glpi_ip = one.glpi_counter = one.glpi_date = one.verify_ok = one.verified_at = None
    one.glpi_name = one.error = one.verify_message = ""
    one.checked_at = timezone.now()
    if len(found) != 1:
        one.status = Status.ERROR if found else Status.NOT_FOUND
        if found:
            names = ", ".join(each.name or str(each.id) for each in found[:5])
            one.error = (_("GLPI has this serial number on several printers: %(names)s.") % {"names": names})[:500]
        return
    known = found[0]
    one.glpi_printer_id, one.glpi_name, one.glpi_counter = known.id, known.name, known.counter
    try:
        seen = glpi.last_seen(known.id)
        one.glpi_date = None if seen is None else timezone.make_aware(seen, timezone.get_default_timezone())
        one.glpi_ip, word = rules.judge_address(
            glpi.addresses(known.id), Networks.parse(settings.PRINTER_NETWORKS).allow, taken
        )
    except GlpiRefusedError as error:
        one.status, one.error = Status.ERROR, str(error)[:500]
        return
    if word is None:
        one.status = rules.judge_age(one.glpi_date, one.checked_at, settings.AUTOPOLL_FRESHNESS)
    else:
        one.status, one.error = word.status, _words(word)


def _words(word: rules.Word) -> str:
    if word.status == Status.CONFLICT:
        return _("%(address)s is the address of another printer in the inventory.") % {"address": word.detail}
    if word.detail:
        return _("%(addresses)s is not an IPv4 address inside PRINTER_NETWORKS.") % {"addresses": word.detail}
    return _("GLPI knows no address of it.")


def _tell_doubles(job: AutoPollJob) -> None:
    """Two candidates at one address cannot both be there."""
    sure = job.session.candidates.filter(status__in=(Status.ACTIVE, Status.STALE), created_printer=None)
    times = Counter(sure.values_list("glpi_ip", flat=True))
    doubles = [address for address, count in times.items() if count > 1]
    text = _("Several of these devices have this address in GLPI.")
    sure.filter(glpi_ip__in=doubles).update(status=Status.CONFLICT, error=text)


def _verify(job: AutoPollJob, deadline: float) -> bool:
    """Ask the addresses who they are; the serial number has to be the candidate's. Return whether all are done."""
    networks = Networks.parse(settings.PRINTER_NETWORKS)
    asked = _candidates(job).exclude(glpi_ip=None)
    waiting = asked.filter(Q(verified_at=None) | Q(verified_at__lt=job.requested_at)).order_by("pk")
    job.total = asked.count()
    while chunk := list(waiting[:AT_ONCE]):
        by_key = {one.pk: one for one in chunk}
        targets = [_target(one) for one in chunk if networks.allow(one.glpi_ip or "")]
        for one in chunk:
            one.verified_at, one.verify_ok = timezone.now(), False
            one.verify_message = _("This address lies outside PRINTER_NETWORKS; nothing was sent.")
        with Collector(window=settings.SNMP_WINDOW, subnet_window=settings.SNMP_SUBNET_WINDOW) as collector:
            for outcome in collector.poll(targets):
                if outcome is not None:
                    _note_answer(by_key[int(str(outcome.key))], outcome)
        _store(job, chunk, ("verify_ok", "verify_message", "verified_at"), waiting.count() - len(chunk))
        if time.monotonic() > deadline and waiting.exists():
            return False
    return True


def _target(one: AutoPollCandidate) -> Target:
    return Target(
        key=one.pk,
        address=str(one.glpi_ip),
        port=settings.AUTOPOLL_SNMP_PORT,
        community=settings.AUTOPOLL_SNMP_COMMUNITY,
    )


def _note_answer(one: AutoPollCandidate, outcome: Any) -> None:
    """Write on a candidate what its address answered."""
    if outcome.reading is None:
        one.verify_message = (outcome.error.text if outcome.error else _("It did not answer."))[:500]
        return
    told = outcome.reading.serial or ""
    one.verify_ok = bool(normal_serial(told)) and normal_serial(told) == normal_serial(one.serial_number)
    if one.verify_ok:
        one.verify_message = f"{outcome.reading.manufacturer or ''} {outcome.reading.model or ''}".strip()[:500]
    elif told:
        one.verify_message = (_("Another device answers: %(serial)s.") % {"serial": told})[:500]
    else:
        one.verify_message = _("It answers without a serial number.")
