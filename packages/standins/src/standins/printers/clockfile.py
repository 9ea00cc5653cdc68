"""A demo fleet's time on disk, so that a restarted fleet goes on counting where it stopped, as real printers do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .clock import Clock

INTERVAL: Final = 1.0
"""Real seconds between two writes."""


def resume(path: Path, speed: float) -> float | None:
    """Return the simulated time to go on from, or None without a readable file.

    It lies a little after what was written last: a killed fleet has lost its last moments, and no counter may run back.
    """
    try:
        return float(path.read_text("ascii")) + 5 * INTERVAL * speed
    except (OSError, ValueError):
        return None


@contextmanager
def kept(path: Path, clock: Clock) -> Iterator[None]:
    """Write the clock's time to `path` every second, and once more at the end."""
    stop = threading.Event()

    def write() -> None:
        temporary = path.with_suffix(".new")
        temporary.write_text(repr(clock.moment().at), "ascii")
        temporary.replace(path)

    def run() -> None:
        while not stop.wait(INTERVAL):
            write()

    write()
    thread = threading.Thread(target=run, name="clock file", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        write()
