"""Production in the foreground, for commands: work until nothing is left, or until one item has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from main.models import OPEN, OrderItem
from main.production.foreman import identity, keep_order, leave, take_lease, work_once

SECONDS: Final = 600.0
PAUSE: Final = 0.1


def process(
    *, limit: int = 0, item_id: int | None = None, seconds: float = SECONDS, until: Callable[[], bool] = lambda: False
) -> int:
    """Return how many items ended meanwhile. It ends when nothing can be done now: what waits for later is left.

    Leases and fences are the workers' own, so it may run beside a server. `until` is asked between two steps.
    """
    holder = identity()
    name = f"worker:{holder}"
    take_lease(name, holder)
    before = OrderItem.objects.filter(status__in=OPEN).count()
    deadline = time.monotonic() + seconds
    try:
        keep_order()
        while time.monotonic() < deadline and not until():
            take_lease(name, holder)
            busy = work_once(holder)
            left = OrderItem.objects.filter(status__in=OPEN)
            if item_id is not None and not left.filter(pk=item_id).exists():
                break
            if limit and before - left.count() >= limit:
                break
            if not busy:
                if not left.filter(status__in=("submitted", "downloading", "cancelling"), worker=holder).exists():
                    break
                time.sleep(PAUSE)
    finally:
        leave(holder)
    return max(0, before - OrderItem.objects.filter(status__in=OPEN).count())
