"""A broken device and its replacement, in the contract and in the inventory at once: one transaction, undone as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from contracts.models import ContractDevice, DeviceChange
from contracts.services import history, linking
from contracts.services.devices import ConflictError, SerialTakenError, load
from inventory.models import Change, Printer
from inventory.rules.identity import normal_serial
from inventory.services import events
from inventory.services.holding import hold, retire_here
from inventory.services.replacing import note_replacement, successor_of

PLACE: Final = ("organization_id", "city_id", "address", "room_number", "service_provider_id", "status_id")
"""What a replacement takes over from the device it replaces."""


class NotReplaceableError(ValueError):
    """This device cannot be replaced like that; the text says why and what to do."""


def replace(
    pk: int, values: Mapping[str, Any], version: int, user_id: int | None, now: datetime, comment: str = ""
) -> ContractDevice:
    """Let a new device stand where a broken one stood, and a new printer at its printer's address; return the new device.

    `values` are `serial_number` (needed), `model_id`, `service_start_month`, `new_status_id`, and `status_id` for the old one. A
    spare of the same organization with that serial number moves here instead of being made anew; a printer that the
    inventory has already with it is taken as it is. Raise ConflictError, NotReplaceableError or SerialTakenError.
    """
    serial = str(values.get("serial_number") or "").strip()
    if not normal_serial(serial):
        raise NotReplaceableError(_("Enter the serial number of the new device; it stands on its type plate."))
    try:
        with transaction.atomic():
            ContractDevice.objects.select_for_update(of=("self",)).get(pk=pk)
            old = load(pk)
            if old.version != version:
                raise ConflictError(old)
            if not old.is_active:
                raise NotReplaceableError(_("This device is no longer under contract."))
            if normal_serial(old.serial_number) == normal_serial(serial):
                raise NotReplaceableError(_("That is the serial number of the device that is to be replaced."))
            new = _successor(old, {**values, "serial_number": serial}, user_id)
            _retire(old, new, values.get("status_id"), comment, user_id, now)
            _replace_printer(old, new, user_id, now)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise SerialTakenError(_("Somebody else has used this serial number or address meanwhile.")) from error
    return load(new.pk)


def _successor(old: ContractDevice, values: Mapping[str, Any], user_id: int | None) -> ContractDevice:
    """Return the new device at the old one's place: a spare that moves, or a row of its own."""
    serial = values["serial_number"]
    twins = ContractDevice.objects.filter(serial_number__iexact=serial, is_active=True).select_related("organization")
    elsewhere = [twin for twin in twins if twin.organization_id != old.organization_id]
    if elsewhere:
        text = _("%(serial)s is under contract with %(client)s. Take it out there first.")
        raise NotReplaceableError(text % {"serial": serial, "client": elsewhere[0].organization})
    place = {name: getattr(old, name) for name in PLACE}
    if values.get("new_status_id"):
        place["status_id"] = values["new_status_id"]
    spare = twins.first()
    if spare is None:
        facts = {"model_id": values.get("model_id") or old.model_id, "serial_number": serial}
        month = values.get("service_start_month") or old.service_start_month
        new = load(ContractDevice.objects.create(**place, **facts, service_start_month=month).pk)
        filled = {name: value for name, value in history.shown(new).items() if value}
        history.event(new, DeviceChange.ADDED, new=filled, user_id=user_id, related=old).save()
        return new
    before = history.shown(load(spare.pk))
    ContractDevice.objects.filter(pk=spare.pk).update(**place, version=F("version") + 1)
    new = load(spare.pk)
    after = history.shown(new)
    changed = [name for name in before if before[name] != after[name]]
    history.event(
        new,
        DeviceChange.EDITED,
        old={name: before[name] for name in changed},
        new={name: after[name] for name in changed},
        user_id=user_id,
        related=old,
        comment=_("Moved here to replace another device."),
    ).save()
    return new


def _retire(
    old: ContractDevice, new: ContractDevice, status_id: object, comment: str, user_id: int | None, now: datetime
) -> None:
    status = {"status_id": status_id} if status_id else {}
    ContractDevice.objects.filter(pk=old.pk).update(
        is_active=False, removed_at=now, replaced_by=new, updated_at=now, version=F("version") + 1, **status
    )
    history.event(
        old,
        DeviceChange.REPLACED,
        old={"serial_number": old.serial_number, "status": str(old.status)},
        new={"serial_number": new.serial_number},
        user_id=user_id,
        related=new,
        comment=comment,
    ).save()


