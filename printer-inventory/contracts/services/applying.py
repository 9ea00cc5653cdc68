"""Writing a chunk of an import: devices made and changed, history, links, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.utils import timezone

from contracts.models import (
    City,
    ContractDevice,
    ContractEvent,
    DeviceChange,
    DeviceModel,
    ImportRow,
    ImportSession,
    Manufacturer,
)
from contracts.rules.device_rows import NEW, Change, fold
from contracts.services import history, linking
from contracts.services.importing_sheets import Judged
from inventory.rules.model_match import compact

REFERENCES: Final = frozenset({"organization", "city", "model", "status", "service_provider"})


def apply_chunk(session: ImportSession, rows: Sequence[ImportRow], judged: Sequence[Judged]) -> tuple[int, int]:
    """Write what rows mean and note on each which device it became; return how many devices were made and changed."""
    fields = _fields(judged, session.made)
    comment = session.name[:200]
    new = [place for place, row in enumerate(judged) if row.meaning.label == NEW]
    made = ContractDevice.objects.bulk_create([ContractDevice(**fields[place]) for place in new], batch_size=1000)
    for place, device in zip(new, made, strict=True):
        rows[place].applied_device = device
        rows[place].written = {"was": None, "now": plain(fields[place])}
    changed = {judged[place].meaning.target: place for place in range(len(rows)) if judged[place].meaning.label != NEW}
    devices, were = _changed(
        [pk for pk in changed if pk is not None], {pk: fields[place] for pk, place in changed.items()}
    )
    for device in devices:
        place = changed[device.pk]
        rows[place].applied_device = device
        rows[place].written = {"was": plain(were[device.pk]), "now": plain(fields[place])}
    targets = {rows[place].applied_device_id: judged[place].meaning.changes for place in range(len(rows))}
    _note([device.pk for device in made], targets, DeviceChange.ADDED, session, comment)
    _note([device.pk for device in devices], targets, DeviceChange.IMPORTED, session, comment)
    touched = ContractDevice.objects.filter(pk__in=list(targets), printer=None)
    linking.link_devices(touched, user_id=session.uploaded_by_id)
    return len(made), len(devices)


def _fields(judged: Sequence[Judged], made: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Return the attributes each row sets; what is missing in the catalogue is made first, and noted in `made`."""
    cities = _make_cities(judged, made)
    models = _make_models(judged, made)
    found = []
    for row in judged:
        fields: dict[str, Any] = {}
        for name, change in row.meaning.changes.items():
            value = change.value
            if name == "city" and value is None:
                value = cities[fold(change.new)]
            elif name == "model" and value is None:
                value = models[_model_key(row.values)]
            fields[f"{name}_id" if name in REFERENCES else name] = value
        found.append(fields)
    return found


def _missing(judged: Sequence[Judged], name: str) -> list[tuple[Judged, Change]]:
    rows = ((row, row.meaning.changes.get(name)) for row in judged)
    return [(row, change) for row, change in rows if change is not None and change.value is None]


def _note_made(made: dict[str, dict[str, str]], kind: str, rows: Iterable[City | Manufacturer | DeviceModel]) -> None:
    made.setdefault(kind, {}).update({str(row.pk): row.name for row in rows})


def _make_cities(judged: Sequence[Judged], made: dict[str, dict[str, str]]) -> dict[str, int]:
    names = {fold(change.new): change.new for _, change in _missing(judged, "city")}
    if not names:
        return {}
    last = City.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    City.objects.bulk_create([City(name=name) for name in names.values()], ignore_conflicts=True)
    _note_made(made, "city", City.objects.filter(pk__gt=last, name__in=names.values()))
    return {fold(name): pk for name, pk in City.objects.values_list("name", "pk") if fold(name) in names}


def _model_key(values: Mapping[str, Any]) -> tuple[str, str]:
    return compact(str(values["manufacturer"])), compact(str(values["model"]))


def _make_models(judged: Sequence[Judged], made: dict[str, dict[str, str]]) -> dict[tuple[str, str], int]:
    wanted = {_model_key(row.values): row.values for row, _ in _missing(judged, "model")}
    if not wanted:
        return {}
    makers = {compact(name): pk for name, pk in Manufacturer.objects.values_list("name", "pk")}
    new = {key[0]: str(values["manufacturer"]) for key, values in wanted.items() if key[0] not in makers}
    created = Manufacturer.objects.bulk_create([Manufacturer(name=name) for name in new.values()])
    makers |= {compact(maker.name): maker.pk for maker in created}
    models = [DeviceModel(manufacturer_id=makers[key[0]], name=str(values["model"])) for key, values in wanted.items()]
    new_models = DeviceModel.objects.bulk_create(models)
    _note_made(made, "manufacturer", created)
    _note_made(made, "model", new_models)
    return dict(zip(wanted, [model.pk for model in new_models], strict=True))


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes in JSON's own types: a month is its first day in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}


def _changed(
    pks: Sequence[int], fields: Mapping[int | None, Mapping[str, Any]]
) -> tuple[list[ContractDevice], dict[int, dict[str, Any]]]:
    """Set attributes of devices; return the devices, and by id what these attributes were."""
    if not pks:
        return [], {}
    devices = list(ContractDevice.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
    were = {device.pk: {name: getattr(device, name) for name in fields[device.pk]} for device in devices}
    for device in devices:
        for name, value in fields[device.pk].items():
            setattr(device, name, value)
    write(devices, {name for pk in pks for name in fields[pk]})
    return devices, were


def write(devices: Sequence[ContractDevice], names: Iterable[str]) -> None:
    """Write attributes of devices that exist, and raise their versions: one statement for a thousand."""
    now = timezone.now()
    for device in devices:
        device.version += 1
        device.updated_at = now
    # An upsert by id, as for printers: `bulk_update` spends minutes on building its CASE.
    ContractDevice.objects.bulk_create(
        devices,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*sorted({name.removesuffix("_id") for name in names}), "version", "updated_at"],
    )


def _note(
    pks: Sequence[int],
    changes: Mapping[int | None, Mapping[str, Change]],
    change: DeviceChange,
    session: ImportSession,
    comment: str,
) -> None:
    """Write one event per device; the names are joined in one statement."""
    devices = ContractDevice.objects.filter(pk__in=pks).select_related("model__manufacturer")
    ContractEvent.objects.bulk_create(
        [
            history.event(
                device,
                change,
                old={name: one.old for name, one in changes[device.pk].items() if one.old},
                new={name: one.new for name, one in changes[device.pk].items()},
                user_id=session.uploaded_by_id,
                comment=comment,
            )
            for device in devices
        ],
        batch_size=1000,
    )
