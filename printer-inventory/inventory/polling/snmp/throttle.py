"""Limits: how many printers at once in all and per subnet, one request per printer, and packets per second."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from inventory.polling.snmp.targets import Target

BURST: Final = 0.05
"""Seconds of the allowed rate that may be sent at once."""


def subnet_of(address: str) -> str:
    """Return what shares a site's link with `address`: its /24, or for IPv6 its /64."""
    if ":" not in address:
        return address.rpartition(".")[0]
    try:
        return ipaddress.IPv6Address(address.partition("%")[0]).exploded[:19]
    except ValueError:
        return address


class Throttle:
    """A token bucket for datagrams; without a rate it never holds anything back."""

    def __init__(self, rate: float | None) -> None:
        """Allow `rate` datagrams per second."""
        self._rate = rate
        self._room = 1.0
        self._at = 0.0

    def _refill(self, now: float) -> None:
        rate = self._rate or 0.0
        self._room = min(max(1.0, rate * BURST), self._room + (now - self._at) * rate)
        self._at = now

    def ready(self, now: float) -> bool:
        """Whether a datagram may go at `now` (monotonic seconds)."""
        if self._rate is None:
            return True
        self._refill(now)
        return self._room >= 1.0

    def allows(self, now: float) -> bool:
        """Take the right to send one datagram, if there is one."""
        if not self.ready(now):
            return False
        if self._rate is not None:
            self._room -= 1.0
        return True

    def wait(self, now: float) -> float:
        """Return how many seconds until the next datagram may go."""
        if self.ready(now) or not self._rate:
            return 0.0
        return (1.0 - self._room) / self._rate


class Queue:
    """Hands out targets: never two of one address and port at once, never more per subnet than allowed.

    A target whose turn has not come is set aside; as many may be set aside as may be under way, so memory stays bounded.
    """

    def __init__(self, window: int, subnet_window: int) -> None:
        """Start empty."""
        self._limit = window
        self._subnet_window = subnet_window
        self._source: Iterator[Target] | None = None
        self._aside: dict[str, deque[Target]] = {}
        self._aside_count = 0
        self._ready: deque[str] = deque()
        self._per_subnet: dict[str, int] = {}
        self._busy: set[tuple[str, int]] = set()

    def open(self, targets: Iterable[Target]) -> None:
        """Take targets from here from now on."""
        self._source = iter(targets)

    def drop(self) -> None:
        """Forget what has not been started."""
        self._source = None
        self._aside.clear()
        self._ready.clear()
        self._aside_count = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is left to start."""
        return self._source is None and not self._aside_count

    def take(self) -> Target | None:
        """Return a target that may start now; None when there is none, or none whose turn it is."""
        while self._ready:
            target = self._from_aside(self._ready.popleft())
            if target is not None:
                return target
        while self._source is not None and self._aside_count < self._limit:
            target = next(self._source, None)
            if target is None:
                self._source = None
            elif self._may_start(target):
                return self._started(target)
            else:
                self._aside.setdefault(subnet_of(target.address), deque()).append(target)
                self._aside_count += 1
        return None

    def _may_start(self, target: Target) -> bool:
        subnet = subnet_of(target.address)
        return self._per_subnet.get(subnet, 0) < self._subnet_window and (target.address, target.port) not in self._busy

    def _started(self, target: Target) -> Target:
        subnet = subnet_of(target.address)
        self._per_subnet[subnet] = self._per_subnet.get(subnet, 0) + 1
        self._busy.add((target.address, target.port))
        return target

    def _from_aside(self, subnet: str) -> Target | None:
        waiting = self._aside.get(subnet)
        for _ in range(len(waiting or ())):
            assert waiting is not None  # noqa: S101 - the loop runs only over what waits
            target = waiting.popleft()
            if self._may_start(target):
                self._aside_count -= 1
                if not waiting:
                    del self._aside[subnet]
                return self._started(target)
            waiting.append(target)
        return None

    def release(self, target: Target) -> None:
        """Give back what a finished target held."""
        subnet = subnet_of(target.address)
        left = self._per_subnet.get(subnet, 1) - 1
        if left:
            self._per_subnet[subnet] = left
        else:
            self._per_subnet.pop(subnet, None)
        self._busy.discard((target.address, target.port))
        if subnet in self._aside:
            self._ready.append(subnet)
