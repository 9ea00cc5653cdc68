"""What goes wrong on purpose: a fault waits for requests that fit and is used up by them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["status", "garbage", "slow", "drop", "duplicate_page"]


@dataclass
class Fault:
    """One mishap. `status` answers with it (`retry_after` in seconds), `garbage` with no JSON, `slow` late by `seconds`,

    `drop` closes the connection, `duplicate_page` gives the page before again. `path` is the beginning of the paths it
    fits; `times` how often, None for always.
    """

    kind: Kind
    path: str = "/"
    times: int | None = 1
    status: int = 500
    retry_after: int | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no fault."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.kind!r} is no fault; there are {', '.join(get_args(Kind))}")


class Faults:
    """The faults that wait; safe from several threads."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Take all away."""
        with self._lock:
            self._waiting.clear()

    def take(self, path: str) -> Fault | None:
        """Return the first fault that fits a path, one use less; None when all is well."""
        with self._lock:
            for fault in self._waiting:
                if not path.startswith(fault.path):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None
