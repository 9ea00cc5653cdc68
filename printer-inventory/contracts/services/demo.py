"""Contracts for the demo: four clients of the stand-in fleet, each with a story that its pages tell."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from sheets import write_table

from contracts.models import (
    Cartridge,
    City,
    ContractDevice,
    ContractEvent,
    ContractStatus,
    DeviceChange,
    DeviceModel,
    DeviceModelCartridge,
    ServiceProvider,
)
from contracts.services import history, import_jobs, import_sessions, linking, ordering
from contracts.services.importing_sheets import COLUMNS
from inventory.models import JobState, Organization
from inventory.services.identity import find_device_model
from outbox.models import Delivery

Entry = Mapping[str, Any]
COLORS = (("black", "K"), ("cyan", "C"), ("magenta", "M"), ("yellow", "Y"))
COLOR_MODELS = (
    "Color",
    "L8690",
    "C5540",
    "C579R",
    "C3060",
    "bizhub C",
    "4053ci",
    "MC853",
    "IM C",
    "MX-3071",
    "2515AC",
    "C8055",
)


def load_contracts(entries: Sequence[Entry], user_id: int | None) -> int:
    """Put the stand-in fleet under contract, once; return how many devices were made."""
    if ContractDevice.objects.exists():
        return 0
    with transaction.atomic():
        providers = _providers()
        statuses = {one.name: one for one in ContractStatus.objects.all()}
        models = {
            key: find_device_model(*key) for key in sorted({(str(e["vendor"]), str(e["model"])) for e in entries})
        }
        _catalogue(models)
        made = _devices(entries, models, providers, statuses)
        _replacement(made, statuses, user_id)
        _orders(made, user_id)
    linking.link_devices(ContractDevice.objects.filter(printer=None))
    _waiting_import(made, statuses, user_id)
    return len(made)


def _providers() -> dict[str, ServiceProvider]:
    facts = (("amb", "AMB", "orders@amb.example"), ("tonex", "Tonex", "service@tonex.example"))
    return {
        code: ServiceProvider.objects.update_or_create(code=code, defaults={"name": name, "support_email": mail})[0]
        for code, name, mail in facts
    }


def _catalogue(models: Mapping[tuple[str, str], int]) -> None:
    """Give every model its cartridges; the names are the demo's own."""
    for number, ((_, name), pk) in enumerate(models.items(), 1):
        is_color = any(part in name for part in COLOR_MODELS)
        for color, letter in COLORS if is_color else COLORS[:1]:
            cartridge, _ = Cartridge.objects.get_or_create(
                name=f"{letter} toner for {name}",
                part_number=f"DEMO-{number:02}{letter}",
                defaults={"color": color, "capacity": "12,000 pages" if color == "black" else "9,000 pages"},
            )
            DeviceModelCartridge.objects.get_or_create(
                device_model_id=pk, cartridge=cartridge, defaults={"is_primary": color == "black"}
            )
    DeviceModel.objects.filter(pk__in=models.values()).update(has_network_port=True)


def _devices(
    entries: Iterable[Entry],
    models: Mapping[tuple[str, str], int],
    providers: Mapping[str, ServiceProvider],
    statuses: Mapping[str, ContractStatus],
) -> list[ContractDevice]:
    """The shipyard is all AMB's, the clinic Tonex's; the bank changes hands; a sixth of the college is under no contract yet."""
    clients = {one.name: one for one in Organization.objects.all()}
    cities = {str(entry["city"]) for entry in entries}
    City.objects.bulk_create([City(name=name) for name in sorted(cities)], ignore_conflicts=True)
    known = {one.name: one for one in City.objects.all()}
    rows = []
    for place, entry in enumerate(entries):
        client = str(entry["organization"])
        if client.startswith("Sayan") and place % 6 == 0:
            continue
        provider = providers["amb" if "Shipyard" in client else "tonex"]
        changes_hands = client.startswith("Taiga") and place % 8 == 0
        status = "In repair" if place % 41 == 40 else "In store" if place % 53 == 52 else "In service"
        rows.append(
            ContractDevice(
                organization=clients[client],
                city=known[str(entry["city"])],
                address=str(entry["street"]),
                room_number=str(entry["room"]),
                model_id=models[str(entry["vendor"]), str(entry["model"])],
                serial_number=str(entry["serial"]),
                status=statuses[status],
                service_provider=None if changes_hands else provider,
                service_start_month=date(2025 + place % 2, 1 + place % 12, 1),
                comment="Fuser ordered, comes on Thursday." if status == "In repair" else "",
            )
        )
    made = ContractDevice.objects.bulk_create(rows)
    loaded = (
        ContractDevice.objects.filter(pk__in=[one.pk for one in made]).select_related(*history.JOINS).order_by("pk")
    )
    devices = list(loaded)
    ContractEvent.objects.bulk_create(
        [history.event(one, DeviceChange.ADDED, new=history.shown(one)) for one in devices]
    )
    return devices


