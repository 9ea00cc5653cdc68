"""Clones made of nothing but a temporary folder, and an environment that names no service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from localservices.accounts import remove_place
from localservices.services import reset_services, stop_in

SPEAKING = ("DB_", "REDIS_", "DATABASE_", "LOCALSERVICES_", "PORT_", "PYTEST_")


@pytest.fixture
def silent_environ() -> dict[str, str]:
    """Return this process's environment without any word about services, ports or a surrounding pytest."""
    return {name: value for name, value in os.environ.items() if not name.startswith(SPEAKING)}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Return an empty clone; its servers and everything they left are gone afterwards."""
    clone = tmp_path / "clone"
    clone.mkdir()
    yield clone
    reset_services(clone)
    test_state = clone / ".local" / "test"
    if test_state.exists():
        stop_in(test_state)
        remove_place(test_state)
