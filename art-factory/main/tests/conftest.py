"""Fixtures: a media folder per test, seeded machines, a quick way to a machine of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from standins.imaging import ImagingServices

from main.models import Budget, FactoryMachine, Lookup, Provider
from main.services.seeding import load_seed_data
from main.tests.scripted import Scripted
from main.tests.services import point_at


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    """Each test stores its files in a folder of its own."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


_AS_DELIVERED: dict[type[Model], list[dict[str, Any]]] = {}
"""What `load_seed_data` wrote when it was first asked, row by row: the other tests get the same rows in four statements."""


@pytest.fixture
def seeded(db) -> None:
    """Providers, machines and lookups as delivered."""
    if _AS_DELIVERED:
        for model, rows in _AS_DELIVERED.items():
            model._default_manager.bulk_create([model(**row) for row in rows])
        return
    load_seed_data()
    for model in (Provider, FactoryMachine, Lookup, Budget):
        names = [one.attname for one in model._meta.concrete_fields]
        _AS_DELIVERED[model] = [{name: getattr(row, name) for name in names} for row in model._default_manager.all()]


@pytest.fixture
def still(seeded) -> FactoryMachine:
    """The built-in picture machine."""
    return FactoryMachine.objects.get(name="builtin/still")


@pytest.fixture
def services(seeded, settings) -> Iterator[ImagingServices]:
    """fal.ai, Replicate, CivitAI and ComfyUI on loopback, reached by the settings; no limit slows the tests down."""
    with ImagingServices() as running:
        point_at(settings, running)
        Provider.objects.update(concurrency=500, rate_per_minute=600_000)
        FactoryMachine.objects.update(max_concurrent=500)
        yield running


@pytest.fixture
def paid(seeded, monkeypatch) -> Scripted:
    """The scripted provider in fal's place."""
    client = Scripted()
    monkeypatch.setattr("main.services.connections.client_for", lambda _name, _connection: client)
    Provider.objects.filter(name="fal").update(concurrency=500, rate_per_minute=600_000)
    FactoryMachine.objects.update(max_concurrent=500)
    return client