def _replace_printer(old: ContractDevice, new: ContractDevice, user_id: int | None, now: datetime) -> None:
    """Let the inventory follow: the old printer retires; the new one stands at its address unless it is known elsewhere."""
    gone = old.printer if old.printer is not None and old.printer.is_active else None
    linking.link_one(new, user_id)
    if gone is None:
        return
    hold([gone.pk])
    if new.printer is not None:
        retire_here(gone, now, _("Replaced by another device."))
        Printer.objects.filter(pk=gone.pk).update(replaced_by=new.printer)
        events.record(gone, Change.REPLACEMENT, now, related=new.printer, user_id=user_id)
        return
    facts = {"serial_number": new.serial_number, "device_model_id": new.model_id}
    printer = successor_of(gone, now, _("Replaced by another device."), **facts)
    ContractDevice.objects.filter(pk=new.pk).update(printer=printer)
    history.event(new, DeviceChange.LINKED, new={"printer": str(printer)}, user_id=user_id).save()
    note_replacement(gone, printer, now, user_id)


def undo(new_pk: int, user_id: int | None, now: datetime) -> ContractDevice:
    """Take a replacement back as long as nothing was edited since; return the old device, under contract again."""
    with transaction.atomic():
        new = ContractDevice.objects.select_for_update(of=("self",)).select_related("printer").get(pk=new_pk)
        old = (
            ContractDevice.objects.select_for_update(of=("self",))
            .filter(replaced_by=new)
            .order_by("-removed_at")
            .first()
        )
        if old is None or not new.is_active:
            raise NotReplaceableError(_("There is no replacement to take back."))
        if new.version:
            raise NotReplaceableError(_("The new device has been edited since; change it by hand."))
        ContractDevice.objects.filter(pk=new.pk).update(
            is_active=False, removed_at=now, printer=None, version=F("version") + 1
        )
        ContractDevice.objects.filter(pk=old.pk).update(
            is_active=True, removed_at=None, replaced_by=None, version=F("version") + 1
        )
        _bring_printer_back(old, new.printer, user_id, now)
        back = load(old.pk)
        history.event(back, DeviceChange.UNDONE, user_id=user_id, related=new).save()
        history.event(load(new.pk), DeviceChange.UNDONE, user_id=user_id, related=back).save()
    return back


def _bring_printer_back(old: ContractDevice, made: Printer | None, user_id: int | None, now: datetime) -> None:
    before = Printer.objects.filter(contract_device=old.pk, is_active=False).first()
    if before is None or made is None or before.replaced_by_id != made.pk:
        return
    hold([before.pk, made.pk])
    if (made.ip_address, made.snmp_port) == (before.ip_address, before.snmp_port):
        retire_here(made, now, _("The replacement was undone."))
    Printer.objects.filter(pk=before.pk).update(
        is_active=True, replaced_at=None, replaced_by=None, last_updated=now, version=F("version") + 1
    )
    events.record(before, Change.UNDO, now, user_id=user_id, related=made)


def follow_printer(*, old: Printer, new: Printer, user_id: int | None, now: datetime, **_rest: Any) -> None:
    """Follow a replacement that was decided in the inventory: the device under contract is replaced too (a signal's receiver)."""
    device = ContractDevice.objects.filter(printer=old, is_active=True).select_related(*history.JOINS).first()
    if device is None:
        return
    if not normal_serial(new.serial_number):
        # Nobody knows yet which device it is: the contract's row stays, and a person tells it apart.
        return
    try:
        with transaction.atomic():
            made = _successor(device, {"serial_number": new.serial_number, "model_id": new.device_model_id}, user_id)
            _retire(device, made, None, _("Another device answers at its address."), user_id, now)
            ContractDevice.objects.filter(pk=made.pk).update(printer=new)
            history.event(made, DeviceChange.LINKED, new={"printer": str(new)}, user_id=user_id).save()
    except (NotReplaceableError, IntegrityError) as error:
        text = _("Its printer was replaced by %(serial)s, but not this device: %(why)s")
        comment = text % {"serial": new.serial_number, "why": error}
        history.event(device, DeviceChange.EDITED, user_id=user_id, comment=comment).save()


def follow_undo(*, new: Printer, user_id: int | None, now: datetime, **_rest: Any) -> None:
    """Follow an undone replacement (a signal's receiver)."""
    made = ContractDevice.objects.filter(printer=new, is_active=True).first()
    if made is None:
        return
    try:
        undo(made.pk, user_id, now)
    except NotReplaceableError as error:
        history.event(load(made.pk), DeviceChange.EDITED, user_id=user_id, comment=str(error)).save()
