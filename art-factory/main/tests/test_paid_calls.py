"""Paid calls: nothing paid twice, whatever is lost, dies or fails in the middle of one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from main.models import (
    Circuit,
    ItemStatus,
    OrderItem,
    Product,
    Provider,
    SpendEntry,
)
from main.production.claiming import LeaseLost, claim_submit
from main.production.foreman import keep_order
from main.production.working import poll_next, submit_next
from main.providers import CallState, CallStatus, ErrorCategory, Output, ProviderError, Traits
from main.services import orders
from main.tests.paying import flux, ledger, run, statuses
from main.tests.scripted import PNG


def test_a_paid_call_is_reserved_settled_and_its_reference_stored_first(paid) -> None:
    paid.cost = Decimal("0.02")
    order = flux()
    submit_next("w")
    item = order.items.get()
    assert (item.status, item.reference, item.attempt) == ("submitted", {"id": 1}, 1)
    assert ledger(order) == {"reserved": 1}
    poll_next("w")
    entry = SpendEntry.objects.get(order=order)
    assert (entry.state, entry.amount, entry.is_estimate) == ("settled", Decimal("0.02"), False)
    assert statuses(order) == {"completed": 1}


def test_a_lost_answer_is_unknown_and_never_sent_again_by_itself(paid) -> None:
    def lose(_request) -> None:
        raise ProviderError(ErrorCategory.UNKNOWN_SUBMIT, "the answer was lost")

    paid.on_submit = lose
    order = flux()
    run()
    keep_order()
    run()
    order.refresh_from_db()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"unknown": 1}, {"unknown": 1})
    assert (order.items.get().state, order.status) == ("lost", "failed")
    assert orders.retry(order) == 0
    paid.on_submit = lambda _request: None
    assert orders.retry(order, unknown=True) == 1
    run()
    assert (len(paid.posts), statuses(order)) == (2, {"completed": 1})
    assert ledger(order) == {"unknown": 1, "settled": 1}


def test_a_provider_that_knows_our_key_is_asked_for_the_lost_call(paid) -> None:
    paid.traits = Traits(idempotent=True, poll_first=0, poll_most=0)
    paid.found = {"id": 77}

    def lose(_request) -> None:
        raise ProviderError(ErrorCategory.UNKNOWN_SUBMIT, "the answer was lost")

    paid.on_submit = lose
    order = flux()
    submit_next("w")
    assert order.items.get().reference == {"id": 77}
    run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"completed": 1}, {"settled": 1})


def test_an_answer_after_the_lease_is_still_taken(paid) -> None:
    """The worker slept, its item was marked unknown; the reference that comes late saves the paid picture."""
    order = flux()
    item = order.items.get()

    def late(_request) -> None:
        OrderItem.objects.filter(pk=item.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
        keep_order()
        assert statuses(order) == {"unknown": 1}

    paid.on_submit = late
    submit_next("w")
    run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"completed": 1}, {"settled": 1})


def test_a_worker_that_died_before_sending_costs_nothing(paid) -> None:
    order = flux()
    claim = claim_submit("dead")
    assert claim is not None
    OrderItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert keep_order()["freed"] == 1
    assert (statuses(order), ledger(order)) == ({"pending": 1}, {"released": 1})
    with pytest.raises(LeaseLost):
        claim.write(status=ItemStatus.SUBMITTING)
    run()
    assert (len(paid.posts), statuses(order)) == (1, {"completed": 1})


def test_a_worker_that_died_while_sending_leaves_a_doubt(paid) -> None:
    order = flux()

    def die(_request) -> None:
        raise KeyboardInterrupt

    paid.on_submit = die
    with pytest.raises(KeyboardInterrupt):
        submit_next("w")
    OrderItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    keep_order()
    run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"unknown": 1}, {"unknown": 1})


def test_a_worker_that_died_while_storing_is_taken_over(paid, monkeypatch) -> None:
    order = flux()
    submit_next("w")
    with monkeypatch.context() as patch:
        patch.setattr("main.production.working.store", lambda *_a, **_k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            poll_next("w")
    assert statuses(order) == {"downloading": 1}
    OrderItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    run()
    assert (len(paid.posts), Product.objects.count(), ledger(order)) == (1, 1, {"settled": 1})


@pytest.mark.parametrize(
    ("category", "status", "posts", "money"),
    [
        (ErrorCategory.VALIDATION, "failed", 1, "released"),
        (ErrorCategory.CONTENT_POLICY, "blocked", 1, "released"),
        (ErrorCategory.AUTHENTICATION, "failed", 1, "released"),
        (ErrorCategory.QUOTA, "held", 1, "released"),
        (ErrorCategory.RATE_LIMITED, "exhausted", 3, "released"),
        (ErrorCategory.NETWORK, "exhausted", 3, "released"),
        (ErrorCategory.PROVIDER_OUTAGE, "exhausted", 3, "released"),
    ],
)
def test_refused_calls_end_by_their_category(paid, category, status, posts, money) -> None:
    def refuse(_request) -> None:
        raise ProviderError(category, "no")

    paid.on_submit = refuse
    order = flux()
    for _ in range(8):
        OrderItem.objects.update(not_before=None)
        Provider.objects.update(circuit=Circuit.CLOSED, circuit_until=None)
        run()
    assert (statuses(order), len(paid.posts), set(ledger(order))) == ({status: 1}, posts, {money})


def test_waiting_is_honoured_and_three_outages_open_the_circuit(paid) -> None:
    def refuse(_request) -> None:
        raise ProviderError(ErrorCategory.PROVIDER_OUTAGE, "down", retry_after=500)

    paid.on_submit = refuse
    order = flux("[a,b,c,d,e]")
    run()
    provider = Provider.objects.get(name="fal")
    assert (len(paid.posts), provider.circuit, provider.failures) == (3, "open", 3)
    assert all(
        item.not_before and item.not_before > timezone.now() + timedelta(seconds=400)
        for item in order.items.filter(attempt=1)
    )
    paid.on_submit = lambda _request: None
    Provider.objects.update(circuit_until=timezone.now() - timedelta(seconds=1))
    OrderItem.objects.update(not_before=None)
    submit_next("w")
    assert not submit_next("w") or Provider.objects.get(name="fal").circuit == "closed"
    run()
    assert statuses(order) == {"completed": 5}


def test_a_failed_call_that_was_charged_is_not_sent_again(paid) -> None:
    def fail(_reference) -> CallStatus:
        raise ProviderError(ErrorCategory.TRANSIENT, "the model crashed")

    paid.on_poll = fail
    order = flux()
    run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"failed": 1}, {"settled": 1})


def test_a_failed_call_that_was_not_charged_is_sent_again(paid) -> None:
    def fail(reference) -> CallStatus | None:
        if reference["id"] == 1:
            raise ProviderError(ErrorCategory.TRANSIENT, "no worker", charged=False)
        return None

    paid.on_poll = fail
    order = flux()
    for _ in range(3):
        OrderItem.objects.update(not_before=None)
        run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (2, {"completed": 1}, {"released": 1, "settled": 1})


def test_polling_that_goes_wrong_never_sends_again(paid) -> None:
    answers = [ErrorCategory.PROVIDER_OUTAGE, ErrorCategory.NETWORK, ErrorCategory.RATE_LIMITED, ErrorCategory.DOWNLOAD]

    def fail(_reference) -> CallStatus | None:
        if answers:
            raise ProviderError(answers.pop(), "later")
        return None

    paid.on_poll = fail
    order = flux()
    for _ in range(8):
        OrderItem.objects.update(next_poll_at=timezone.now())
        Provider.objects.update(circuit=Circuit.CLOSED, circuit_until=None)
        run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"completed": 1}, {"settled": 1})


def test_wrong_bytes_are_asked_for_again_and_then_given_up(paid) -> None:
    page = Output(data=b"<html>expired</html>")
    paid.on_poll = lambda _reference: CallStatus(CallState.DONE, 1.0, outputs=(page,))
    order = flux()
    for _ in range(8):
        OrderItem.objects.update(next_poll_at=timezone.now())
        run()
    assert (len(paid.posts), statuses(order), ledger(order)) == (1, {"exhausted": 1}, {"settled": 1})
    assert not Product.objects.exists()


def test_png_of_the_script_is_one() -> None:
    assert PNG[:4] == b"\x89PNG"
