"""Fixtures: a media folder per test, seeded machines, a quick way to a machine of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from main.models import FactoryMachine
from main.services.seeding import load_seed_data


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    """Each test stores its files in a folder of its own."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture
def seeded(db) -> None:
    """Providers, machines and lookups as delivered."""
    load_seed_data()


@pytest.fixture
def still(seeded) -> FactoryMachine:
    """The built-in picture machine."""
    return FactoryMachine.objects.get(name="builtin/still")
