"""What a printer's objects are filled from at an instant."""

from __future__ import annotations

from dataclasses import dataclass

from .alerts import AlertRow
from .behaviour import Snapshot
from .ber import Oid
from .identity import Identity

Value = int | bytes | str | Oid


@dataclass(frozen=True, slots=True)
class Facts:
    """What slots are filled from: identity, the instant's snapshot, its alerts by row, and hundredths of seconds since boot."""

    identity: Identity
    snapshot: Snapshot
    alerts: dict[int, AlertRow]
    ticks: int
