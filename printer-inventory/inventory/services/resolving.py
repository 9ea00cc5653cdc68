"""What a person decides about a doubtful reading: one transaction each, audited, and its inverse where there is one.

Everybody who writes about a printer holds its schedule row first, a sweep as well, so a decision and a poll never cross.
A decision also ends the printer's lease: a worker that is asking it now would judge by what was on file before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.models import CHANGE
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from inventory.models import (
    Change,
    Doubt,
    PageCounter,
    PollSchedule,
    Printer,
    PrinterState,
    Quarantine,
    Resolution,
    Trigger,
)
from inventory.polling.reading import DeviceReading, from_json
from inventory.rules.history import check_history
from inventory.rules.identity import Identity, check_identity, normal_mac, normal_serial
from inventory.services import events
from inventory.services.believing import believe, derived_of
from inventory.services.holding import hold, retire_here
from inventory.services.identity import own_serial
from inventory.services.importing import store_reading
from inventory.services.judging import history_limits
from inventory.services.leases import facts_for
from inventory.services.printers import AddressTakenError, audit
from inventory.services.replacing import note_replacement, successor_of

ACTIONS: Final[dict[str, tuple[Resolution, ...]]] = {
    Doubt.DEVICE: (Resolution.MOVED, Resolution.REPLACED, Resolution.BASELINE, Resolution.REJECTED),
    Doubt.BOARD: (Resolution.BASELINE, Resolution.REPLACED, Resolution.REJECTED),
    Doubt.ANONYMOUS: (Resolution.REJECTED,),
    Doubt.RESET: (Resolution.BASELINE, Resolution.REJECTED),
    Doubt.ROLLBACK: (Resolution.BASELINE, Resolution.REJECTED),
    Doubt.JUMP: (Resolution.BELIEVED, Resolution.BASELINE, Resolution.REJECTED),
    Doubt.MISSING: (Resolution.BASELINE, Resolution.REJECTED),
}
"""What can be done about each doubt; the first that is possible is suggested."""


class AlreadyResolvedError(Exception):
    """Somebody else has resolved this doubt, or it has passed by itself, or another device answers by now."""


class NotPossibleError(Exception):
    """This doubt cannot be resolved like that; the text says why."""


@dataclass(slots=True)
class Case:
    """An open doubt, held: its row, its printer and reading, and who decides when."""

    doubt: Quarantine
    user_id: int | None
    now: datetime

    @property
    def printer(self) -> Printer:
        """The printer that is doubted."""
        return self.doubt.printer

    @property
    def counter(self) -> PageCounter:
        """The newest doubted reading."""
        return self.doubt.counter

    def reading(self) -> DeviceReading:
        """Return what the device said."""
        return from_json(self.counter.reading)

    def note(self, printer: Printer, change: Change, **facts: Any) -> None:
        """Write an event of this decision."""
        events.record(printer, change, self.now, user_id=self.user_id, poll_id=self.counter.task_id, **facts)


def resolve(
    doubt_id: int, action: Resolution, user_id: int | None, now: datetime, seen: str | None = None
) -> Quarantine:
    """Resolve an open doubt and return it.

    `seen` is the fingerprint of the answer that was decided on. Raise Quarantine.DoesNotExist, AlreadyResolvedError
    (also when another answer has come since), NotPossibleError, or AddressTakenError.
    """
    with transaction.atomic():
        first = Quarantine.objects.select_related("printer", "counter").get(pk=doubt_id)
        other = found_elsewhere(first.printer, from_json(first.counter.reading)) if action == Resolution.MOVED else None
        hold([first.printer_id, *([other.pk] if other else [])])
        doubt = Quarantine.objects.select_for_update(of=("self",)).select_related("printer", "counter").get(pk=doubt_id)
        if not doubt.is_open or (seen is not None and seen != doubt.fingerprint):
            raise AlreadyResolvedError
        if action not in ACTIONS[doubt.kind]:
            raise NotPossibleError(_("A doubt of this kind cannot be resolved like that."))
        case = Case(doubt, user_id, now)
        try:
            with transaction.atomic():
                doubt.undo = _move(case, other) if action == Resolution.MOVED else DECISIONS[action](case)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            raise AddressTakenError(_("Another active printer has this address or MAC address.")) from error
        doubt.resolution, doubt.resolved_at, doubt.resolved_by_id = action, now, user_id
        doubt.save()
        audit(doubt.printer, user_id, CHANGE, f"{doubt.get_kind_display()}: {doubt.get_resolution_display()}.")
    return doubt


def found_elsewhere(printer: Printer, reading: DeviceReading) -> Printer | None:
    """Return the other active printer of ours that the answering device is: by serial number, else by MAC address."""
    others = Printer.objects.filter(is_active=True).exclude(pk=printer.pk)
    serial, mac = normal_serial(reading.serial), normal_mac(reading.mac)
    if serial:
        return others.filter(serial_number__iexact=own_serial(reading)).first()
    return others.filter(mac_address__iexact=mac).first() if mac else None


def _reject(case: Case) -> dict[str, Any]:
    """Keep refusing; the same answer asks nobody again for a while."""
    case.doubt.quiet_until = case.now + settings.QUARANTINE_QUIET
    case.note(case.printer, Change.REJECTED, comment=case.doubt.reason)
    return {}


def _believe(case: Case) -> dict[str, Any]:
    """Count the pages of a jump: it was real."""
    undo = _accept(case, case.printer, new_epoch=False)
    case.note(
        case.printer,
        Change.BELIEVED,
        old={"total": undo["total"]},
        new={"total": case.counter.total_pages},
        comment=case.doubt.reason,
    )
    return undo


def _baseline(case: Case) -> dict[str, Any]:
    """Take the device as it is now: its identity goes on file, and unless its counters simply go on, a new epoch begins."""
    printer, counter = case.printer, case.counter
    identity = _take_identity(case)
    continues = _continues(case)
    undo = _accept(case, printer, new_epoch=not continues)
    if not continues:
        change = Change.COUNTER_RESET if case.doubt.kind == Doubt.RESET else Change.BASELINE
        old = case.doubt.expected.get("counters", {})
        case.note(printer, change, old=old, new=counter.reading["counters"], comment=case.doubt.reason)
    return {**undo, "identity": identity, "version": printer.version}


def _continues(case: Case) -> bool:
    """Whether the counters of the reading go on from those that were believed."""
    lease = facts_for(case.printer.pk, case.counter.task_id)
    elapsed = None if lease.believed is None else case.counter.recorded_at - lease.believed.at
    derived = derived_of(case.counter)
    return check_history(lease.believed, case.reading().counters, derived, elapsed, history_limits()).kind == "ok"


def _take_identity(case: Case) -> dict[str, str]:
    """Put the device's serial number and MAC address on file where they differ; return what was there before."""
    printer, reading = case.printer, case.reading()
    got = {
        "serial_number": own_serial(reading) if normal_serial(reading.serial) else "",
        "mac_address": normal_mac(reading.mac),
    }
    before = {}
    changes = {"serial_number": Change.SERIAL_UPDATE, "mac_address": Change.MAC_UPDATE}
    for name, value in got.items():
        old = getattr(printer, name)
        if value and value.upper() != old.upper():
            before[name] = old
            setattr(printer, name, value)
            case.note(printer, changes[name], old={name: old}, new={name: value})
    if before:
        printer.version += 1
        printer.save(update_fields=[*before, "version", "last_updated"])
    return before


