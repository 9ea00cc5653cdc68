"""What goes wrong on demand. Each fault waits for its occasion and wears off after `times`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any, Final

KINDS: Final = {
    "status": "answer with `status`, in the provider's own words, and do nothing",
    "lost": "do what was asked, then break the line without an answer",
    "reset": "break the line before anything is done",
    "slow": "answer after `seconds`",
    "fails": "the model breaks (submit)",
    "policy": "the content rules refuse it (submit)",
    "flagged": "a black picture, marked (submit)",
    "never": "it never ends (submit)",
    "aborted": "it ends before it began, uncharged (submit)",
    "expired": "the address of a result is gone until the result is asked for again (file)",
    "garbage": "a page of HTML instead of the file (file)",
    "truncated": "half of the file (file)",
}
PLACES: Final = ("submit", "poll", "result", "cancel", "file", "other")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: at which provider ("" any), at which step, how often."""

    kind: str
    where: str = "submit"
    provider: str = ""
    times: int = 1
    status: int = 500
    seconds: float = 1.0
    retry_after: str = ""

    def __post_init__(self) -> None:
        """Refuse what nobody knows. Raises ValueError."""
        if self.kind not in KINDS or self.where not in PLACES:
            raise ValueError(f"no such fault: {self.kind} at {self.where}")

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Fault:
        """Read one from JSON. Raises TypeError or ValueError."""
        return cls(**data)


class Faults:
    """Those that wait."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let it happen at the next occasion."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self._waiting.clear()

    def take(self, provider: str, where: str, kinds: tuple[str, ...] | None = None) -> Fault | None:
        """Return the fault of this occasion, if there is one, and count it."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                here = fault.where == where and fault.provider in ("", provider)
                if here and (kinds is None or fault.kind in kinds):
                    if fault.times > 1:
                        self._waiting[index] = replace(fault, times=fault.times - 1)
                    else:
                        del self._waiting[index]
                    return fault
        return None
