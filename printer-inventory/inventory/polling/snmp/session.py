"""One printer under way: its plan, its dialogue, its timers (RFC 6298) and what it cost."""

from __future__ import annotations

import socket
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final

from inventory.polling.snmp.answers import Ask
from inventory.polling.snmp.dialogue import Dialogue, Question
from inventory.polling.snmp.plan import Polled
from inventory.polling.snmp.targets import Target
from inventory.polling.snmp.transport import Peer

SHORTEST_PART: Final = 0.3
"""Part of the first request's wait that later requests wait at least, however fast the printer has been so far."""

LONGEST_PART: Final = 3.0


@dataclass(slots=True)
class Session:
    """`silence` is how long the printer has been waited for since its last answer, in seconds."""

    target: Target
    peer: Peer
    family: socket.AddressFamily
    community: bytes
    talk: Dialogue
    plan: Generator[Ask, None, Polled]
    started: float
    srtt: float | None = None
    rttvar: float = 0.0
    request_id: int = 0
    question: Question | None = None
    sent_at: float = 0.0
    tries: int = 0
    silence: float = 0.0
    heard: bool = False
    packets: int = 0
    attempts: int = 0
    used_ids: set[int] = field(default_factory=set)
    unreadable: int = 0
    elsewhere: str = ""

    def timeout(self, first: float, budget: float) -> float:
        """Return how long to wait for the request just sent: `first` seconds where nothing is known yet, by the estimate where
        it is, twice as long with each try, within what is left of `budget` seconds of silence.
        """
        known = self.heard and self.srtt is not None
        base = max(first * SHORTEST_PART, (self.srtt or 0.0) + 4 * self.rttvar) if known else first
        backed_off = base * float(1 << (self.tries - 1))
        return max(0.01, min(backed_off, first * LONGEST_PART, budget - self.silence))

    def measured(self, seconds: float) -> None:
        """Take a round-trip time into the estimate; not of repeated requests (RFC 6298 section 3, Karn)."""
        if self.srtt is None:
            self.srtt, self.rttvar = seconds, seconds / 2
        else:
            self.rttvar = 0.75 * self.rttvar + 0.25 * abs(self.srtt - seconds)
            self.srtt = 0.875 * self.srtt + 0.125 * seconds
