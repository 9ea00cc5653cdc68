"""A new printer in the place of a broken one: the old one retires with its history, the new one stands at its address.

Whoever keeps facts about printers elsewhere (contracts do) listens to `printer_replaced` and `replacement_undone`; both are
sent inside the transaction, with `old`, `new`, `user_id` and `now`, so that all of it happens or nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import Signal
from django.utils.translation import gettext as _

from inventory.models import Change, Printer
from inventory.services import events
from inventory.services.holding import retire_here

printer_replaced = Signal()
replacement_undone = Signal()


def successor_of(old: Printer, now: datetime, reason: str, **facts: Any) -> Printer:
    """Retire a held printer and return a new one at its address, with its client and its way of being asked.

    `facts` are what is known of the new device (`serial_number`, `device_model_id`); what is not, its first answer tells.
    """
    retire_here(old, now, reason)
    new = Printer.objects.create(
        organization_id=old.organization_id,
        ip_address=old.ip_address,
        snmp_port=old.snmp_port,
        web_port=old.web_port,
        snmp_community=old.snmp_community,
        snmp_version=old.snmp_version,
        location=old.location,
        polling_method=old.polling_method,
        **facts,
    )
    Printer.objects.filter(pk=old.pk).update(replaced_by=new)
    return new


def note_replacement(
    old: Printer, new: Printer, now: datetime, user_id: int | None, poll_id: int | None = None
) -> None:
    """Write both timelines and tell those who listen."""
    before, after = {"serial_number": old.serial_number}, {"serial_number": new.serial_number}
    known: dict[str, Any] = {"old": before, "new": after, "user_id": user_id, "poll_id": poll_id}
    events.record(old, Change.REPLACEMENT, now, related=new, **known)
    events.record(new, Change.ADDED, now, related=old, comment=_("Replaces another printer."), **known)
    printer_replaced.send(Printer, old=old, new=new, user_id=user_id, now=now)
