"""A demo fleet that is stopped, or killed, never counts backwards when it comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from standins.printers.clock import Clock
from standins.printers.clockfile import kept, resume


def test_time_goes_on_after_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock = Clock(start=1_000_000.0, speed=0)
    with kept(path, clock):
        clock.change(advance=500)
    assert resume(path, speed=0) == 1_000_500.0
    started_again = resume(path, speed=60)
    assert started_again is not None
    assert started_again > 1_000_500.0


def test_a_killed_fleet_has_written_from_its_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    with kept(path, Clock(start=42.0, speed=0)):
        assert resume(path, speed=0) == 42.0


@pytest.mark.parametrize("content", [None, "", "soon"])
def test_without_a_readable_file_time_starts_now(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "clock"
    if content is not None:
        path.write_text(content)
    assert resume(path, speed=60) is None
