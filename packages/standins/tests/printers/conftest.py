"""A fleet of all models that stands still, and a manager to ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from standins.printers import PrinterFleet
from standins.printers.asking import Manager

NOON = 1_794_830_400.0
"""A Monday in November 2026, 12:00 UTC."""


@pytest.fixture(scope="module")
def fleet() -> Iterator[PrinterFleet]:
    """42 printers: every model twice."""
    with PrinterFleet(count=42, speed=0, start=NOON, log=200) as running:
        yield running


@pytest.fixture
def manager() -> Iterator[Manager]:
    """A socket of its own per test."""
    with Manager() as one:
        yield one
