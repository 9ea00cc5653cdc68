"""The two jobs of a worker: send one item, or ask after one. Each may die at any line."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from main.models import ItemStatus, Lineage, OrderItem, Product, Relation
from main.production.claiming import Claim, LeaseLost, claim_poll, claim_submit
from main.production.outcomes import accepted, answered, end, failed
from main.production.requests import inputs_of, request_of
from main.production.retrying import Decision, Money, Next, after_poll, after_submit
from main.providers.protocol import CallState, CallStatus, ErrorCategory, Output, ProviderClient, ProviderError
from main.services import events, spending
from main.services.connections import client_of
from main.services.deriving import derive
from main.services.store import Stored, WrongBytes, store

logger = logging.getLogger(__name__)
SPACE = uuid.UUID("6f0c2f0e-9d6d-4b7e-8a63-0d4f0e6a7c11")
DOWNLOADS = 3


def submit_next(worker: str) -> bool:
    """Send the oldest item that may be sent; False when there is none."""
    claim = claim_submit(worker)
    if claim is None:
        return False
    try:
        _submit(claim)
    except LeaseLost:
        logger.warning("Item %s was taken over while it was being sent", claim.item.pk)
    return True


def poll_next(worker: str) -> bool:
    """Ask after one item whose time has come; False when there is none."""
    claim = claim_poll(worker)
    if claim is None:
        return False
    try:
        _poll(claim)
    except LeaseLost:
        logger.warning("Item %s was taken over while it was being asked after", claim.item.pk)
    return True


def _submit(claim: Claim) -> None:
    item = claim.item
    try:
        client, request = client_of(item.provider_name, item.machine.provider), request_of(item)
    except Exception as error:
        # Nothing was sent: what is wrong here is ours, and another try would end the same.
        logger.exception("Item %s cannot be made into a call", item.pk)
        text = f"{item.provider_name} cannot be asked: {error!r}"[:300]
        end(claim, Decision(Next.FAIL, Money.RELEASE), "configuration", text)
        return
    # From here on a dead worker leaves a doubt: the row says so before the first byte is sent.
    if not claim.begin(dict(request.arguments)):
        end(claim, Decision(Next.CANCEL, Money.RELEASE), "cancelled", "cancelled")
        return
    try:
        reference = client.submit(request)
    except ProviderError as error:
        tries = item.attempt - item.tries_from
        failed(claim, error, after_submit(error, tries=tries, most=settings.MAX_ATTEMPTS))
        return
    accepted(item, item.attempt, reference, client.traits.poll_first)
    answered(item.machine.provider)


def _poll(claim: Claim) -> None:
    item, client = claim.item, client_of(claim.item.provider_name, claim.item.machine.provider)
    try:
        if item.cancel_requested and item.status == ItemStatus.SUBMITTED:
            client.cancel(item.reference or {})
            claim.write(status=ItemStatus.CANCELLING)
        status = client.poll(item.reference or {})
        if status.state is CallState.DONE:
            _finish(claim, client, status)
            return
    except ProviderError as error:
        _poll_failed(claim, client, error)
        return
    answered(item.machine.provider)
    if status.state is CallState.CANCELLED:
        money = Money.SETTLE if status.cost or status.charged else Money.RELEASE
        words = "cancelled" if item.cancel_requested else "cancelled by the provider"
        end(claim, Decision(Next.CANCEL, money), "cancelled", words, status.cost)
        return
    _wait(claim, client, status)


def _wait(claim: Claim, client: ProviderClient, status: CallStatus) -> None:
    """Note the progress and when to ask again: the longer it takes, the less often."""
    item = claim.item
    pause = min(client.traits.poll_most, client.traits.poll_first * 1.3 ** min(item.polls, 20))
    moved = round(status.progress, 2) != round(item.progress, 2) or status.text != item.progress_text
    claim.give_back(
        progress=min(1.0, max(0.0, status.progress)),
        progress_text=status.text[:200],
        polls=item.polls + 1,
        next_poll_at=timezone.now() + timedelta(seconds=pause),
    )
    if moved:
        events.record("item_progress", order=item.order_id, entity=item.pk, progress=round(status.progress, 2))


def _poll_failed(claim: Claim, client: ProviderClient, error: ProviderError) -> None:
    item = claim.item
    tries = item.attempt - item.tries_from
    decision = after_poll(error, tries=tries, most=settings.MAX_ATTEMPTS, paid=client.traits.paid, polls=item.polls + 1)
    if error.category is ErrorCategory.DOWNLOAD and item.polls >= DOWNLOADS:
        # It is made and paid for; only its bytes cannot be had. The reference stays, for another try by hand.
        decision = Decision(Next.GIVE_UP, Money.SETTLE)
    failed(claim, error, decision)


def _finish(claim: Claim, client: ProviderClient, status: CallStatus) -> None:
    """Fetch and store what was made. LeaseLost; ProviderError(DOWNLOAD) when its bytes cannot be had."""
    item = claim.item
    if not status.outputs:
        text = "The provider says it is done but gave nothing."
        raise ProviderError(ErrorCategory.UNKNOWN, text, ended=True)
    lease = timezone.now() + settings.LEASE
    claim.write(
        status=ItemStatus.DOWNLOADING, return_parameters=dict(status.returned), progress=1.0, leased_until=lease
    )
    kept = []
    for index, output in enumerate(status.outputs):
        if index:
            claim.write(leased_until=timezone.now() + settings.LEASE)
        kept.append((output, _stored(item, index, client.fetch(output))))
    with transaction.atomic():
        claim.give_back(
            status=ItemStatus.COMPLETED, completed_at=timezone.now(), progress_text="", reason="", error_category=""
        )
        # The item's row is locked by the write above, which asked for our fence: nobody has stored a product of it meanwhile.
        known = Product.objects.filter(order_item=item) if getattr(item, "has_products", True) else ()
        there = {one.output_index: one for one in known}
        made = [_product(item, index, *one, there.get(index)) for index, one in enumerate(kept)]
        if item.estimated_cost:
            # Only what has a cost was set aside.
            spending.settle(item.pk, item.attempt, status.cost)
        news = [
            events.made("product_created", order=item.order_id, entity=product.pk, item=item.pk) for product in made
        ]
        events.record_all(
            [*news, events.made("item_completed", order=item.order_id, entity=item.pk, products=len(kept))]
        )
        derive(item.order_id)
    answered(item.machine.provider)


def _stored(item: OrderItem, index: int, data: bytes) -> Stored:
    """Write one output's bytes. The same output gets the same name, so that a second try leaves no orphan."""
    identity = uuid.uuid5(SPACE, f"{item.idempotency_key}:{index}")
    project = item.order.project.name if item.order.project else ""
    try:
        return store(data, identity=identity, project=project, moment=item.created_at)
    except WrongBytes as error:
        raise ProviderError(ErrorCategory.DOWNLOAD, str(error)) from None
    except OSError as error:
        raise ProviderError(ErrorCategory.FILE_SYSTEM, f"The file could not be written: {error.strerror}") from None


def _product(item: OrderItem, index: int, output: Output, file: Stored, there: Product | None) -> Product:
    facts: dict[str, Any] = {
        "uuid": file.uuid,
        "project": item.order.project,
        "title": item.order.title,
        "file": file.file,
        "file_size": file.size,
        "media_type": file.media_type,
        "product_type": file.product_type,
        "generator_kind": item.machine.generator_kind,
        "width": file.width,
        "height": file.height,
        "duration": file.duration,
        "sha256": file.sha256,
        "dhash": file.dhash,
        "prompt": item.prompt,
        "negative_prompt": item.negative_prompt,
        "parameters": item.actual_parameters,
        "seed": output.seed,
        "provider_name": item.provider_name,
        "machine_name": item.machine.name,
        "family": item.machine.family,
        "is_flagged": output.flagged,
    }
    product = there or Product.objects.create(order_item=item, output_index=index, **facts)
    for one in inputs_of(item):
        Lineage.objects.get_or_create(parent_id=one.product_id, child=product, relation=one.relation)
    if item.order.source_id is not None:
        Lineage.objects.get_or_create(parent_id=item.order.source_id, child=product, relation=Relation.VARIATION)
    return product
