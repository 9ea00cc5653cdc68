"""Production's rules: nothing paid twice, nothing stuck, caps kept, states told by their words."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as live
from django.db import connection
from django.utils import timezone

from main.models import (
    Budget,
    Circuit,
    Event,
    FactoryMachine,
    ItemStatus,
    Order,
    OrderItem,
    Product,
    Provider,
    SpendEntry,
)
from main.production.claiming import LeaseLost, claim_submit
from main.production.foreman import keep_order, leave, release_held, take_lease, work_once
from main.production.outcomes import accepted
from main.production.working import poll_next, submit_next
from main.providers import CallState, CallStatus, ErrorCategory, Output, ProviderError, Traits
from main.services import orders
from main.services.machines import factory_of
from main.services.orders import OrderRefused, Wish, place, preview
from main.tests.scripted import PNG, Scripted


@pytest.fixture
def paid(seeded, monkeypatch) -> Scripted:
    """The scripted provider in fal's place."""
    client = Scripted()
    monkeypatch.setattr("main.services.connections.client_for", lambda _name, _connection: client)
    Provider.objects.filter(name="fal").update(concurrency=500, rate_per_minute=600_000)
    FactoryMachine.objects.update(max_concurrent=500)
    return client


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


def test_an_order_becomes_products_with_four_stages_of_parameters(still) -> None:
    order = place(Wish(still, "[red,blue] [cat,dog]", parameters={"size": "64x64"}))
    assert (order.item_count, order.status, order.state) == (4, "pending", "queued")
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    order.refresh_from_db()
    assert (order.status, order.state, order.done_count, order.product_count) == ("completed", "done", 4, 4)
    item = order.items.get(sequence=3)
    product = Product.objects.get(order_item=item)
    assert (item.prompt, item.choices) == ("blue dog", {"red,blue": "blue", "cat,dog": "dog"})
    assert order.base_parameters == {"size": "64x64"}
    assert item.generation_parameters["size"] == {"width": 64, "height": 64}
    assert item.actual_parameters["width"] == 64
    assert item.return_parameters["seed"] == product.seed
    assert (product.width, product.media_type, product.generator_kind) == (64, "image/png", "procedural")
    assert (Path(live.MEDIA_ROOT) / product.file).read_bytes()[:4] == b"\x89PNG"
    assert (Path(live.MEDIA_ROOT) / "thumbs" / "320" / f"{product.uuid}.webp").exists()
    names = set(Event.objects.filter(order=order).values_list("name", flat=True))
    assert {"order_created", "item_submitted", "item_completed", "product_created", "order_completed"} <= names


def test_preview_is_what_placing_makes(still) -> None:
    wish = Wish(still, "[a,b,c] [d,]", parameters={"detail": "1..3", "batch": 2}, times=2)
    seen = preview(wish)
    order = place(wish)
    assert (seen.items, seen.products, seen.cost) == (36, 72, Decimal(0))
    assert order.items.count() == 36
    assert seen.as_json()["first"][0]["prompt"] == "a d"


def test_a_preview_names_price_source_and_date(seeded) -> None:
    machine = FactoryMachine.objects.get(name="fal-ai/flux/dev")
    shown = preview(Wish(machine, "[a,b]", "blurry")).as_json()
    assert shown["estimated_cost"] == "0.050000"
    assert (shown["price"]["date"], shown["price"]["unit"]) == ("2026-11-20", "megapixel")
    assert any("ignored by FLUX" in text for text in shown["warnings"])


def test_no_price_is_a_guess(seeded, client) -> None:
    """Every machine: free, read at a named place on a day, or plainly unknown in preview, catalogue and API."""
    unknown = 0
    for machine in FactoryMachine.objects.select_related("provider"):
        price = factory_of(machine).machine.price
        fields = {"machine": machine.pk, "prompt": "a", "p-init_image": "1"}
        page = client.post("/partials/order/preview/", fields).content.decode()
        figure = page.partition("data-preview-cost>")[2].partition("<")[0].strip()
        told = preview(Wish(machine, "a", parameters={"init_image": 1} if "p-init_image" in page else {})).as_json()
        if price.known:
            assert figure == "free" or (price.source in page and price.date in page), machine.name
        else:
            unknown += 1
            assert (figure, told["estimated_cost"]) == ("unknown", None), machine.name
    assert unknown
    catalogue = client.get("/models/").content.decode()
    assert catalogue.count(">unknown<") == unknown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parameters": {"steps": 9999}}, "steps"),
        ({"parameters": {"size": "banana"}}, "size"),
        ({"parameters": {"colour": 1}}, "colour"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a || b", "negative_prompt": "x || y || z"}, "prompt"),
        ({"times": 99}, "times"),
        ({"prompt": "meta:debug:dryrun cat"}, "prompt"),
    ],
)
def test_wrong_orders_are_refused_and_store_nothing(seeded, changes, field) -> None:
    machine = FactoryMachine.objects.get(name="fal-ai/flux/dev")
    with pytest.raises(OrderRefused) as refused:
        place(Wish(machine, **{"prompt": "a cat", **changes}))
    assert refused.value.problems[0].field == field
    assert not Order.objects.exists()


