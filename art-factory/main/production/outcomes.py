"""How a call ends, in one transaction each: item, money, order and event change together or not at all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from main.models import Circuit, ItemStatus, OrderItem, Provider
from main.production.claiming import Claim
from main.production.limits import pause_after
from main.production.requests import request_of
from main.production.retrying import TRIPS, Decision, Money, Next
from main.providers.protocol import ErrorCategory, JsonReference, ProviderError
from main.services import events, spending
from main.services.connections import client_of
from main.services.deriving import derive

STATUSES = {
    Next.FAIL: ItemStatus.FAILED,
    Next.GIVE_UP: ItemStatus.EXHAUSTED,
    Next.BLOCK: ItemStatus.BLOCKED,
    Next.CANCEL: ItemStatus.CANCELLED,
    Next.UNKNOWN: ItemStatus.UNKNOWN,
}
LATELY = timedelta(seconds=30)


def accepted(item: OrderItem, attempt: int, reference: JsonReference, first_poll: float) -> bool:
    """Store what the provider calls this attempt; False when it was known already.

    Not the fence but the attempt decides: an answer that comes after the lease is the only proof of a paid call, so it is taken
    even when the item has been marked unknown meanwhile. It is one statement of its own, durable at once; the event is only news.
    """
    values: dict[str, Any] = {
        "status": ItemStatus.SUBMITTED,
        "reference": dict(reference),
        "fence": None,
        "leased_until": None,
        "next_poll_at": timezone.now() + timedelta(seconds=first_poll),
        "polls": 0,
        "error_category": "",
        "error_message": "",
        "reason": "",
        "completed_at": None,
    }
    nameless = OrderItem.objects.filter(pk=item.pk, attempt=attempt, reference__isnull=True)
    taken = bool(nameless.filter(status=ItemStatus.SUBMITTING).update(**values))
    if not taken:
        # Only what had ended as unknown changes its order: what is being sent runs already.
        with transaction.atomic():
            taken = bool(nameless.filter(status=ItemStatus.UNKNOWN).update(**values))
            if taken:
                derive(item.order_id)
    if taken:
        events.record("item_submitted", order=item.order_id, entity=item.pk, actor=item.worker, attempt=attempt)
    return taken


def lost_submit(claim: Claim, why: str) -> None:
    """A POST may have arrived and its answer is lost: ask a provider that can tell, else mark the item unknown. LeaseLost."""
    item = claim.item
    client = client_of(item.provider_name)
    doubt = Decision(Next.UNKNOWN, Money.DOUBT)
    words = f"{why.rstrip('.')}; it may have been charged"
    if not client.traits.idempotent:
        end(claim, doubt, ErrorCategory.UNKNOWN_SUBMIT, words)
        return
    try:
        reference = client.find(request_of(item))
    except ProviderError as error:
        end(claim, doubt, error.category, words)
        return
    if reference is None:
        send_again(claim, why, timedelta(0))
    elif (
        OrderItem.objects.filter(provider_name=item.provider_name, reference=dict(reference))
        .exclude(pk=item.pk)
        .exists()
    ):
        # Two calls that nobody can tell apart: the one that was found is somebody else's.
        end(claim, doubt, ErrorCategory.UNKNOWN_SUBMIT, words)
    else:
        accepted(item, item.attempt, reference, client.traits.poll_first)


def send_again(claim: Claim, why: str, delay: timedelta, category: str = "") -> None:
    """Let the item wait for another attempt; nothing was charged for this one. LeaseLost."""
    item = claim.item
    with transaction.atomic():
        if item.cancel_requested or OrderItem.objects.filter(pk=item.pk, cancel_requested=True).exists():
            end(claim, Decision(Next.CANCEL, Money.RELEASE), "cancelled", "cancelled")
            return
        claim.give_back(
            status=ItemStatus.PENDING,
            not_before=timezone.now() + delay if delay else None,
            reference=None,
            outcome=None,
            progress=0,
            progress_text="",
            reason=why[:300],
            error_category=category,
        )
        spending.release(item.pk, item.attempt)
        seconds = round(delay.total_seconds(), 1)
        events.record("item_retry", order=item.order_id, entity=item.pk, reason=why, seconds=seconds)
        derive(item.order_id)


def end(claim: Claim, decision: Decision, category: str, message: str, cost: Decimal | None = None) -> None:
    """End the item without a product, or hold it. LeaseLost."""
    item = claim.item
    held = decision.next is Next.HOLD
    status = ItemStatus.HELD if held else STATUSES[decision.next]
    with transaction.atomic():
        claim.give_back(
            status=status,
            error_category=str(category),
            error_message=message[:2000],
            reason=message[:300],
            progress_text="",
            completed_at=None if held else timezone.now(),
        )
        _money(item, decision.money, cost)
        events.record(f"item_{status}", order=item.order_id, entity=item.pk, reason=message, category=str(category))
        derive(item.order_id)


def failed(claim: Claim, error: ProviderError, decision: Decision) -> None:
    """Carry out what follows from a failure. LeaseLost."""
    note(claim.item.provider_name, error)
    wait = timedelta(seconds=decision.delay)
    if decision.next is Next.SUBMIT_AGAIN:
        send_again(claim, error.message, wait, str(error.category))
    elif decision.next is Next.POLL_AGAIN:
        claim.give_back(next_poll_at=timezone.now() + wait, polls=claim.item.polls + 1, reason=error.message[:300])
    elif decision.next is Next.UNKNOWN:
        lost_submit(claim, error.message)
    else:
        end(claim, decision, str(error.category), error.message)


def answered(provider: Provider) -> None:
    """Note a good answer. A provider that has none of its troubles noted and answered lately is left as it stands."""
    well = provider.circuit == Circuit.CLOSED and not provider.failures and provider.last_ok_at is not None
    if not (well and provider.last_ok_at and timezone.now() - provider.last_ok_at < LATELY):
        note(provider.name, None)


def note(provider: str, error: ProviderError | None) -> None:
    """Keep a provider's circuit: a good answer closes it, three failures in a row or a wrong key open it."""
    now = timezone.now()
    rows = Provider.objects.filter(name=provider)
    if error is None:
        rows.update(failures=0, circuit=Circuit.CLOSED, circuit_until=None, circuit_reason="", last_ok_at=now)
        return
    with transaction.atomic():
        row = rows.select_for_update().get()
        pause = None
        if error.category in (ErrorCategory.AUTHENTICATION, ErrorCategory.QUOTA):
            pause = timedelta(minutes=5)
        elif error.category in TRIPS:
            row.failures += 1
            pause = pause_after(row.failures)
        if pause is not None:
            row.circuit, row.circuit_until, row.circuit_reason = Circuit.OPEN, now + pause, error.message[:300]
            events.record("provider_opened", entity=row.pk, reason=error.message, provider=provider)
        row.save(update_fields=["failures", "circuit", "circuit_until", "circuit_reason", "updated_at"])


def _money(item: OrderItem, money: Money, cost: Decimal | None) -> None:
    actions: dict[Money, Any] = {
        Money.RELEASE: lambda: spending.release(item.pk, item.attempt),
        Money.SETTLE: lambda: spending.settle(item.pk, item.attempt, cost),
        Money.DOUBT: lambda: spending.doubt(item.pk, item.attempt),
        Money.KEEP: lambda: None,
    }
    actions[money]()
