"""What becomes of items whose worker died, or whose provider fell silent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from main.models import AT_PROVIDER, ItemStatus, OrderItem
from main.production.claiming import Claim, LeaseLost
from main.production.outcomes import end, lost_submit, send_again
from main.production.retrying import Decision, Money, Next
from main.services.connections import client_of


def recover(now: datetime | None = None) -> int:
    """Free what dead workers held and return how many items: what was surely not sent waits again, the rest is looked for.

    Items at a provider need nothing: any worker takes them over when their lease has run out.
    """
    now = now or timezone.now()
    dead = OrderItem.objects.filter(
        status__in=(ItemStatus.CLAIMED, ItemStatus.SUBMITTING), leased_until__lt=now
    ).select_related("machine", "order")
    freed = 0
    for item in dead.order_by("id")[:200]:
        freed += _recover_one(item, now)
    return freed


def _recover_one(item: OrderItem, now: datetime) -> bool:
    sent = item.status == ItemStatus.SUBMITTING
    fence = uuid.uuid4()
    mine = OrderItem.objects.filter(pk=item.pk, fence=item.fence, status=item.status, leased_until__lt=now)
    if not mine.update(fence=fence, leased_until=now + settings.LEASE):
        return False
    claim = Claim(item, fence)
    try:
        if sent and not client_of(item.provider_name).traits.repeatable:
            lost_submit(claim, "the worker died while it was sending")
        elif item.attempt - item.tries_from > settings.MAX_ATTEMPTS:
            end(claim, Decision(Next.GIVE_UP, Money.RELEASE), "worker", "its worker died again and again")
        else:
            send_again(claim, "the worker died", timedelta(0))
    except LeaseLost:
        return False
    return True


def overdue(now: datetime, patience: timedelta) -> Iterable[OrderItem]:
    """Return items that their provider has not answered for too long."""
    return OrderItem.objects.filter(status__in=AT_PROVIDER, started_at__lt=now - patience).select_related("order")[:100]
