"""The four, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from standins.imaging import ImagingServices


@pytest.fixture
def services() -> Iterator[ImagingServices]:
    """Calls take 0.3 seconds, so that queue and progress are seen."""
    with ImagingServices(seconds=0.3) as running:
        yield running