def _replacement(made: Sequence[ContractDevice], statuses: Mapping[str, ContractStatus], user_id: int | None) -> None:
    """The first device of the list stands where another one broke a month ago."""
    new, now = made[0], timezone.now() - timedelta(days=31)
    old = ContractDevice.objects.create(
        organization=new.organization,
        city=new.city,
        address=new.address,
        room_number=new.room_number,
        model=new.model,
        serial_number=f"OLD-{new.serial_number}"[:128],
        status=statuses["Written off"],
        service_provider=new.service_provider,
        service_start_month=new.service_start_month,
        is_active=False,
        removed_at=now,
        replaced_by=new,
    )
    event = history.event(
        old,
        DeviceChange.REPLACED,
        old={"serial_number": old.serial_number},
        new={"serial_number": new.serial_number},
        user_id=user_id,
        related=new,
        comment="Formatter board burnt out; not worth a repair.",
    )
    event.at = now
    event.save()


def _orders(made: Sequence[ContractDevice], user_id: int | None) -> None:
    """One order that was sent, and one that the mail server refused."""
    refused = "The mail server refused it: 452 mailbox is full"
    for device, state, reason in ((made[0], JobState.DONE, ""), (made[-1], JobState.FAILED, refused)):
        link = DeviceModelCartridge.objects.filter(device_model=device.model_id).first()
        if link is None or device.service_provider is None:
            continue
        with transaction.atomic():  # its end is written before any worker can see it: the demo's providers get no mail
            ordered = ordering.order(device, {link.cartridge_id: 2}, "", f"demo:{device.pk}", user_id, "")
            Delivery.objects.filter(pk=ordered.delivery_id).update(state=state, reason=reason, ended_at=timezone.now())


def _waiting_import(
    made: Sequence[ContractDevice], statuses: Mapping[str, ContractStatus], user_id: int | None
) -> None:
    """A list of the college waits to be decided on: new rooms, a device of the clinic, a model nobody knows, a number twice."""
    college = [one for one in made if one.organization.name.startswith("Sayan")]
    foreign = next((one for one in made if "Clinic" in one.organization.name), None)
    if len(college) < 4 or foreign is None:
        return

    def row(device: ContractDevice, number: int, **changes: str) -> tuple[object, ...]:
        cells = {
            "number": number, "organization": college[0].organization.name, "city": device.city.name,
            "address": device.address, "room": device.room_number, "manufacturer": device.model.manufacturer.name,
            "model": device.model.name, "serial": device.serial_number, "month": "09.2026",
        }  # fmt: skip
        cells |= changes
        return tuple(cells.get(column.key) for column in COLUMNS)

    rows = [
        row(college[0], 1), row(college[1], 2, room="Library"), row(college[2], 3, room="Dean"),
        row(college[0], 4, serial="COLLEGE-NEW-1", room="12"), row(college[0], 5, serial="COLLEGE-NEW-2", room="14"),
        row(foreign, 6), row(college[3], 7, model="Nobody's model"), row(college[0], 8, serial="COLLEGE-NEW-1", room="15"),
    ]  # fmt: skip
    file = io.BytesIO()
    write_table(file, [column.title for column in COLUMNS], rows)
    status = statuses["In service"]
    import_sessions.open_session("College, autumn list", [("college.xlsx", file.getvalue())], status, None, user_id)
    import_jobs.run_next()
