"""Adding, editing, retiring and restoring printers; each edit is guarded by the version the editor saw."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import Change, InventoryTask, PollSchedule, Printer, Quarantine, Resolution
from inventory.services import events


class ConflictError(Exception):
    """Somebody else has changed the printer since it was opened."""


class AddressTakenError(Exception):
    """Another active printer has this address, or this MAC address."""


def add_printer(values: Mapping[str, Any], user_id: int | None) -> Printer:
    """Create a printer; it is due at once. Raise AddressTakenError when its address is in use."""
    printer = Printer(**values)
    try:
        with transaction.atomic():
            printer.save()
            audit(printer, user_id, ADDITION, _("Added."))
            events.record(printer, Change.ADDED, timezone.now(), user_id=user_id)
    except IntegrityError as error:
        raise AddressTakenError(_taken(printer)) from error
    return printer


def edit_printer(printer: Printer, values: Mapping[str, Any], version: int, user_id: int | None) -> Printer:
    """Apply changed fields if the printer is still at `version`, else raise ConflictError."""
    changed = {name: value for name, value in values.items() if getattr(printer, name) != value}
    if not changed:
        return printer
    try:
        with transaction.atomic():
            current = Printer.objects.select_for_update(of=("self",)).get(pk=printer.pk)
            if current.version != version:
                raise ConflictError
            before = _shown(current, changed)
            for name, value in changed.items():
                setattr(current, name, value)
            current.version = version + 1
            current.save()
            audit(current, user_id, CHANGE, _("Changed: %(fields)s.") % {"fields": ", ".join(sorted(changed))})
            moved = changed.keys() & {"ip_address", "snmp_port"}
            change = Change.IP_CHANGE if moved else Change.EDIT
            after = _shown(current, changed)
            events.record(current, change, timezone.now(), old=before, new=after, user_id=user_id)
    except IntegrityError as error:
        raise AddressTakenError(_taken(printer)) from error
    return current


def retire(printer: Printer, user_id: int | None, now: datetime) -> None:
    """Stop polling a printer and free its address; its history stays."""
    with transaction.atomic():
        schedule = PollSchedule.objects.select_for_update().get(pk=printer.pk)
        if schedule.open_task_id and schedule.lease_token is None:
            InventoryTask.objects.filter(pk=schedule.open_task_id, state="queued").update(
                state="stopped", finished_at=now, error_message=_("The printer was retired.")
            )
            PollSchedule.objects.filter(pk=printer.pk).update(open_task=None)
        Printer.objects.filter(pk=printer.pk).update(
            is_active=False, replaced_at=now, last_updated=now, version=F("version") + 1
        )
        Quarantine.objects.filter(printer=printer, resolved_at=None).update(
            resolved_at=now, resolved_by_id=user_id, resolution=Resolution.RETIRED
        )
        audit(printer, user_id, CHANGE, _("Retired."))
        events.record(printer, Change.DEACTIVATION, now, user_id=user_id)


def restore(printer: Printer, user_id: int | None, now: datetime) -> None:
    """Take a retired printer back into the fleet. Raise AddressTakenError when its address is in use by now."""
    try:
        with transaction.atomic():
            Printer.objects.filter(pk=printer.pk).update(
                is_active=True, replaced_at=None, replaced_by=None, last_updated=now, version=F("version") + 1
            )
            audit(printer, user_id, CHANGE, _("Restored."))
            events.record(printer, Change.ACTIVATION, now, user_id=user_id)
    except IntegrityError as error:
        raise AddressTakenError(_taken(printer)) from error


def audit(printer: Printer, user_id: int | None, action: int, text: str) -> None:
    """Write who did what to a printer; shown on its page and in the administration."""
    if user_id is None:
        return
    LogEntry.objects.create(
        user_id=user_id,
        content_type=ContentType.objects.get_for_model(Printer),
        object_id=str(printer.pk),
        object_repr=str(printer)[:200],
        action_flag=action,
        change_message=text,
    )


SECRET: Final = frozenset({"snmp_community", "web_password", "snmp_v3_auth_password", "snmp_v3_priv_password"})
"""Its change is told, its value is not: whoever may read a printer's page need not know it."""


def _shown(printer: Printer, names: Iterable[str]) -> dict[str, Any]:
    """Return fields as a timeline may show them, in JSON's own types."""
    values = {name: "•••" if name in SECRET else getattr(printer, name) for name in sorted(names)}
    texts = {name: str(value) if isinstance(value, Model) else value for name, value in values.items()}
    shown: dict[str, Any] = json.loads(json.dumps(texts, cls=DjangoJSONEncoder))
    return shown


def _taken(printer: Printer) -> str:
    return _("Another active printer already has the address %(address)s or this MAC address.") % {
        "address": printer.address_display
    }
