"""Load providers, machines and the first lookups from `seed/`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from main.factories import Machine, read_machines
from main.models import Budget, FactoryMachine, Lookup, Provider

SEED: Final = Path(settings.BASE_DIR) / "seed"


@transaction.atomic
def load_seed_data(*, reset: bool = False) -> dict[str, int]:
    """Bring providers, machines and lookups up to date and return how many there are of each.

    What people changed stays (favourites, limits, lookups they edited); `reset` puts everything back as it is in `seed/`.
    Machines that are no longer in `seed/` are not offered any more, unless they were added here; their orders and products stay.
    """
    providers = {one["name"]: _provider(one, reset=reset) for one in _read("providers.toml")["provider"]}
    names = set()
    for data in read_machines(SEED / "machines"):
        names.add(data["name"])
        write_machine(data, providers[data["provider"]], reset=reset)
    FactoryMachine.objects.exclude(name__in=names).filter(is_added=False).update(is_active=False)
    for one in _read("lookups.toml")["lookup"]:
        values = {"values": one["values"], "category": one.get("category", "")}
        if reset:
            Lookup.objects.update_or_create(name=one["name"], defaults=values)
        else:
            Lookup.objects.get_or_create(name=one["name"], defaults=values)
    Budget.objects.get_or_create(pk=1)
    return {"providers": len(providers), "machines": len(names), "lookups": Lookup.objects.count()}


def _provider(data: dict[str, Any], *, reset: bool) -> Provider:
    values = {key: value for key, value in data.items() if key != "name"}
    if reset:
        return Provider.objects.update_or_create(name=data["name"], defaults=values)[0]
    return Provider.objects.get_or_create(name=data["name"], defaults=values)[0]


def write_machine(data: dict[str, Any], provider: Provider, *, reset: bool = False, added: bool = False) -> bool:
    """Write one machine's table (as `factories.machines_in` gives it) into its row; say whether the row is new."""
    machine = Machine.from_data(data)
    always = {
        "display_name": machine.display_name,
        "description": machine.description,
        "provider": provider,
        "family": machine.family,
        "modality": machine.modality,
        "generator_kind": machine.generator_kind,
        "specification": data,
        "estimated_seconds": machine.estimated_seconds,
        "is_added": added,
        **({"is_active": True} if added else {}),
    }
    first = {"max_concurrent": machine.max_concurrent, "is_active": True}
    defaults = always | (first | {"is_favorite": False} if reset else {})
    rows = FactoryMachine.objects
    return rows.update_or_create(name=machine.name, defaults=defaults, create_defaults=always | first)[1]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((SEED / name).read_text(encoding="utf-8"))
