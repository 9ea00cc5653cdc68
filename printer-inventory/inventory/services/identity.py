"""Filling in what a printer has told about itself, only by a believed reading.

Only blanks are filled, except the MAC address of a printer whose serial number is the one on file: a new network card,
noted as such. That happens once a day at most; a device that answers with ever new addresses is not followed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Lower

from inventory.models import Change, Printer, PrinterEvent
from inventory.polling.reading import DeviceReading
from inventory.rules.identity import normal_mac, normal_serial
from inventory.services import events

if TYPE_CHECKING:
    from inventory.services.judging import Judged

NAME_LENGTH = 128
ONCE_A = timedelta(days=1)
ATTRIBUTES = {"device_model": "device_model_id"}

FILL_SQL = """
UPDATE inventory_printer p
SET serial_number = COALESCE(r.serial_number, p.serial_number), mac_address = COALESCE(r.mac_address, p.mac_address),
    hostname = COALESCE(r.hostname, p.hostname), location = COALESCE(r.location, p.location),
    last_match_rule = COALESCE(r.last_match_rule, p.last_match_rule),
    device_model_id = COALESCE(r.device_model, p.device_model_id), last_updated = %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r(id bigint, serial_number text, mac_address text, hostname text, location text, last_match_rule text,
         device_model bigint)
WHERE p.id = r.id
"""


def update_identities(accepted: Sequence[Judged], now: datetime) -> None:
    """Write serial number, MAC address, host name, model and match rule where the printer has none, or a new match
    rule or MAC address.
    """
    wanting = {item.lease.printer_id: item for item in accepted if _is_wanting(item)}
    if not wanting:
        return
    settled = _settled([pk for pk, item in wanting.items() if _has_new_mac(item)], now)
    known = _known_models([item.reading for item in wanting.values() if item.lease.device_model_id is None])
    filled: list[tuple[Printer, list[str]]] = []
    for printer in Printer.objects.filter(pk__in=wanting).order_by("pk"):
        item = wanting[printer.pk]
        assert item.reading is not None  # noqa: S101 - an accepted poll has a reading; tells the type checker
        if changed := _fill(printer, item.reading, item.match_rule, known):
            filled.append((printer, changed))
        if _has_new_mac(item) and printer.pk not in settled:
            _take_mac(printer, item, now)
    _save_all(filled, now)


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
    if item.match_rule != "SN_ONLY" or item.reading is None:
        return False
    polled, stored = normal_mac(item.reading.mac), normal_mac(item.lease.mac)
    return bool(stored and polled and polled != stored)


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


def _known_models(readings: Sequence[DeviceReading | None]) -> Callable[[str, str], int]:
    """Return what finds a model's id: a new fleet is many printers of few models, so one query finds them all.

    A model the catalogue does not have is added when it is asked for.
    """
    names = {_model_name(reading.model).lower() for reading in readings if reading is not None and reading.model}
    rows = apps.get_model("contracts", "DeviceModel").objects.annotate(low=Lower("name")).filter(low__in=names)
    found = rows.order_by("-pk").values_list("manufacturer__name", "name", "pk") if names else ()
    known = {(maker.lower(), name.lower()): pk for maker, name, pk in found}

    def find(manufacturer: str, model: str) -> int:
        key = (_maker_name(manufacturer).lower(), _model_name(model).lower())
        if key not in known:
            known[key] = find_device_model(manufacturer, model)
        return known[key]

    return find


def _maker_name(text: str) -> str:
    return (text.replace("\x00", "").strip() or "Unknown")[:NAME_LENGTH]


def _model_name(text: str) -> str:
    return text.replace("\x00", "").strip()[:NAME_LENGTH]


def find_device_model(manufacturer: str, model: str) -> int:
    """Return the id of the catalogue's row for a device's own words, made when missing."""
    makers = apps.get_model("contracts", "Manufacturer")
    models = apps.get_model("contracts", "DeviceModel")
    maker_name = _maker_name(manufacturer)
    maker = makers.objects.filter(name__iexact=maker_name).first() or makers.objects.create(name=maker_name)
    name = _model_name(model)
    row = models.objects.filter(manufacturer=maker, name__iexact=name).first()
    return int((row or models.objects.create(manufacturer=maker, name=name, has_network_port=True)).pk)


def _save_all(filled: Sequence[tuple[Printer, list[str]]], now: datetime) -> None:
    """Write what a batch of printers has told, in one statement where no two of them claim one MAC address."""
    taken = _taken_macs([printer for printer, changed in filled if "mac_address" in changed])
    for printer, changed in filled:
        if "mac_address" in changed and (printer.pk, printer.mac_address) in taken:
            changed.remove("mac_address")
    rows = [
        {"id": printer.pk, **{name: getattr(printer, ATTRIBUTES.get(name, name)) for name in changed}}
        for printer, changed in filled
        if changed
    ]
    if not rows:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FILL_SQL, {"rows": json.dumps(rows), "now": now})
    except IntegrityError:
        # Somebody has put one of these addresses on file since we looked.
        for printer, changed in filled:
            _save(printer, changed)


def _taken_macs(printers: Sequence[Printer]) -> set[tuple[int, str]]:
    """Return (printer id, MAC address) of those whose address another active printer has or claims."""
    if not printers:
        return set()
    claims = Counter(printer.mac_address for printer in printers)
    others = Printer.objects.filter(is_active=True, mac_address__in=claims).order_by()
    held = set(others.values_list("mac_address", flat=True))
    return {(one.pk, one.mac_address) for one in printers if one.mac_address in held or claims[one.mac_address] > 1}


def _save(printer: Printer, changed: list[str]) -> None:
    """Save the fields; without the MAC address when another active printer has it, which is for a person to judge."""
    try:
        with transaction.atomic():
            printer.save(update_fields=[*changed, "last_updated"])
    except IntegrityError:
        rest = [name for name in changed if name != "mac_address"]
        if rest:
            printer.save(update_fields=[*rest, "last_updated"])