def _accept(case: Case, printer: Printer, *, new_epoch: bool) -> dict[str, Any]:
    """Believe the doubted reading; return what undoing it needs."""
    state = PrinterState.objects.get(pk=printer.pk)
    reading = case.reading()
    known = Identity.of(printer.serial_number, printer.mac_address)
    rule = check_identity(known, Identity.of(reading.serial, reading.mac)).rule
    believe(case.counter, rule, state.epoch + new_epoch)
    return {"counter_id": state.counter_id, "epoch": state.epoch, "total": state.total_pages}


def _replace(case: Case) -> dict[str, Any]:
    """Retire the printer and let a new one stand at its address, with its client and its way of being asked."""
    old = case.printer
    new = successor_of(old, case.now, _("Another device stands at its address."))
    store_reading(new, case.reading(), case.counter.recorded_at, case.user_id, Trigger.MANUAL)
    new.refresh_from_db()
    note_replacement(old, new, case.now, case.user_id, case.counter.task_id)
    return {"new_printer": new.pk, "version": _version(old)}


def _move(case: Case, other: Printer | None) -> dict[str, Any]:
    """Our own printer answered here: it moves to this address; the one on file here retires, or takes the other place.

    They change places when the device on file here is known to answer at the other's address.
    """
    if other is None:
        raise NotPossibleError(_("No other printer in use has this serial number."))
    here, there = case.printer, Printer.objects.get(pk=other.pk)
    if not there.is_active:
        raise AlreadyResolvedError
    places = {here.pk: _place(here), there.pk: _place(there)}
    swapped = _answers_at(there, here)
    retire_here(here, case.now, _("Another printer has moved to its address."), stop_only=swapped is not None)
    _settle(case, there, places[here.pk], places[there.pk])
    if swapped is not None:
        _settle(case, here, places[there.pk], places[here.pk])
        _close(swapped, Resolution.MOVED, case)
    else:
        case.note(here, Change.DEACTIVATION, related=there, comment=_("Another printer has moved to its address."))
    store_reading(there, case.reading(), case.counter.recorded_at, case.user_id, Trigger.MANUAL)
    return {
        "places": {str(pk): place for pk, place in places.items()},
        "versions": {str(printer.pk): _version(printer) for printer in (here, there)},
        "also": swapped.pk if swapped else None,
    }


