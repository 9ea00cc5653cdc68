"""Placing an order: what a preview promises is made, no price is a guess, wrong wishes store nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as live

from main.models import (
    Event,
    FactoryMachine,
    Order,
    Product,
)
from main.production.foreman import work_once
from main.services.machines import factory_of
from main.services.orders import OrderRefused, Wish, place, preview


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
