"""Which printer of the inventory a contract device is: told by the serial number, a printer belongs to one device at most.

Only printers in use are linked. A device that was taken out of its contract lends its printer to a device in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper

from contracts.models import ContractDevice, ContractEvent, DeviceChange
from contracts.services import history
from inventory.models import Printer
from inventory.rules.identity import normal_serial

CHUNK: Final = 1000


@dataclass(slots=True)
class Linked:
    """What a linking found, by device: `details` are (device, what, printer or "")."""

    linked: int = 0
    already: int = 0
    relinked: int = 0
    not_found: int = 0
    multiple: int = 0
    occupied: int = 0
    details: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, what: str, device: ContractDevice, printer: Printer | None = None) -> None:
        """Count one device."""
        setattr(self, what, getattr(self, what) + 1)
        self.details.append((str(device), what, str(printer or "")))

    def totals(self) -> dict[str, int]:
        """Return the counts by name."""
        names = ("linked", "already", "relinked", "not_found", "multiple", "occupied")
        return {name: getattr(self, name) for name in names}


def linkable() -> QuerySet[ContractDevice]:
    """Return the devices under contract without a printer for which the inventory has one by now; one query."""
    printers = Printer.objects.filter(is_active=True).annotate(key=Upper("serial_number"))
    here = printers.filter(key=Upper(OuterRef("serial_number"))).exclude(contract_device__is_active=True)
    return ContractDevice.objects.filter(printer=None).filter(Exists(here))


def printers_by_serial(serials: Iterable[str]) -> dict[str, list[Printer]]:
    """Return the printers in use with these serial numbers (whatever the case), by serial number in upper case; one query."""
    wanted = {serial.upper() for serial in serials if normal_serial(serial)}
    found: dict[str, list[Printer]] = {}
    if wanted:
        rows = Printer.objects.filter(is_active=True).annotate(key=Upper("serial_number")).filter(key__in=wanted)
        for printer in rows.select_related("contract_device").order_by("pk"):
            found.setdefault(printer.serial_number.upper(), []).append(printer)
    return found


def link_one(device: ContractDevice, user_id: int | None) -> Printer | None:
    """Link a device that has no printer to the one of its serial number; return it, None when there is none to take."""
    link_devices(ContractDevice.objects.filter(pk=device.pk), user_id=user_id)
    device.refresh_from_db(fields=["printer"])
    return device.printer


def relink(device: ContractDevice, user_id: int | None) -> None:
    """Follow a changed serial number: let go of a printer that has another, and take the one that has this."""
    printer = device.printer
    if printer is not None and normal_serial(printer.serial_number) != normal_serial(device.serial_number):
        unlink(device, user_id)
    link_one(device, user_id)


def unlink(device: ContractDevice, user_id: int | None) -> None:
    """Let go of a device's printer."""
    if device.printer is None:
        return
    old = {"printer": str(device.printer)}
    ContractDevice.objects.filter(pk=device.pk).update(printer=None)
    device.printer = None
    history.event(device, DeviceChange.UNLINKED, old=old, user_id=user_id).save()


def link_devices(
    rows: QuerySet[ContractDevice], *, force: bool = False, dry_run: bool = False, user_id: int | None = None
) -> Linked:
    """Link the devices of a query that are under contract and have a serial number, chunk by chunk.

    Without `force` a device that has a printer keeps it; with it, one whose printer has another serial number is linked anew.
    """
    told = Linked()
    last = 0
    rows = rows.filter(is_active=True).exclude(serial_number="").order_by("pk")
    while chunk := list(rows.filter(pk__gt=last).select_related("model__manufacturer", "printer")[:CHUNK]):
        last = chunk[-1].pk
        with transaction.atomic():
            _link_chunk(chunk, told, force=force, dry_run=dry_run, user_id=user_id)
    return told


def _link_chunk(
    chunk: Sequence[ContractDevice], told: Linked, *, force: bool, dry_run: bool, user_id: int | None
) -> None:
    found = printers_by_serial(device.serial_number for device in chunk)
    taken: dict[int, ContractDevice] = {}
    for device in chunk:
        if device.printer is not None and (not force or _fits(device)):
            told.note("already", device, device.printer)
            continue
        candidates = found.get(device.serial_number.upper(), [])
        free = [one for one in candidates if one.pk not in taken and _is_free(one, device)]
        if not free:
            told.note("occupied" if candidates else "not_found", device)
            continue
        if len(free) > 1:
            told.note("multiple", device, free[0])
        told.note("relinked" if device.printer is not None else "linked", device, free[0])
        taken[free[0].pk] = device
    if taken and not dry_run:
        _write(taken, user_id)


def _fits(device: ContractDevice) -> bool:
    assert device.printer is not None  # noqa: S101 - asked by callers; tells the type checker
    return normal_serial(device.printer.serial_number) == normal_serial(device.serial_number)


def _is_free(printer: Printer, device: ContractDevice) -> bool:
    """Whether no other device under contract has this printer."""
    owner = getattr(printer, "contract_device", None)
    return owner is None or not owner.is_active or owner.pk == device.pk


def _write(taken: dict[int, ContractDevice], user_id: int | None) -> None:
    """Write links in three statements: those who lent the printers and their new owners let go, then each takes its own."""
    owners = [device.pk for device in taken.values()]
    ContractDevice.objects.filter(Q(printer__in=taken) | Q(pk__in=owners)).update(printer=None)
    printers = {printer.pk: printer for printer in Printer.objects.filter(pk__in=taken)}
    for pk, device in taken.items():
        device.printer = printers[pk]
    # Only `printer` is written: the rows exist, so the upsert by id inserts nothing.
    ContractDevice.objects.bulk_create(
        taken.values(), batch_size=CHUNK, update_conflicts=True, unique_fields=["id"], update_fields=["printer"]
    )
    ContractEvent.objects.bulk_create(
        [
            history.event(device, DeviceChange.LINKED, new={"printer": str(printers[pk])}, user_id=user_id)
            for pk, device in taken.items()
        ],
        batch_size=CHUNK,
    )