def test_the_same_key_orders_once(still) -> None:
    wish = Wish(still, "a")
    assert place(wish, idempotency_key="k").pk == place(wish, idempotency_key="k").pk
    assert Order.objects.count() == 1


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


def test_caps_hold_what_does_not_fit_and_let_it_go_later(paid) -> None:
    Budget.objects.update(per_day=Decimal("0.06"))
    order = flux("[a,b,c,d]")
    run()
    assert statuses(order) == {"completed": 2, "held": 2}
    assert sum(entry.amount for entry in SpendEntry.objects.exclude(state="released")) <= Decimal("0.06")
    assert "per day" in order.items.filter(status="held")[0].reason
    order.refresh_from_db()
    assert order.status == "held"
    assert release_held() == 0
    Budget.objects.update(per_day=Decimal(1))
    assert release_held() == 2
    run()
    assert statuses(order) == {"completed": 4}


def test_an_order_has_its_own_cap(paid) -> None:
    order = flux("[a,b,c,d]", spend_cap=Decimal("0.025"))
    run()
    assert statuses(order) == {"completed": 1, "held": 3}


def test_cancelling_stops_what_waits_and_asks_what_runs(paid) -> None:
    paid.on_poll = lambda _reference: CallStatus(CallState.CANCELLED if paid.cancelled else CallState.RUNNING, 0.5)
    order = flux("[a,b,c]")
    submit_next("w")
    assert orders.cancel(order) == 3
    assert statuses(order) == {"cancelled": 2, "submitted": 1}
    order.refresh_from_db()
    assert order.status == "cancelling"
    run(20)
    order.refresh_from_db()
    assert (order.status, order.state, paid.cancelled) == ("cancelled", "stopped", [{"id": 1}])
    assert ledger(order) == {"released": 1}


def test_a_picture_that_came_before_the_cancel_is_kept(paid) -> None:
    order = flux()
    submit_next("w")
    orders.cancel(order)
    run()
    assert (statuses(order), Product.objects.count(), ledger(order)) == ({"completed": 1}, 1, {"settled": 1})


def test_holding_by_hand(paid) -> None:
    order = flux("[a,b]")
    orders.hold(order, held=True)
    run()
    assert (len(paid.posts), release_held()) == (0, 0)
    orders.hold(order, held=False)
    run()
    assert statuses(order) == {"completed": 2}


def test_rates_and_concurrency_are_kept(paid) -> None:
    Provider.objects.filter(name="fal").update(concurrency=2, rate_per_minute=1, tokens=0, refilled_at=timezone.now())
    flux("[a,b,c,d]")
    assert not submit_next("w")
    Provider.objects.filter(name="fal").update(rate_per_minute=600_000)
    assert [submit_next("w") for _ in range(3)] == [True, True, False]


def test_an_item_without_an_end_is_given_up(paid) -> None:
    paid.on_poll = lambda _reference: CallStatus(CallState.RUNNING, 0.5)
    order = flux()
    run(5)
    OrderItem.objects.update(started_at=timezone.now() - timedelta(hours=3))
    keep_order()
    assert (statuses(order), ledger(order)) == ({"unknown": 1}, {"unknown": 1})


def test_one_foreman_at_a_time_and_a_dead_one_is_followed(db) -> None:
    assert take_lease("foreman", "elsewhere:1:a")
    assert take_lease("foreman", "elsewhere:1:a")
    assert not take_lease("foreman", "elsewhere:2:b")
    leave("elsewhere:1:a")
    assert take_lease("foreman", "elsewhere:2:b")


def test_a_late_reference_of_an_older_attempt_changes_nothing(paid) -> None:
    order = flux()
    submit_next("w")
    item = order.items.get()
    assert not accepted(item, item.attempt, {"id": 99}, 0)
    assert order.items.get().reference == {"id": 1}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_race_for_200_items_and_each_is_paid_once(paid) -> None:
    Budget.objects.update(per_order=Decimal(100), per_day=Decimal("4.5"))
    order = flux("[a,b] " * 8, max_items=200)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            while work_once(name):
                pass
        except BaseException as error:  # noqa: BLE001 -- handed to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run()
    assert not failures
    keys = Counter(request.idempotency_key for request in paid.posts)
    assert set(keys.values()) == {1}
    # 4.50 a day at 2.5 cents each are 180 pictures, and not one more.
    assert (len(paid.posts), statuses(order)) == (180, {"completed": 180, "held": 20})
    assert (Product.objects.count(), ledger(order)) == (180, {"settled": 180})


def test_png_of_the_script_is_one() -> None:
    assert PNG[:4] == b"\x89PNG"
