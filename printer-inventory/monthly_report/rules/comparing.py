"""How a month differs from the one before, device by device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MonthDevice:
    """A device in one month: whether its counters come by themselves, and what a person reads of it."""

    key: str
    label: str
    has_address: bool
    filled_by_itself: bool


@dataclass(slots=True)
class Difference:
    """Devices that came and went, won or lost an address, and are no longer filled by themselves.

    `recoverable` are those of `lost_autofill` that still have an address: polling them again is enough.
    """

    added: list[MonthDevice] = field(default_factory=list)
    removed: list[MonthDevice] = field(default_factory=list)
    address_gained: list[MonthDevice] = field(default_factory=list)
    address_lost: list[MonthDevice] = field(default_factory=list)
    lost_autofill: list[MonthDevice] = field(default_factory=list)

    @property
    def recoverable(self) -> list[MonthDevice]:
        """Return devices that would be filled again if they answered."""
        return [device for device in self.lost_autofill if device.has_address]


def compare(before: Iterable[MonthDevice], after: Iterable[MonthDevice]) -> Difference:
    """Return what changed between two months; each device is given once, in the order of the later month."""
    old, new = {device.key: device for device in before}, {device.key: device for device in after}
    found = Difference(
        added=[device for key, device in new.items() if key not in old],
        removed=[device for key, device in old.items() if key not in new],
    )
    for key, device in new.items():
        earlier = old.get(key)
        if earlier is None:
            continue
        if device.has_address and not earlier.has_address:
            found.address_gained.append(device)
        if earlier.has_address and not device.has_address:
            found.address_lost.append(device)
        if earlier.filled_by_itself and not device.filled_by_itself:
            found.lost_autofill.append(device)
    return found
