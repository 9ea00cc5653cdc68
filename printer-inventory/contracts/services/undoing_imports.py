"""Taking an applied import back: devices it changed get their old values, devices it made are taken out of the contracts.

All of it or nothing, and only while nothing was built on it: a device that was edited, ordered for or replaced since would lose
that.
Cities and models that the import made stay in the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import CartridgeOrder, ContractDevice, ContractEvent, DeviceChange, ImportRow, ImportSession
from contracts.services import history, linking
from contracts.services.applying import plain, write

NAMED: Final = 5


class BuiltOnError(Exception):
    """Devices have been changed since the import; the text names some."""


def undo_chunk(session: ImportSession, rows: Sequence[ImportRow], user_id: int | None) -> None:
    """Take a chunk of applied rows back in a constant number of statements; BuiltOnError when one of them was built on."""
    by_device = {row.applied_device_id: row.written for row in rows if row.applied_device_id and row.written}
    locked = ContractDevice.objects.select_for_update(of=("self",)).filter(pk__in=by_device).order_by("pk")
    devices = list(locked.select_related(*history.JOINS))
    _refuse_built_on(session, devices, by_device)
    made = [device for device in devices if by_device[device.pk]["was"] is None]
    changed = [device for device in devices if by_device[device.pk]["was"] is not None]
    now = timezone.now()
    events = [history.event(one, DeviceChange.UNDONE, user_id=user_id, comment=session.name) for one in devices]
    for device in made:
        device.is_active, device.removed_at = False, now
    write(made, ("is_active", "removed_at"))
    names: set[str] = set()
    for device in changed:
        for name, value in by_device[device.pk]["was"].items():
            setattr(device, name, date.fromisoformat(value) if name == "service_start_month" and value else value)
            names.add(name)
    write(changed, names)
    ContractEvent.objects.bulk_create(events, batch_size=1000)
    moved = [one.pk for one in changed if "serial_number" in by_device[one.pk]["was"]]
    linking.link_devices(ContractDevice.objects.filter(pk__in=moved), force=True, user_id=user_id)


def _refuse_built_on(
    session: ImportSession, devices: Sequence[ContractDevice], by_device: Mapping[int, Mapping[str, Any]]
) -> None:
    """Raise BuiltOnError when a device is gone, taken out, ordered for, or differs from what the import wrote."""
    pks = [device.pk for device in devices]
    ordered = set(
        CartridgeOrder.objects.filter(device__in=pks, created_at__gt=session.applied_at).values_list(
            "device", flat=True
        )
    )
    bad = [
        str(device)
        for device in devices
        if not device.is_active
        or (device.pk in ordered and by_device[device.pk]["was"] is None)
        or plain({name: getattr(device, name) for name in by_device[device.pk]["now"]}) != by_device[device.pk]["now"]
    ]
    if bad or len(devices) != len(by_device):
        text = _("Devices have been changed since the import, and undoing it would lose that: %(names)s.")
        raise BuiltOnError(text % {"names": ", ".join(bad[:NAMED]) + (" …" if len(bad) > NAMED else "")})
