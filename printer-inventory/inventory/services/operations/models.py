"""Giving printers the model that their device names: for those that have none yet, or for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction

from inventory.models import PageCounter, Printer
from inventory.rules.model_match import compact
from inventory.services.identity import find_device_model

CHUNK = 500


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One printer that gets another model: its address, the model it has ("" for none) and the one its device names."""

    printer: str
    before: str
    after: str


def sync_models(*, organization: str = "", force: bool = False, dry_run: bool = False) -> list[ModelChange]:
    """Set the model of active printers from their last believed reading; return what was, or would be, changed.

    Only printers without a model, or with `force` all whose device names another one. `organization` is a name or an id.
    """
    printers = Printer.objects.filter(is_active=True, status__counter_id__isnull=False)
    if organization:
        by_id = organization.isascii() and organization.isdigit() and len(organization) < 10
        printers = printers.filter(
            **({"organization_id": int(organization)} if by_id else {"organization__name__iexact": organization})
        )
    if not force:
        printers = printers.filter(device_model=None)
    changes: list[ModelChange] = []
    with transaction.atomic():
        for chunk in _chunks(list(printers.order_by("pk").values_list("pk", flat=True))):
            changes += _sync(chunk)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _sync(ids: list[int]) -> list[ModelChange]:
    rows = Printer.objects.filter(pk__in=ids).select_related("device_model__manufacturer", "status")
    printers = {printer.pk: printer for printer in rows}
    readings = dict(
        PageCounter.objects.filter(pk__in=[one.status.counter_id for one in printers.values()]).values_list(
            "printer_id", "reading"
        )
    )
    changes, changed = [], []
    for pk, printer in printers.items():
        reading = readings.get(pk) or {}
        maker, model = str(reading.get("manufacturer") or ""), str(reading.get("model") or "").strip()
        if not model:
            continue
        wanted = find_device_model(maker, model)
        if wanted != printer.device_model_id:
            changes.append(ModelChange(printer.address_display, printer.model_display, f"{maker} {model}".strip()))
            printer.device_model_id = wanted
            changed.append(printer)
    Printer.objects.bulk_update(changed, ["device_model"])
    return changes


def duplicates() -> list[list[str]]:
    """Return groups of catalogue models that differ in case, blanks and punctuation only."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in apps.get_model("contracts", "DeviceModel").objects.select_related("manufacturer"):
        groups.setdefault((compact(row.manufacturer.name), compact(row.name)), []).append(str(row))
    return [sorted(names) for names in groups.values() if len(names) > 1]
