"""What a person is told when something is not as meant, and that following it works."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from main.expansion import Expansion
from main.models import FactoryMachine, Order, OrderItem, Product
from main.production.working import DOWNLOADS
from main.providers.protocol import ErrorCategory, ProviderError
from main.services import orders
from main.tests.paying import flux, ledger, run, statuses


@pytest.mark.parametrize(
    ("name", "value"), [("spend_cap", "2,5O"), ("times", "two"), ("max_items", "-3"), ("seed", "x")]
)
def test_a_figure_that_cannot_be_read_orders_nothing(seeded, client: Client, name: str, value: str) -> None:
    """A cap that is taken for none would be money without a cap."""
    machine = FactoryMachine.objects.get(name="fal-ai/flux/dev")
    typed = {"machine": machine.pk, "prompt": "a cat", name: value}
    answer = client.post(reverse("main:order"), typed)
    assert answer.status_code == 400
    assert "was expected" in answer.content.decode()
    assert value in answer.content.decode()
    assert "was expected" in client.post(reverse("main:order_preview_partial"), typed).content.decode()
    assert not Order.objects.exists()


def test_a_program_is_told_too(seeded, client: Client) -> None:
    body = {"machine_id": "fal-ai/flux/dev", "prompt": "a cat", "spend_cap": "none"}
    answer = client.post(reverse("main:api_place_order"), body, content_type="application/json")
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, "spend_cap")
    assert not Order.objects.exists()


def test_an_order_that_its_cap_holds_can_be_let_cost_more(paid, client: Client) -> None:
    order = flux("[a,b,c]", spend_cap=Decimal("0.05"))
    run()
    page = client.get(order.get_absolute_url()).content.decode()
    assert "the cap of 0.05 USD per order would be passed" in page
    assert reverse("main:order_cap", args=[order.pk]) in page
    assert "Go on<" not in page
    client.post(reverse("main:order_cap", args=[order.pk]), {"spend_cap": "much"})
    run()
    assert statuses(order) == {"completed": 2, "held": 1}
    client.post(reverse("main:order_cap", args=[order.pk]), {"spend_cap": "0.075"})
    run()
    assert (statuses(order), len(paid.posts)) == ({"completed": 3}, 3)
    assert "order_cap" not in client.get(order.get_absolute_url()).content.decode()


def test_what_is_made_and_paid_is_fetched_again_and_not_ordered_again(paid, client: Client, monkeypatch) -> None:
    def lost(*_: object) -> bytes:
        raise ProviderError(ErrorCategory.DOWNLOAD, "the file is gone")

    order = flux()
    with monkeypatch.context() as patch:
        patch.setattr(paid, "fetch", lost)
        for _ in range(DOWNLOADS + 2):
            run()
            OrderItem.objects.filter(status__in=("submitted", "downloading")).update(next_poll_at="2000-01-01T00:00Z")
    assert (statuses(order), ledger(order)) == ({"exhausted": 1}, {"settled": 1})
    assert "orders nothing new" in client.get(order.get_absolute_url()).content.decode()
    assert orders.retry(order) == 1
    run()
    assert (statuses(order), ledger(order), len(paid.posts)) == ({"completed": 1}, {"settled": 1}, 1)
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("category", "words"),
    [
        (ErrorCategory.CONTENT_POLICY, "Order again with other words"),
        (ErrorCategory.AUTHENTICATION, "Give a valid key"),
        (ErrorCategory.QUOTA, "Fill up your balance"),
        (ErrorCategory.VALIDATION, "Order again with another value"),
    ],
)
def test_a_failure_says_what_to_do(paid, client: Client, category: ErrorCategory, words: str) -> None:
    def refuse(_request: object) -> None:
        raise ProviderError(category, "no")

    paid.on_submit = refuse
    order = flux()
    run(3)
    assert words in client.get(order.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("[red,blue [cat,dog]", "a bracket stays in the text"),
        ("red] cat", "a bracket stays in the text"),
        ("[colr] cat", "the lookup [color] may be meant"),
        ("[sky] cat", "[sky] is no lookup"),
    ],
)
def test_brackets_that_choose_nothing_are_told(prompt: str, words: str) -> None:
    assert any(words in text for text in Expansion(prompt, lookups={"color": ["red", "blue"]}).plan().warnings)


@pytest.mark.parametrize("prompt", ["[color] [a,b]", r"\[sky\] cat", "[a,b] [=color] [color:1]", "[color_1]"])
def test_brackets_that_choose_are_not(prompt: str) -> None:
    warnings = Expansion(prompt, lookups={"color": ["red", "blue"]}).plan().warnings
    assert not [text for text in warnings if "bracket" in text or "no lookup" in text]


def test_the_frame_is_told_how_much_waits(paid, client: Client) -> None:
    flux("[a,b]")
    assert client.get(reverse("main:jobs")).json()["waiting"] == {"url": reverse("main:production"), "number": 2}


def test_what_somebody_stopped_is_no_failure(paid, client: Client) -> None:
    stopped, failed = flux("[a,b]"), flux("[c,d]")
    for order, status in ((stopped, "cancelled"), (failed, "unknown")):
        order.items.filter(sequence=1).update(status=status)
    run()
    assert set(Order.objects.values_list("status", flat=True)) == {"partially_completed"}
    assert client.get(reverse("main:production")).context["failed"] == 1
