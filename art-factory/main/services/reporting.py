"""How production stands, for commands and health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from main.models import OPEN, Lease, Order, OrderItem, Provider


def queue() -> dict[str, Any]:
    """Return how many items have each open status, and how old the oldest that waits is."""
    counts = dict(OrderItem.objects.filter(status__in=OPEN).values_list("status").annotate(Count("pk")))
    oldest = (
        OrderItem.objects.filter(status="pending").order_by("created_at").values_list("created_at", flat=True).first()
    )
    age = (timezone.now() - oldest).total_seconds() if oldest else 0
    return {**counts, "oldest_pending_seconds": round(age)}


def workers() -> list[dict[str, Any]]:
    """Return the leases that are held now."""
    held = Lease.objects.filter(until__gt=timezone.now())
    return [{"name": lease.name, "holder": lease.holder, "until": lease.until} for lease in held]


def providers() -> list[dict[str, Any]]:
    """Return each provider's circuit."""
    return [
        {"name": one.name, "enabled": one.is_enabled, "circuit": one.circuit, "reason": one.circuit_reason}
        for one in Provider.objects.all()
    ]


def recent(*, hours: int = 24, only: str = "", limit: int = 50, order_id: int | None = None) -> list[dict[str, Any]]:
    """Return orders of the last hours, newest first, with their items' failures. `only` is a status."""
    orders = Order.objects.select_related("machine")
    if order_id is not None:
        orders = orders.filter(pk=order_id)
    else:
        orders = orders.filter(created_at__gte=timezone.now() - timedelta(hours=hours))
    if only:
        orders = orders.filter(status=only)
    found = []
    for order in orders.order_by("-pk")[:limit]:
        bad = order.items.exclude(reason="").order_by("sequence")[:5]
        found.append(
            {
                "id": order.pk,
                "title": order.title,
                "machine": order.machine.name,
                "status": order.status,
                "items": order.item_count,
                "done": order.done_count,
                "failed": order.failed_count,
                "reasons": [f"{item.sequence}: {item.status}: {item.reason}" for item in bad],
            }
        )
    return found
