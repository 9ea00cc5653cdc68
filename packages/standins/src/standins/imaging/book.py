"""What was asked for: every call with its arguments, and every request that came in."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

KEPT_REQUESTS: Final = 2000


@dataclass(slots=True)
class Call:
    """An accepted call. Its state follows from the clock: a third of `seconds` queued, then running, then done.

    `serial` counts the addresses its results have had; those up to `gone` do not work any more.
    """

    id: str
    provider: str
    model: str
    arguments: dict[str, Any]
    made: float
    seconds: float
    outcome: str = ""
    key: str = ""
    tags: tuple[str, ...] = ()
    cancelled: float | None = None
    serial: int = 0
    gone: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def created(self) -> str:
        """When it was made, as the providers write it."""
        return datetime.fromtimestamp(self.made, UTC).isoformat().replace("+00:00", "Z")

    def age(self) -> float:
        """Return the seconds since it was made."""
        return time.time() - self.made

    def state(self) -> str:
        """Return queued, running, done or cancelled."""
        if self.cancelled is not None:
            return "cancelled"
        age = self.age()
        if self.outcome == "never":
            return "running"
        return "queued" if age < self.seconds / 3 else "running" if age < self.seconds else "done"

    def progress(self) -> float:
        """Return how much is done, 0 to 1."""
        return min(1.0, self.age() / self.seconds) if self.seconds else 1.0

    def charged(self) -> bool:
        """Say whether it costs money: what was cancelled or broke does not."""
        return self.cancelled is None and self.outcome not in ("fails", "aborted", "policy")


class Book:
    """All calls, by id, and the latest requests."""

    def __init__(self, seconds: float = 0.0, clock: Callable[[], float] = time.time) -> None:
        """Calls take `seconds`."""
        self.seconds = seconds
        self.calls: dict[str, Call] = {}
        self.requests: list[dict[str, Any]] = []
        self.uploads: dict[str, bytes] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def add(self, call_id: str, provider: str, model: str, arguments: dict[str, Any], **more: Any) -> Call:
        """Write down a new call."""
        call = Call(call_id, provider, model, arguments, self._clock(), self.seconds, **more)
        with self._lock:
            self.calls[call_id] = call
        return call

    def number(self) -> int:
        """Return a number that no call has had."""
        return next(self._numbers)

    def by_key(self, provider: str, key: str) -> Call | None:
        """Return the call that a client gave this key."""
        return next(
            (one for one in list(self.calls.values()) if one.provider == provider and key and one.key == key), None
        )

    def of(self, provider: str) -> list[Call]:
        """Return a provider's calls, oldest first."""
        return [call for call in list(self.calls.values()) if call.provider == provider]

    def note(self, entry: dict[str, Any]) -> None:
        """Write down a request."""
        with self._lock:
            self.requests.append(entry)
            del self.requests[:-KEPT_REQUESTS]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.calls.clear()
            self.requests.clear()
            self.uploads.clear()
