"""What a provider may do wrong when a test asks for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

FaultKind = Literal[
    "wrong_nonce",
    "no_nonce",
    "wrong_audience",
    "wrong_issuer",
    "wrong_at_hash",
    "wrong_subject",
    "expired",
    "issued_in_future",
    "tampered_token",
    "alg_none",
    "alg_hs256",
    "unknown_key",
    "wrong_state",
    "slow",
    "server_error",
]
FAULTS: Final = frozenset(get_args(FaultKind))
ENDPOINTS: Final = frozenset({"discovery", "auth", "token", "userinfo", "certs", "logout"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to come.

    `times` is how often it happens, None until it is cleared. `slow` and `server_error` happen at `endpoint` (None: any of
    `ENDPOINTS`); `seconds` is how long `slow` waits. `wrong_subject` is of userinfo, the others are of the ID token.
    """

    kind: FaultKind
    times: int | None = 1
    endpoint: str | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what would never happen."""
        if self.kind not in FAULTS:
            raise ValueError(f"no fault {self.kind!r}; there are {', '.join(sorted(FAULTS))}")
        if self.endpoint is not None and self.endpoint not in ENDPOINTS:
            raise ValueError(f"no endpoint {self.endpoint!r}; there are {', '.join(sorted(ENDPOINTS))}")
        if (self.times is not None and self.times < 1) or not 0 <= self.seconds <= 60:
            raise ValueError("a fault happens at least once and waits at most a minute")


class Faults:
    """The faults to come, in the order in which they were asked for; safe between threads."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: list[Fault] = []
        self._guard = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Ask for a fault."""
        with self._guard:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Behave from now on."""
        with self._guard:
            self._waiting.clear()

    def take(self, kind: FaultKind, endpoint: str | None = None) -> Fault | None:
        """Return a fault of that kind that is due here and count it as happened, or None."""
        with self._guard:
            for index, fault in enumerate(self._waiting):
                if fault.kind == kind and (fault.endpoint is None or fault.endpoint == endpoint):
                    if fault.times is not None:
                        left = fault.times - 1
                        self._waiting[index : index + 1] = [replace(fault, times=left)] if left else []
                    return fault
        return None