def _settle(case: Case, printer: Printer, place: dict[str, Any], old_place: dict[str, Any]) -> None:
    """Let a printer stand, active, where it was found; it is due at once."""
    Printer.objects.filter(pk=printer.pk).update(
        **place, is_active=True, replaced_at=None, last_updated=case.now, version=F("version") + 1
    )
    PollSchedule.objects.filter(pk=printer.pk).update(due_at=case.now, failures=0)
    shown = ("ip_address", "snmp_port")
    case.note(
        printer,
        Change.IP_CHANGE,
        old={name: old_place[name] for name in shown},
        new={name: place[name] for name in shown},
    )


def _answers_at(there: Printer, here: Printer) -> Quarantine | None:
    """Return the open doubt that says: at the address of `there`, the device of `here` answers."""
    doubts = Quarantine.objects.filter(printer=there, kind=Doubt.DEVICE, resolved_at=None).select_related("counter")
    doubt = doubts.select_for_update(of=("self",)).first()
    if doubt is None or not here.serial_number:
        return None
    return doubt if normal_serial(doubt.counter.reading["serial"]) == normal_serial(here.serial_number) else None


def _close(doubt: Quarantine, resolution: Resolution, case: Case) -> None:
    Quarantine.objects.filter(pk=doubt.pk).update(
        resolution=resolution, resolved_at=case.now, resolved_by_id=case.user_id
    )


def _place(printer: Printer) -> dict[str, Any]:
    """Return where a printer is and how it is asked there."""
    names = ("ip_address", "snmp_port", "web_port", "snmp_community", "snmp_version")
    return {name: getattr(printer, name) for name in names}


def _version(printer: Printer) -> int:
    return int(Printer.objects.values_list("version", flat=True).get(pk=printer.pk))


DECISIONS: Final[dict[Resolution, Callable[[Case], dict[str, Any]]]] = {
    Resolution.REJECTED: _reject,
    Resolution.BELIEVED: _believe,
    Resolution.BASELINE: _baseline,
    Resolution.REPLACED: _replace,
}


def reject_many(doubt_ids: Sequence[int], user_id: int | None, now: datetime) -> int:
    """Reject these doubts, each in a transaction of its own; return how many were still open."""
    done = 0
    for doubt_id in doubt_ids:
        try:
            resolve(doubt_id, Resolution.REJECTED, user_id, now)
        except (Quarantine.DoesNotExist, AlreadyResolvedError):
            continue
        done += 1
    return done
