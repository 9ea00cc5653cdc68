"""Taking a decision about a doubtful reading back, as long as nothing has been built on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from inventory.models import Change, PageCounter, Printer, PrinterState, Quarantine, Resolution
from inventory.services import events
from inventory.services.believing import doubt_again
from inventory.services.holding import hold, retire_here
from inventory.services.printers import AddressTakenError, audit
from inventory.services.replacing import replacement_undone
from inventory.services.resolving import AlreadyResolvedError, NotPossibleError


def undo(doubt_id: int, user_id: int | None, now: datetime) -> Quarantine:
    """Take a person's decision back and open the doubt again.

    Raise AlreadyResolvedError when it is open, NotPossibleError when it passed by itself or something has been built on
    it since, AddressTakenError when the address is in use by now.
    """
    with transaction.atomic():
        first = Quarantine.objects.get(pk=doubt_id)
        hold([first.printer_id, *_others(first)])
        rows = Quarantine.objects.select_for_update(of=("self",)).select_related("printer", "counter")
        doubt = rows.get(pk=doubt_id)
        if doubt.is_open:
            raise AlreadyResolvedError
        if Quarantine.objects.filter(printer=doubt.printer, kind=doubt.kind, resolved_at=None).exists():
            raise NotPossibleError(_("The printer has given cause for the same doubt again; decide on that one."))
        try:
            with transaction.atomic():
                _take_back(doubt, user_id, now)
        except IntegrityError as error:
            raise AddressTakenError(_("Another active printer has this address or MAC address by now.")) from error
        text = f"{doubt.get_kind_display()}: {doubt.get_resolution_display()}."
        events.record(doubt.printer, Change.UNDO, now, user_id=user_id, comment=text)
        audit(doubt.printer, user_id, CHANGE, _("Undone: %(what)s") % {"what": text})
        _reopen(doubt)
    return doubt


def can_undo(doubt: Quarantine) -> bool:
    """Whether a person decided, in a way that has an inverse."""
    kinds = (Resolution.REJECTED, Resolution.BELIEVED, Resolution.BASELINE, Resolution.MOVED, Resolution.REPLACED)
    return not doubt.is_open and doubt.resolution in kinds


def _others(doubt: Quarantine) -> list[int]:
    """Return the other printers the decision touched."""
    facts = doubt.undo
    new = [facts["new_printer"]] if "new_printer" in facts else []
    return new + [int(pk) for pk in facts.get("places", {})]


def _take_back(doubt: Quarantine, user_id: int | None, now: datetime) -> None:
    if not can_undo(doubt):
        raise NotPossibleError(_("This doubt passed by itself; there is nothing to undo."))
    if doubt.resolution in (Resolution.BELIEVED, Resolution.BASELINE):
        _disbelieve(doubt)
    elif doubt.resolution == Resolution.REPLACED:
        _bring_back(doubt, user_id, now)
    elif doubt.resolution == Resolution.MOVED:
        _move_back(doubt.undo, now)


def _disbelieve(doubt: Quarantine) -> None:
    """Believe what was believed before; refused once a newer reading continues this one."""
    facts, printer = doubt.undo, doubt.printer
    if PrinterState.objects.get(pk=printer.pk).counter_id != doubt.counter_id:
        raise NotPossibleError(_("A newer reading has been believed since and continues this one."))
    if facts.get("identity"):
        _check_versions({str(printer.pk): facts["version"]})
        Printer.objects.filter(pk=printer.pk).update(**facts["identity"], version=F("version") + 1)
    before = PageCounter.objects.filter(pk=facts["counter_id"]).first()
    doubt_again(doubt.counter, doubt.verdict, doubt.reason, before, facts["epoch"])


def _bring_back(doubt: Quarantine, user_id: int | None, now: datetime) -> None:
    """Retire the new printer, which keeps what it has read, and let the old one stand there again."""
    new = Printer.objects.get(pk=doubt.undo["new_printer"])
    _check_versions({str(doubt.printer_id): doubt.undo["version"], str(new.pk): 0})
    retire_here(new, now, _("The replacement was undone."))
    Printer.objects.filter(pk=doubt.printer_id).update(
        is_active=True, replaced_at=None, replaced_by=None, last_updated=now, version=F("version") + 1
    )
    replacement_undone.send(Printer, old=doubt.printer, new=new, user_id=user_id, now=now)


def _move_back(facts: dict[str, Any], now: datetime) -> None:
    """Put both printers back where they were on file."""
    _check_versions(facts["versions"])
    places = {int(pk): place for pk, place in facts["places"].items()}
    for printer in Printer.objects.filter(pk__in=places, is_active=True):
        retire_here(printer, now, _("The move was undone."), stop_only=True)
    for pk, place in places.items():
        Printer.objects.filter(pk=pk).update(
            **place, is_active=True, replaced_at=None, last_updated=now, version=F("version") + 1
        )
    if facts["also"] is not None:
        _reopen(Quarantine.objects.get(pk=facts["also"]))


def _check_versions(expected: dict[str, int]) -> None:
    """Refuse when somebody has edited a printer since the decision."""
    for printer in Printer.objects.filter(pk__in=[int(pk) for pk in expected]):
        if printer.version != expected[str(printer.pk)]:
            raise NotPossibleError(_("%(printer)s has been edited since; change it by hand.") % {"printer": printer})


def _reopen(doubt: Quarantine) -> None:
    doubt.resolution, doubt.resolved_at, doubt.resolved_by_id, doubt.quiet_until, doubt.undo = "", None, None, None, {}
    doubt.save()
