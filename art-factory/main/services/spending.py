"""The ledger: money is set aside before a paid call, then settled, released, or marked unknown. Unknown counts as spent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Q, Sum

from main.models import Budget, Order, OrderItem, SpendEntry, SpendState


class CapReached(Exception):  # noqa: N818 -- not an error: the item waits
    """The call would cost more than is allowed; the text says which cap."""


def reserve(item: OrderItem, attempt: int, now: datetime) -> None:
    """Set the item's estimated cost aside. Raises CapReached.

    Call it inside the transaction that claims the item: the budget's row is locked until that ends, so two workers never
    spend the same money.
    """
    budget = Budget.objects.select_for_update().get_or_create(pk=1)[0]
    check_caps(budget, item, now)
    SpendEntry.objects.create(
        item=item,
        order_id=item.order_id,
        attempt=attempt,
        provider_name=item.provider_name,
        amount=item.estimated_cost,
        currency=budget.currency,
        day=now.astimezone(UTC).date(),
    )


def check_caps(budget: Budget, item: OrderItem, now: datetime) -> None:
    """Raise CapReached when the item's cost does not fit under every cap."""
    day = now.astimezone(UTC).date()
    own, month = Q(order_id=item.order_id), Q(day__gte=day.replace(day=1), day__lte=day)
    spent = SpendEntry.objects.filter(own | month).exclude(state=SpendState.RELEASED)
    sums = spent.aggregate(
        of_order=Sum("amount", filter=own),
        of_day=Sum("amount", filter=Q(day=day)),
        of_month=Sum("amount", filter=month),
    )
    order_cap = item.order.spend_cap if item.order.spend_cap is not None else budget.per_order
    for what, cap in (("order", order_cap), ("day", budget.per_day), ("month", budget.per_month)):
        if (sums[f"of_{what}"] or Decimal(0)) + item.estimated_cost > cap:
            raise CapReached(f"the cap of {cap.normalize():f} {budget.currency} per {what} would be passed")


def settle(item_id: int, attempt: int, cost: Decimal | None) -> None:
    """A call was charged: with what the provider says, else with the estimate."""
    entries = SpendEntry.objects.filter(item_id=item_id, attempt=attempt).exclude(state=SpendState.SETTLED)
    if cost is None:
        entries.update(state=SpendState.SETTLED)
    else:
        entries.update(state=SpendState.SETTLED, amount=cost, is_estimate=False)


def release(item_id: int, attempt: int) -> None:
    """A call was surely not charged."""
    reserved = [SpendState.RESERVED, SpendState.UNKNOWN]
    SpendEntry.objects.filter(item_id=item_id, attempt=attempt, state__in=reserved).update(state=SpendState.RELEASED)


def doubt(item_id: int, attempt: int) -> None:
    """Nobody knows whether a call was charged; it counts as spent until somebody does."""
    reserved = SpendEntry.objects.filter(item_id=item_id, attempt=attempt, state=SpendState.RESERVED)
    reserved.update(state=SpendState.UNKNOWN)


def spent_of(order: Order) -> Decimal:
    """Return what an order has cost or may have cost, in the budget's currency."""
    counted = SpendEntry.objects.filter(order=order).exclude(state=SpendState.RELEASED)
    return counted.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def spent_between() -> dict[str, Decimal]:
    """Return what is spent or set aside today and this month (UTC)."""
    day = datetime.now(UTC).date()
    counted = SpendEntry.objects.exclude(state=SpendState.RELEASED)
    sums = {
        "day": counted.filter(day=day).aggregate(total=Sum("amount"))["total"],
        "month": counted.filter(day__gte=day.replace(day=1), day__lte=day).aggregate(total=Sum("amount"))["total"],
    }
    return {name: total or Decimal(0) for name, total in sums.items()}
