"""Who works on which item: claims, fences and leases, the same on SQLite and PostgreSQL.

A claim is one conditional UPDATE; whoever changes the row has it. Each claim writes a new fence, and every later write asks for
it: a worker whose lease ran out and was taken over changes nothing any more.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from main.models import RUNNING, Circuit, ItemInput, ItemStatus, Lease, OrderItem, Product, Provider
from main.production.limits import refilled
from main.services import events, spending
from main.services.connections import client_of
from main.services.deriving import begun, derive

LOOKED_AT: Final = 20
POLLABLE: Final = (ItemStatus.SUBMITTED, ItemStatus.DOWNLOADING, ItemStatus.CANCELLING)


class LeaseLost(Exception):  # noqa: N818 -- nothing is wrong: somebody else has the item now
    """Another worker has taken the item over; nothing was written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An item and the fence to write it with."""

    item: OrderItem
    fence: uuid.UUID

    def write(self, *, only: Iterable[str] | None = None, **values: Any) -> None:
        """Change the item if it is still ours (and in one of the statuses `only`). Raises LeaseLost."""
        mine = OrderItem.objects.filter(pk=self.item.pk, fence=self.fence)
        if only is not None:
            mine = mine.filter(status__in=only)
        if not mine.update(**values, updated_at=timezone.now()):
            raise LeaseLost
        for name, value in values.items():
            setattr(self.item, name, value)

    def begin(self, actual: dict[str, Any]) -> bool:
        """Say in the row that it is being sent, unless it is to be cancelled: then False. Raises LeaseLost."""
        mine = OrderItem.objects.filter(pk=self.item.pk, fence=self.fence, status=ItemStatus.CLAIMED)
        values = {"status": ItemStatus.SUBMITTING, "actual_parameters": actual}
        if mine.filter(cancel_requested=False).update(**values, updated_at=timezone.now()):
            for name, value in values.items():
                setattr(self.item, name, value)
            return True
        if mine.filter(cancel_requested=True).exists():
            return False
        raise LeaseLost

    def give_back(self, **values: Any) -> None:
        """Change the item and end the lease. Raises LeaseLost."""
        self.write(**values, fence=None, leased_until=None)


def claim_submit(worker: str) -> Claim | None:
    """Take the oldest item that may be sent now, with its money set aside; None when there is none."""
    now = timezone.now()
    ready = Q(status=ItemStatus.PENDING) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
    names = OrderItem.objects.filter(ready).order_by().values("provider_name")
    for provider in list(Provider.objects.filter(name__in=names)):
        if _may_ask(provider, now):
            with transaction.atomic():
                claim = _claim_of(provider.name, ready, worker, now)
            if claim is not None:
                return claim
    return None


def claim_poll(worker: str) -> Claim | None:
    """Take an item that stands at its provider and whose time to ask has come; None when there is none."""
    now = timezone.now()
    due = OrderItem.objects.filter(status__in=POLLABLE, next_poll_at__lte=now)
    due = due.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))
    due = due.exclude(provider_name__in=_local_names(), worker__in=_other_workers(worker, now))
    for _ in range(LOOKED_AT):
        item = _whole(due).order_by("next_poll_at").first()
        if item is None:
            return None
        fence = uuid.uuid4()
        # Whoever took it meanwhile, or asked to cancel it, has changed one of these: then it is looked at anew.
        same = due.filter(
            pk=item.pk, status=item.status, fence=item.fence, polls=item.polls, cancel_requested=item.cancel_requested
        )
        if same.update(fence=fence, leased_until=now + settings.LEASE):
            return Claim(item, fence)
    return None


def _whole(items: QuerySet[OrderItem]) -> QuerySet[OrderItem]:
    """Read all that a call needs with the item itself: its machine, provider and order, whether it has inputs or products."""
    return items.select_related("machine__provider", "order__project").annotate(
        has_inputs=Exists(ItemInput.objects.filter(item=OuterRef("pk"))),
        has_products=Exists(Product.objects.filter(order_item=OuterRef("pk"))),
    )


def _may_ask(provider: Provider, now: datetime) -> bool:
    """Say, without locking, whether it is worth trying."""
    resting = provider.circuit == Circuit.OPEN and provider.circuit_until is not None and provider.circuit_until > now
    return provider.is_enabled and not resting


def _claim_of(name: str, ready: Q, worker: str, now: datetime) -> Claim | None:
    provider = Provider.objects.select_for_update().get(name=name)
    if not _may_ask(provider, now):
        return None
    burst = max(1, provider.concurrency)
    tokens = refilled(provider.tokens, provider.refilled_at, now, provider.rate_per_minute, burst)
    running = _running_of(name)
    # After a rest one call tries; the others wait for what becomes of it.
    most = 1 if provider.circuit != Circuit.CLOSED else provider.concurrency
    if tokens < 1 or running.total() >= most:
        return None
    claim = _first_allowed(provider, ready, running, worker, now)
    if claim is not None:
        half = {"circuit": Circuit.HALF_OPEN} if provider.circuit == Circuit.OPEN else {}
        Provider.objects.filter(pk=provider.pk).update(tokens=tokens - 1, refilled_at=now, **half)
    return claim


def _first_allowed(provider: Provider, ready: Q, running: Counter[int], worker: str, now: datetime) -> Claim | None:
    """Take the first item whose machine has room and whose cost fits; those that do not fit are held."""
    waiting = OrderItem.objects.filter(ready, provider_name=provider.name)
    for item in _whole(waiting).order_by("id")[:LOOKED_AT]:
        if running[item.machine_id] >= item.machine.max_concurrent:
            continue
        if provider.is_paid and item.estimated_cost:
            try:
                spending.reserve(item, item.attempt + 1, now)
            except spending.CapReached as cap:
                _hold(item, str(cap))
                continue
        return _taken(item, worker, now)
    return None


def _running_of(name: str) -> Counter[int]:
    """Return how many items of each machine run at a provider; its row is locked, so none begins meanwhile."""
    rows = OrderItem.objects.filter(provider_name=name, status__in=RUNNING).order_by().values_list("machine_id")
    return Counter(dict(rows.annotate(number=Count("pk"))))


def _taken(item: OrderItem, worker: str, now: datetime) -> Claim | None:
    fence = uuid.uuid4()
    values: dict[str, Any] = {
        "status": ItemStatus.CLAIMED,
        "fence": fence,
        "worker": worker,
        "leased_until": now + settings.LEASE,
        "started_at": item.started_at or now,
        "progress": 0,
        "progress_text": "",
        "not_before": None,
    }
    free = OrderItem.objects.filter(pk=item.pk, status=ItemStatus.PENDING, attempt=item.attempt)
    if not free.update(attempt=F("attempt") + 1, **values):
        spending.release(item.pk, item.attempt + 1)
        return None
    item.attempt += 1
    for name, value in values.items():
        setattr(item, name, value)
    begun(item.order_id)
    return Claim(item, fence)


def _hold(item: OrderItem, reason: str) -> None:
    changed = OrderItem.objects.filter(pk=item.pk, status=ItemStatus.PENDING).update(
        status=ItemStatus.HELD, error_category="cap", reason=reason
    )
    if changed:
        events.record("item_hold", order=item.order_id, entity=item.pk, actor="foreman", reason=reason)
        derive(item.order_id)


def _local_names() -> list[str]:
    return [name for name in ("builtin",) if client_of(name).traits.local]


def _other_workers(worker: str, now: datetime) -> QuerySet[Lease, Any]:
    """Return the processes that live and are not ours: only they can find their own local calls."""
    leases = Lease.objects.filter(name__startswith="worker:", until__gt=now).exclude(holder=worker)
    return leases.order_by().values("holder")
