"""Filling in what a printer has told about itself: only blanks are filled, and only by a believed reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import IntegrityError, transaction

from inventory.models import Printer
from inventory.polling.reading import DeviceReading
from inventory.rules.identity import normal_mac

if TYPE_CHECKING:
    from inventory.services.judging import Judged

NAME_LENGTH = 128


def update_identities(accepted: Sequence[Judged]) -> None:
    """Write serial number, MAC address, host name, model and match rule where the printer has none, or a new match
    rule.
    """
    wanting = {item.lease.printer_id: item for item in accepted if _is_wanting(item)}
    if not wanting:
        return
    for printer in Printer.objects.filter(pk__in=wanting).order_by("pk"):
        item = wanting[printer.pk]
        assert item.reading is not None  # noqa: S101 - an accepted poll has a reading; tells the type checker
        changed = _fill(printer, item.reading, item.match_rule)
        if changed:
            _save(printer, changed)


def _is_wanting(item: Judged) -> bool:
    lease, reading = item.lease, item.reading
    if reading is None:
        return False
    return bool(
        (not lease.serial and reading.serial)
        or (not lease.mac and reading.mac)
        or (not lease.hostname and reading.hostname)
        or (lease.device_model_id is None and reading.model)
        or lease.last_success_at is None
    )


def _fill(printer: Printer, reading: DeviceReading, match_rule: str) -> list[str]:
    """Set empty fields from the reading; return the names of those that changed."""
    facts = {
        "serial_number": "" if printer.serial_number else reading.serial.replace("\x00", "").strip()[:100],
        "mac_address": "" if printer.mac_address else normal_mac(reading.mac),
        "hostname": "" if printer.hostname else reading.hostname.replace("\x00", "").strip()[:255],
        "location": "" if printer.location else reading.location.replace("\x00", "").strip()[:255],
        "last_match_rule": match_rule if printer.last_match_rule != match_rule else "",
    }
    changed = [name for name, value in facts.items() if value]
    for name in changed:
        setattr(printer, name, facts[name])
    if printer.device_model_id is None and reading.model:
        printer.device_model_id = find_device_model(reading.manufacturer, reading.model)
        changed.append("device_model")
    return changed


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
