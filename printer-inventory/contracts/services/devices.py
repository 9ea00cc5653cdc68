"""Adding, editing, taking out and taking back contract devices; each edit is guarded by the version its editor saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from contracts.models import ContractDevice, ContractEvent, DeviceChange
from contracts.services import history, linking

T = TypeVar("T")


class ConflictError(Exception):
    """Somebody else has changed the device since it was opened; `current` is how it stands now."""

    def __init__(self, current: ContractDevice) -> None:
        """Keep the device as it is now."""
        super().__init__(_("Somebody else has changed this device meanwhile."))
        self.current = current


class SerialTakenError(Exception):
    """Another device of this organization has this serial number."""


def load(pk: int) -> ContractDevice:
    """Return a device with everything its words need; ContractDevice.DoesNotExist when there is none."""
    return ContractDevice.objects.select_related(*history.JOINS, "printer").get(pk=pk)


def add(values: Mapping[str, Any], user_id: int | None) -> ContractDevice:
    """Create a device and link it to the printer of its serial number; SerialTakenError when the organization has it already."""

    def work() -> ContractDevice:
        device = load(ContractDevice.objects.create(**values).pk)
        filled = {name: value for name, value in history.shown(device).items() if value}
        history.event(device, DeviceChange.ADDED, new=filled, user_id=user_id).save()
        linking.link_one(device, user_id)
        return device

    return _guarded(values.get("serial_number", ""), work)


def edit(pk: int, values: Mapping[str, Any], version: int, user_id: int | None) -> ContractDevice:
    """Set fields ({attribute: value}) if the device is still at `version`, else raise ConflictError; return it as it is now."""

    def work() -> ContractDevice:
        ContractDevice.objects.select_for_update(of=("self",)).get(pk=pk)
        device = load(pk)
        if device.version != version:
            raise ConflictError(device)
        changed = {name: value for name, value in values.items() if getattr(device, name) != value}
        if not changed:
            return device
        names = [name.removesuffix("_id") for name in changed]
        before = history.shown(device, names)
        ContractDevice.objects.filter(pk=pk).update(**changed)
        _touch([pk])
        device = load(pk)
        after = history.shown(device, names)
        history.event(device, DeviceChange.EDITED, old=before, new=after, user_id=user_id).save()
        if "serial_number" in changed:
            linking.relink(device, user_id)
        return device

    return _guarded(values.get("serial_number", ""), work)


def remove(pks: Sequence[int], user_id: int | None, now: datetime) -> list[int]:
    """Take devices out of their contracts; their history stays and `restore` takes them back. Return those that were in one."""
    with transaction.atomic():
        rows = ContractDevice.objects.select_for_update(of=("self",)).filter(pk__in=pks, is_active=True).order_by("pk")
        devices = list(rows.select_related(*history.JOINS))
        found = [device.pk for device in devices]
        ContractDevice.objects.filter(pk__in=found).update(is_active=False, removed_at=now)
        _touch(found)
        ContractEvent.objects.bulk_create(
            [history.event(device, DeviceChange.REMOVED, user_id=user_id) for device in devices], batch_size=1000
        )
    return found


def restore(pks: Sequence[int], user_id: int | None) -> list[int]:
    """Take devices back; SerialTakenError when one of their serial numbers is in use by now, and none is taken back then."""

    def work() -> list[int]:
        rows = ContractDevice.objects.select_for_update(of=("self",)).filter(pk__in=pks, is_active=False).order_by("pk")
        devices = list(rows.select_related(*history.JOINS))
        found = [device.pk for device in devices]
        ContractDevice.objects.filter(pk__in=found).update(is_active=True, removed_at=None, replaced_by=None)
        _touch(found)
        ContractEvent.objects.bulk_create(
            [history.event(device, DeviceChange.RESTORED, user_id=user_id) for device in devices], batch_size=1000
        )
        return found

    return _guarded("", work)


def set_fields(pks: Sequence[int], values: Mapping[str, Any], user_id: int | None) -> int:
    """Set the same fields of many devices at once, in a constant number of statements; return how many changed."""
    names = [name.removesuffix("_id") for name in values]
    with transaction.atomic():
        rows = ContractDevice.objects.select_for_update(of=("self",)).filter(pk__in=pks, is_active=True).order_by("pk")
        devices = [one for one in rows.select_related(*history.JOINS) if _differs(one, values)]
        found = [device.pk for device in devices]
        if not found:
            return 0
        before = {device.pk: history.shown(device, names) for device in devices}
        ContractDevice.objects.filter(pk__in=found).update(**values)
        _touch(found)
        after = history.shown(load(found[0]), names)
        ContractEvent.objects.bulk_create(
            [
                history.event(device, DeviceChange.EDITED, old=before[device.pk], new=after, user_id=user_id)
                for device in devices
            ],
            batch_size=1000,
        )
    return len(found)


def _differs(device: ContractDevice, values: Mapping[str, Any]) -> bool:
    return any(getattr(device, name) != value for name, value in values.items())


def _touch(pks: Sequence[int]) -> None:
    """Raise the versions: whoever has one of these open is told."""
    ContractDevice.objects.filter(pk__in=pks).update(version=F("version") + 1, updated_at=timezone.now())


def _guarded(serial: str, work: Callable[[], T]) -> T:
    """Do some work in one transaction; a serial number that the organization has already becomes a SerialTakenError."""
    try:
        with transaction.atomic():
            return work()
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        text = _("This organization has a device with the serial number %(serial)s already.") if serial else ""
        text = text or _("Its serial number stands at another device of this organization by now.")
        raise SerialTakenError(text % {"serial": serial}) from error
