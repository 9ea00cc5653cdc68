"""Taking an applied import back: devices it changed get their old values, what it made goes again.

All of it or nothing, and only while nothing was built on it: a device that was edited, ordered for or replaced since would lose
that. Cities, manufacturers and models that the import made go too, unless anything else uses them by now. What happened to the
devices stays on record under their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db import connection, models
from django.db.models import ForeignObjectRel, QuerySet
from django.utils.translation import gettext as _

from contracts.models import (
    CartridgeOrder,
    City,
    ContractDevice,
    ContractEvent,
    DeviceChange,
    DeviceModel,
    ImportRow,
    ImportSession,
    Manufacturer,
)
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
    events = [history.event(one, DeviceChange.UNDONE, user_id=user_id, comment=session.name) for one in devices]
    names: set[str] = set()
    for device in changed:
        for name, value in by_device[device.pk]["was"].items():
            setattr(device, name, date.fromisoformat(value) if name == "service_start_month" and value else value)
            names.add(name)
    write(changed, names)
    ContractEvent.objects.bulk_create(events, batch_size=1000)
    _delete_devices([device.pk for device in made])
    moved = [one.pk for one in changed if "serial_number" in by_device[one.pk]["was"]]
    linking.link_devices(ContractDevice.objects.filter(pk__in=moved), force=True, user_id=user_id)


def forget_made(session: ImportSession) -> None:
    """Delete what the import added to the catalogue and nothing uses; what was renamed since is somebody's by now."""
    catalogue: tuple[tuple[str, type[City | DeviceModel | Manufacturer]], ...] = (
        ("model", DeviceModel), ("manufacturer", Manufacturer), ("city", City),
    )  # fmt: skip
    for kind, model in catalogue:
        names = {int(pk): name for pk, name in session.made.get(kind, {}).items()}
        if not names:
            continue
        # Held: who would refer to one meanwhile waits, and finds it gone or kept.
        rows: QuerySet[Any] = QuerySet(model).select_for_update().filter(pk__in=names).order_by("pk")
        same = {row.pk for row in rows if row.name == names[row.pk]}
        QuerySet(model).filter(pk__in=same - _used(model, same)).delete()


def _used(model: type[models.Model], pks: set[int]) -> set[int]:
    """Return which rows anything refers to, one statement per table that could."""
    used: set[int] = set()
    for others, name in _pointing_at(model):
        found: QuerySet[Any, int] = QuerySet(others).filter(**{f"{name}__in": pks}).values_list(f"{name}_id", flat=True)
        used |= set(found.order_by().distinct())
    return used


def _pointing_at(model: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """Return the tables and fields that refer to a table, those without a way back ("+") included."""
    fields = model._meta.get_fields(include_hidden=True)  # noqa: SLF001 - documented by Django under this name
    relations = [one for one in fields if isinstance(one, ForeignObjectRel) and not one.many_to_many]
    return [(one.related_model, one.field.name) for one in relations]


def _delete_devices(pks: list[int]) -> None:
    """Delete devices and let go of what refers to them, in as many statements as tables do: Django's own asks per hundred rows.

    An order holds its device (the database refuses), and `_refuse_built_on` has looked for one.
    """
    for others, name in _pointing_at(ContractDevice):
        if others._meta.get_field(name).null:  # noqa: SLF001 - documented by Django under this name
            QuerySet(others).filter(**{f"{name}__in": pks}).update(**{name: None})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contracts_contractdevice WHERE id = ANY(%s)", [pks])


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
