"""The one place where an order's status comes from its items."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, Q, Subquery
from django.utils import timezone

from main.models import Order, OrderItem, OrderStatus, Product
from main.models.choices import JOB_WORDS
from main.services import events
from main.services.counting import recount_project

ENDED = (OrderStatus.COMPLETED, OrderStatus.PARTIAL, OrderStatus.FAILED, OrderStatus.CANCELLED)


def status_of(counts: Counter[str], *, cancelling: bool) -> OrderStatus:
    """Return an order's status from how many of its items have each status."""
    words: Counter[str] = Counter()
    for status, number in counts.items():
        words[JOB_WORDS[status]] += number
    if words["queued"] or words["running"]:
        if cancelling:
            return OrderStatus.CANCELLING
        if words["running"] or words["done"] or words["failed"]:
            held_only = not words["running"] and not counts["pending"]
            return OrderStatus.HELD if held_only else OrderStatus.PROCESSING
        return OrderStatus.HELD if not counts["pending"] else OrderStatus.PENDING
    bad = words["failed"] + words["lost"]
    if words["done"]:
        return OrderStatus.PARTIAL if bad or words["stopped"] else OrderStatus.COMPLETED
    return OrderStatus.FAILED if bad else OrderStatus.CANCELLED


def derive(order_id: int) -> OrderStatus:
    """Bring an order's status and counts up to date; call it in the transaction that changed an item."""
    order = Order.objects.select_for_update().get(pk=order_id)
    items = OrderItem.objects.filter(order_id=order_id).order_by().values_list("status")
    made = Product.objects.filter(order_item__order_id=order_id).order_by().values("order_item__order_id")
    rows = list(
        items.annotate(
            number=Count("pk"),
            asked=Count("pk", filter=Q(cancel_requested=True)),
            made=Subquery(made.annotate(number=Count("pk")).values("number")),
        )
    )
    counts = Counter({one: number for one, number, _asked, _made in rows})
    open_ones = [(number, asked) for one, number, asked, _made in rows if JOB_WORDS[one] in ("queued", "running")]
    status = status_of(counts, cancelling=bool(open_ones) and all(number == asked for number, asked in open_ones))
    changed = status != order.status
    order.status = status
    order.item_count = counts.total()
    order.done_count = counts["completed"]
    order.failed_count = sum(counts[one] for one, word in JOB_WORDS.items() if word in ("failed", "lost", "stopped"))
    order.product_count = max((made or 0 for _one, _number, _asked, made in rows), default=0)
    order.completed_at = (order.completed_at or timezone.now()) if status in ENDED else None
    order.save()
    if changed:
        events.record(f"order_{status}", order=order_id, entity=order_id, done=order.done_count, items=order.item_count)
        if status in ENDED:
            recount_project(order.project_id)
    return status


def begun(order_id: int) -> None:
    """Do what `derive` does for an item that began to run: nothing for an order that is in production already.

    The order's row is locked as there, so that whoever derives it meanwhile sees the item run.
    """
    now = Order.objects.select_for_update().values_list("status", flat=True).get(pk=order_id)
    if now != OrderStatus.PROCESSING:
        derive(order_id)
