"""Every seeded machine against its provider's stand-in, and everything that may go wrong on the way: paid once, or said so."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from main.factories import ModelSpecificFactory, read_machines
from main.models import Budget, Circuit, FactoryMachine, ItemStatus, Order, OrderItem, Product, Provider, SpendEntry
from main.production.foreman import keep_order, work_once
from main.production.working import poll_next, submit_next
from main.providers.protocol import Connection, ErrorCategory, Output, ProviderError
from main.providers.registry import client_for
from main.services.connections import client_of, connection_of
from main.services.orders import Wish, cancel, place
from main.services.seeding import SEED
from main.tests.wire_table import TABLE

PAID = {"fal": "fal-ai/flux/dev", "replicate": "black-forest-labs/flux-schnell", "civitai": "civitai/sdxl"}
REMOTE = [data["name"] for data in read_machines(SEED / "machines") if data["provider"] != "builtin"]
SECONDS = 30


def machine(name: str) -> FactoryMachine:
    """Return a machine."""
    return FactoryMachine.objects.get(name=name)


def order(provider: str, prompt: str = "a red cat", **more: Any) -> Order:
    """Place an order at a provider."""
    more["parameters"] = {"size": "512x512", **more.get("parameters", {})}
    return place(Wish(machine(PAID.get(provider, "comfyui/text-to-image")), prompt, **more))


def hurry() -> None:
    """Let all that waits be due, and all circuits be closed."""
    OrderItem.objects.filter(next_poll_at__isnull=False).update(next_poll_at=timezone.now())
    OrderItem.objects.update(not_before=None)
    Provider.objects.update(circuit=Circuit.CLOSED, circuit_until=None, failures=0)


def run(found: Order) -> Order:
    """Work until an order has ended."""
    deadline = time.monotonic() + SECONDS
    while Order.objects.get(pk=found.pk).state in ("queued", "running"):
        assert time.monotonic() < deadline, list(found.items.values_list("status", "reason"))
        hurry()
        work_once("w")
    found.refresh_from_db()
    return found


def ledger(found: Order) -> Counter[str]:
    """Return how many entries have each state."""
    return Counter(SpendEntry.objects.filter(order=found).values_list("state", flat=True))


def picture() -> Product:
    """Return a product of the built-in generator."""
    made = place(Wish(machine("builtin/still"), "a sea", parameters={"size": "64x64"}))
    run(made)
    return Product.objects.get(order_item__order=made)


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(REMOTE)


@pytest.mark.parametrize("name", REMOTE)
def test_a_machine_sends_exactly_what_its_provider_documents(services, name) -> None:
    found = machine(name)
    factory = ModelSpecificFactory.from_data(found.specification)
    wanted: dict[str, Any] = {"seed": 7, "size": "1024x768"}
    given = {one: value for one, value in wanted.items() if factory.machine.spec(one)}
    if factory.machine.spec("init_image"):
        given["init_image"] = picture().pk
    made = run(place(Wish(found, "a red cat", "blurry", parameters=given)))
    assert made.status == "completed", list(made.items.values_list("error_message", flat=True))
    call = services.book.of(found.provider.name)[0]
    sent = {
        key: "{file}" if isinstance(value, str) and value.startswith("data:image/png;base64,") else value
        for key, value in call.arguments.items()
    }
    assert sent == TABLE[name]
    product = Product.objects.get(order_item__order=made)
    assert product.product_type == factory.output
    size = factory.machine.spec("size")
    if size and size.encode not in ("ratio", "ratio_megapixels"):
        assert (product.width, product.height) == (1024, 768)
    assert product.parameters == made.items.get().actual_parameters
    assert ledger(made) == ({} if found.provider.name == "comfyui" else {"settled": 1})


@pytest.mark.parametrize("name", ["fal", "replicate", "civitai", "comfyui"])
def test_the_test_call_proves_a_key(services, name) -> None:
    assert client_of(name).test()
    if name != "comfyui":
        wrong = Connection(key="wrong", urls=connection_of(name).urls)
        with pytest.raises(ProviderError) as refused:
            client_for(name, wrong).test()
        assert refused.value.category is ErrorCategory.AUTHENTICATION
        assert "wrong" not in repr(wrong)


@pytest.mark.parametrize("name", PAID)
@pytest.mark.parametrize(("status", "tries"), [(500, 2), (429, 2)])
def test_refusals_before_acceptance_are_tried_again_and_paid_once(services, name, status, tries) -> None:
    services.misbehave("status", "submit", status=status, times=tries, retry_after="1")
    made = run(order(name))
    assert (made.status, len(services.book.of(name))) == ("completed", 1)
    assert ledger(made) == {"released": tries, "settled": 1}
    assert Product.objects.filter(order_item__order=made).count() == 1


@pytest.mark.parametrize("name", PAID)
@pytest.mark.parametrize("status", [500, 429])
def test_trouble_with_asking_is_no_reason_to_send_again(services, name, status) -> None:
    services.misbehave("status", "poll", status=status, times=3)
    services.misbehave("status", "result", status=status, times=1)
    services.misbehave("reset", "poll", times=1)
    made = run(order(name))
    assert (made.status, len(services.book.of(name))) == ("completed", 1)
    assert ledger(made) == {"settled": 1}


def test_a_lost_answer_is_unknown_at_fal_and_counts_as_spent(services) -> None:
    services.misbehave("lost")
    made = run(order("fal"))
    item = made.items.get()
    assert (item.status, len(services.book.of("fal"))) == (ItemStatus.UNKNOWN, 1)
    assert "may have been charged" in item.reason
    assert ledger(made) == {"unknown": 1}


@pytest.mark.parametrize("name", ["replicate", "civitai", "comfyui"])
def test_a_lost_answer_is_found_where_the_provider_can_tell(services, name) -> None:
    services.misbehave("lost")
    made = run(order(name))
    assert (made.status, len(services.book.of(name))) == ("completed", 1)
    assert ledger(made) == ({} if name == "comfyui" else {"settled": 1})


def test_a_prediction_of_another_item_is_not_taken_for_ones_own(services) -> None:
    """Twice the same call: the one whose answer is lost cannot be told from the other."""
    run(order("replicate", parameters={"seed": 3}))
    services.misbehave("reset")
    made = run(order("replicate", parameters={"seed": 3}))
    assert (made.items.get().status, len(services.book.of("replicate"))) == (ItemStatus.UNKNOWN, 1)


@pytest.mark.parametrize("name", PAID)
@pytest.mark.parametrize("kind", ["expired", "garbage", "truncated"])
def test_results_that_cannot_be_had_are_asked_for_again(services, name, kind) -> None:
    services.misbehave(kind, "file", times=2)
    made = run(order(name))
    assert (made.status, len(services.book.of(name))) == ("completed", 1)
    assert ledger(made) == {"settled": 1}


def test_results_that_never_come_are_given_up_and_counted(services) -> None:
    services.misbehave("garbage", "file", times=50)
    made = run(order("fal"))
    assert made.items.get().status == ItemStatus.EXHAUSTED
    assert (len(services.book.of("fal")), ledger(made)) == (1, {"settled": 1})


@pytest.mark.parametrize(
    ("name", "fault", "status", "money"),
    [
        ("fal", "policy", "blocked", "settled"),
        ("replicate", "policy", "blocked", "settled"),
        ("civitai", "policy", "blocked", "released"),
        ("replicate", "fails", "failed", "settled"),
        ("civitai", "fails", "failed", "released"),
    ],
)
def test_a_model_that_refuses_or_breaks_is_told_with_its_money(services, name, fault, status, money) -> None:
    services.misbehave(fault)
    made = run(order(name))
    assert (made.items.get().status, len(services.book.of(name))) == (status, 1)
    assert ledger(made) == {money: 1}


def test_what_was_surely_not_charged_is_sent_again(services) -> None:
    services.misbehave("fails", provider="fal")
    services.misbehave("aborted", provider="replicate")
    for name in ("fal", "replicate"):
        made = run(order(name))
        assert (made.status, len(services.book.of(name))) == ("completed", 2)
        assert ledger(made) == {"released": 1, "settled": 1}


def test_a_black_picture_is_kept_and_marked(services) -> None:
    services.misbehave("flagged")
    run(order("fal"))
    assert Product.objects.get().is_flagged


def test_an_empty_account_holds_what_is_left(services) -> None:
    services.misbehave("status", status=402, provider="replicate", times=9)
    services.misbehave("status", status=403, provider="fal", times=9)
    for name in ("fal", "replicate"):
        made = order(name, "[a,b]")
        for _ in range(10):
            hurry()
            work_once("w")
        assert set(made.items.values_list("status", "error_category")) == {("held", "quota")}
        assert ledger(made) == {"released": 2}


def test_a_wrong_key_stops_at_once(services, settings) -> None:
    settings.FAL_KEY = "wrong"
    made = order("fal")
    submit_next("w")
    item = made.items.get()
    assert (item.status, item.error_category) == ("failed", "authentication")
    assert Provider.objects.get(name="fal").circuit == Circuit.OPEN


def test_nobody_there_means_nothing_was_sent(services, settings) -> None:
    settings.FAL_QUEUE_URL = "http://127.0.0.1:9"
    made = order("fal")
    submit_next("w")
    assert made.items.get().status == "pending"
    assert ledger(made) == {"released": 1}


@pytest.mark.parametrize("name", ["fal", "replicate", "civitai", "comfyui"])
def test_a_running_call_is_cancelled(services, name) -> None:
    services.book.seconds = 60
    made = order(name)
    submit_next("w")
    cancel(made)
    run(made)
    assert made.status == "cancelled"
    assert services.book.of(name)[0].cancelled is not None


def test_results_are_fetched_from_listed_hosts_only(services, monkeypatch) -> None:
    """A provider that was taken over cannot make us ask our own network."""
    services.misbehave("never")
    made = order("fal")
    submit_next("w")
    client = client_of("fal")
    for url in ("http://127.0.0.1:1/x", "http://169.254.169.254/latest", "http://[::1]:5432/", "file:///etc/passwd"):
        with pytest.raises(ProviderError) as refused:
            client.fetch(Output(url=url))
        assert refused.value.category is ErrorCategory.DOWNLOAD
    assert made.items.get().status == "submitted"


def test_the_request_id_is_stored_before_anything_waits(services) -> None:
    services.book.seconds = 60
    made = order("fal")
    submit_next("w")
    item = made.items.get()
    assert (item.status, item.reference["request_id"]) == ("submitted", services.book.of("fal")[0].id)
    assert not poll_next("w")  # not due yet: nobody waits in between


def test_caps_hold_whatever_goes_wrong(services) -> None:
    Budget.objects.update_or_create(pk=1, defaults={"per_order": Decimal("0.1"), "per_day": Decimal("0.2")})
    for kind in ("lost", "lost", "fails", "policy"):
        services.misbehave(kind)
    made = [order("fal", "[a,b,c,d,e,f,g,h]") for _ in range(3)]
    for _ in range(400):
        hurry()
        keep_order()
        if not work_once("w"):
            break
    for one in made:
        counted = SpendEntry.objects.filter(order=one).exclude(state="released")
        assert sum(entry.amount for entry in counted) <= Decimal("0.1")
    every = SpendEntry.objects.exclude(state="released")
    assert sum(entry.amount for entry in every) == Decimal("0.2")
    charged = [call for call in services.book.of("fal") if call.charged()]
    assert len(charged) <= 8
    assert OrderItem.objects.filter(status="held").count() == 16


def test_a_worker_that_died_while_sending_leaves_it_to_the_foreman(services) -> None:
    """The row says `submitting`; nobody knows whether the POST went out."""
    for name, status in (("fal", "unknown"), ("civitai", "submitted")):
        made = order(name)
        item = made.items.get()
        past = timezone.now() - timedelta(hours=1)
        OrderItem.objects.filter(pk=item.pk).update(status="submitting", attempt=1, worker="dead", leased_until=past)
        keep_order()
        assert made.items.get().status == status
