"""Orders at a paid provider's machine, and what became of their items and their money."""

from __future__ import annotations

from collections import Counter

from main.models import FactoryMachine, Order, SpendEntry
from main.production.foreman import work_once
from main.services.orders import Wish, place


def flux(prompt: str = "a cat", **more) -> Order:
    """Place an order at 2.5 cents a picture."""
    return place(Wish(FactoryMachine.objects.get(name="fal-ai/flux/dev"), prompt, **more))


def run(times: int = 500) -> None:
    """Work until nothing is left to do."""
    for _ in range(times):
        if not work_once("w"):
            return


def statuses(order: Order) -> Counter[str]:
    """Return how many items have each status."""
    return Counter(order.items.values_list("status", flat=True))


def ledger(order: Order) -> Counter[str]:
    """Return how many entries have each state."""
    return Counter(SpendEntry.objects.filter(order=order).values_list("state", flat=True))
