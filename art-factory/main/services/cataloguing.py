"""Machines against their providers: what a provider no longer takes or has, and machines that somebody adds from a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.db import transaction

from main.factories import differences, machines_in, read_machines
from main.models import FactoryMachine, OrderTemplate, Provider
from main.providers.catalogue import Catalogue
from main.providers.protocol import ProviderError
from main.services import events
from main.services.connections import can_ask, client_of
from main.services.machines import factory_of
from main.services.seeding import SEED, write_machine

LARGEST: Final = 2_000_000


class NotSynced(ValueError):  # noqa: N818 -- says what is in the way
    """It cannot be done; the text says why and what to do."""


@dataclass(slots=True)
class Look:
    """What became of one machine. `verdict`: same, drifted, gone, unreachable, added or updated; `templates` use it."""

    machine: str
    verdict: str
    notes: list[str] = field(default_factory=list)
    templates: int = 0


def ask_provider(name: str, *, dry_run: bool = False) -> list[Look]:
    """Hold a provider's machines against what it says today; what it no longer has is not offered any more. NotSynced.

    What drifted is only told: which value is meant instead, a person decides in `seed/machines` or in the added file.
    """
    if not can_ask(name):
        raise NotSynced(f"{name} has no key or address yet: put it into .env, or type it into Settings > Keys")
    client = client_of(name)
    if not isinstance(client, Catalogue):
        raise NotSynced(f"{name} publishes no catalogue that is read here; --from-file takes machines from a file")
    found = []
    for machine in FactoryMachine.objects.filter(provider__name=name, is_active=True).order_by("name"):
        look = _look(client, machine)
        if look.verdict in ("drifted", "gone"):
            look.templates = OrderTemplate.objects.alive().filter(machine=machine).count()
        if look.verdict == "gone" and not dry_run:
            FactoryMachine.objects.filter(pk=machine.pk).update(is_active=False)
            events.record("machine_withdrawn", entity=machine.pk, actor="sync_models", reason=look.notes[0])
        found.append(look)
    return found


def take_from(path: Path, provider: str = "", *, dry_run: bool = False) -> list[Look]:
    """Add or update the machines of a file written as those in `seed/machines` are; all of them, or none. NotSynced, OSError."""
    if path.stat().st_size > LARGEST:
        raise NotSynced(f"{path.name} is larger than {LARGEST // 1_000_000} MB")
    try:
        tables = machines_in(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotSynced(f"{path.name} is no TOML: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise NotSynced(f"{path.name}: a machine is not right: {error!r}"[:400]) from None
    delivered = {one["name"] for one in read_machines(SEED / "machines")}
    providers = {one.name: one for one in Provider.objects.all()}
    for table in tables:
        if table["name"] in delivered:
            raise NotSynced(f"{table['name']} comes with Art Factory: change it in seed/machines and load_seed_data")
        if table["provider"] not in providers:
            raise NotSynced(f"{table['name']}: there is no provider {table['provider']!r}")
        if provider and table["provider"] != provider:
            raise NotSynced(f"{table['name']} is a machine of {table['provider']}, not of {provider}")
    there = set(FactoryMachine.objects.values_list("name", flat=True))
    if not dry_run:
        with transaction.atomic():
            for table in tables:
                write_machine(table, providers[table["provider"]], added=True)
    return [Look(table["name"], "updated" if table["name"] in there else "added") for table in tables]


def _look(client: Catalogue, machine: FactoryMachine) -> Look:
    factory = factory_of(machine)
    try:
        schema = client.schema(factory.endpoint)
    except ProviderError as error:
        return Look(machine.name, "unreachable", [str(error)[:300]])
    if schema is None:
        return Look(machine.name, "gone", ["the provider does not have it (any more)"])
    notes = differences(factory, schema.properties, schema.required)
    return Look(machine.name, "drifted" if notes else "same", notes)
