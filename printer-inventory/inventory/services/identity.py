"""Filling in what a printer has told about itself, only by a believed reading.

Only blanks are filled, except the MAC address of a printer whose serial number is the one on file: a new network card,
noted as such. That happens once a day at most; a device that answers with ever new addresses is not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import IntegrityError, transaction

from inventory.models import Change, Printer, PrinterEvent
from inventory.polling.reading import DeviceReading
from inventory.rules.identity import normal_mac, normal_serial
from inventory.services import events

if TYPE_CHECKING:
    from inventory.services.judging import Judged

NAME_LENGTH = 128
ONCE_A = timedelta(days=1)


def update_identities(accepted: Sequence[Judged], now: datetime) -> None:
    """Write serial number, MAC address, host name, model and match rule where the printer has none, or a new match
    rule or MAC address.
    """
    wanting = {item.lease.printer_id: item for item in accepted if _is_wanting(item)}
    if not wanting:
        return
    settled = _settled([pk for pk, item in wanting.items() if _has_new_mac(item)], now)
    # A new fleet is many printers of few models: each model is looked up once a batch.
    known = cache(find_device_model)
    for printer in Printer.objects.filter(pk__in=wanting).order_by("pk"):
        item = wanting[printer.pk]
        assert item.reading is not None  # noqa: S101 - an accepted poll has a reading; tells the type checker
        changed = _fill(printer, item.reading, item.match_rule, known)
        if changed:
            _save(printer, changed)
        if _has_new_mac(item) and printer.pk not in settled:
            _take_mac(printer, item, now)


def _is_wanting(item: Judged) -> bool:
    lease, reading = item.lease, item.reading
    if reading is None:
        return False
    return bool(
        (not lease.serial and reading.serial)
        or (not lease.mac and reading.mac)
        or (not lease.hostname and reading.hostname)
        or (lease.device_model_id is None and reading.model)
        or item.match_rule != lease.match_rule
        or _has_new_mac(item)
    )


def _has_new_mac(item: Judged) -> bool:
    """Whether the printer was recognised by its serial number and has another MAC address than the one on file."""
    polled = normal_mac(item.reading.mac) if item.reading is not None else ""
    stored = normal_mac(item.lease.mac)
    return bool(item.match_rule == "SN_ONLY" and stored and polled and polled != stored)


def _settled(printer_ids: Collection[int], now: datetime) -> set[int]:
    """Return those of the printers whose MAC address has changed lately."""
    if not printer_ids:
        return set()
    recent = PrinterEvent.objects.filter(printer__in=printer_ids, change=Change.MAC_UPDATE, at__gt=now - ONCE_A)
    return set(recent.order_by().values_list("printer_id", flat=True))


def _take_mac(printer: Printer, item: Judged, now: datetime) -> None:
    """Put the new MAC address on file, unless another active printer has it, which is for a person to judge."""
    assert item.reading is not None  # noqa: S101 - a new address comes from a reading; tells the type checker
    old, printer.mac_address = printer.mac_address, normal_mac(item.reading.mac)
    try:
        with transaction.atomic():
            printer.save(update_fields=["mac_address", "last_updated"])
    except IntegrityError:
        return
    events.record(
        printer,
        Change.MAC_UPDATE,
        now,
        old={"mac_address": old},
        new={"mac_address": printer.mac_address},
        poll_id=item.lease.task_id,
    )


def _fill(
    printer: Printer, reading: DeviceReading, match_rule: str, find_model: Callable[[str, str], int]
) -> list[str]:
    """Set empty fields from the reading; return the names of those that changed."""
    facts = {
        "serial_number": "" if printer.serial_number or not normal_serial(reading.serial) else own_serial(reading),
        "mac_address": "" if printer.mac_address else normal_mac(reading.mac),
        "hostname": "" if printer.hostname else reading.hostname.replace("\x00", "").strip()[:255],
        "location": "" if printer.location else reading.location.replace("\x00", "").strip()[:255],
        "last_match_rule": match_rule if printer.last_match_rule != match_rule else "",
    }
    changed = [name for name, value in facts.items() if value]
    for name in changed:
        setattr(printer, name, facts[name])
    if printer.device_model_id is None and reading.model:
        printer.device_model_id = find_model(reading.manufacturer, reading.model)
        changed.append("device_model")
    return changed


def own_serial(reading: DeviceReading) -> str:
    """Return a reading's serial number as it is written down: in the device's own case, without padding."""
    return reading.serial.replace("\x00", "").replace("\xff", "").strip()[:100]


def find_device_model(manufacturer: str, model: str) -> int:
    """Return the id of the catalogue's row for a device's own words, made when missing."""
    makers = apps.get_model("contracts", "Manufacturer")
    models = apps.get_model("contracts", "DeviceModel")
    maker_name = (manufacturer.replace("\x00", "").strip() or "Unknown")[:NAME_LENGTH]
    maker = makers.objects.filter(name__iexact=maker_name).first() or makers.objects.create(name=maker_name)
    name = model.replace("\x00", "").strip()[:NAME_LENGTH]
    row = models.objects.filter(manufacturer=maker, name__iexact=name).first()
    return int((row or models.objects.create(manufacturer=maker, name=name, has_network_port=True)).pk)


def _save(printer: Printer, changed: list[str]) -> None:
    """Save the fields; without the MAC address when another active printer has it, which is for a person to judge."""
    try:
        with transaction.atomic():
            printer.save(update_fields=[*changed, "last_updated"])
    except IntegrityError:
        rest = [name for name in changed if name != "mac_address"]
        if rest:
            printer.save(update_fields=[*rest, "last_updated"])
