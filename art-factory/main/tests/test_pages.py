"""Pages by their HTTP face: each answers, says what is wrong, escapes what strangers wrote, and changes nothing by GET."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from main.models import Event, FactoryMachine, Order, Product, Project
from main.production.foreman import work_once
from main.services.orders import Wish, place

EVIL = "<script>alert(1)</script>\"'"


@pytest.fixture
def made(still, client: Client) -> Order:
    """An order with its two products, under hostile words."""
    project = Project.objects.create(name=EVIL)
    order = place(Wish(still, f"[red,blue] {EVIL}", title=EVIL, parameters={"size": "64x64"}, project=project))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    return order


def test_every_page_answers_and_escapes(made: Order, client: Client) -> None:
    product = Product.objects.first()
    assert product is not None
    pages = [
        "/projects/", f"/projects/{made.project_id}/", "/order/", f"/order/?again={made.pk}", f"/orders/{made.pk}/",
        "/production/", "/inventory/", "/inventory/?q=red", f"/products/{product.pk}/", "/models/",
        "/partials/production/summary/", f"/partials/orders/{made.pk}/", "/partials/products/cards/",
        f"/partials/order/form/?machine={made.machine_id}",
    ]  # fmt: skip
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert b"<script>alert" not in answer.content, page


def test_empty_pages_teach(client: Client, db) -> None:
    for page in ("/projects/", "/order/", "/production/", "/inventory/", "/models/"):
        assert client.get(page).status_code == 200
    assert b"Place the first order" in client.get("/inventory/").content


@pytest.mark.parametrize("bad", ["abc", "-1", "9" * 40, "%00", "1e9", "١", EVIL])
def test_bad_numbers_are_no_500(made: Order, client: Client, bad: str) -> None:
    paths = [
        "/inventory/?before={}",
        "/api/events/?since={}",
        "/order/?again={}",
        "/order/?machine={}",
        "/inventory/?q=rating:{}",
        "/inventory/?q={}",
    ]
    for path in paths:
        assert client.get(path.format(bad)).status_code in (200, 400), path


def test_missing_things_are_404(client: Client, db) -> None:
    for path in (
        "/orders/99/",
        "/products/99/",
        "/projects/99/",
        "/files/6f0c2f0e-9d6d-4b7e-8a63-0d4f0e6a7c11/",
        "/thumbs/320/6f0c2f0e-9d6d-4b7e-8a63-0d4f0e6a7c11.webp",
    ):
        assert client.get(path).status_code == 404
    assert client.post("/partials/order/preview/", {"machine": "99"}).status_code == 404


def test_placing_by_the_form_and_its_double_click(still, client: Client) -> None:
    form = {"machine": still.pk, "prompt": "[a,b]", "p-size": "64x64", "p-detail": "1..2", "key": "once"}
    first = client.post("/order/", form)
    again = client.post("/order/", form)
    assert first.status_code == 302
    assert first["Location"] == again["Location"]
    assert (Order.objects.count(), Order.objects.get().item_count) == (1, 4)


def test_a_refused_form_keeps_what_was_typed(still, client: Client) -> None:
    answer = client.post("/order/", {"machine": still.pk, "prompt": "a cat & dog", "p-size": "banana", "p-seed": "12"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "a cat &amp; dog" in text
    assert 'value="banana"' in text
    assert 'value="12"' in text
    assert "a size such as 1024x768 was expected" in text


def test_the_preview_tells_count_price_and_warnings(seeded, client: Client) -> None:
    machine = FactoryMachine.objects.get(name="fal-ai/flux/dev")
    text = client.post(
        "/partials/order/preview/", {"machine": machine.pk, "prompt": "[a,b] " * 40, "negative_prompt": "x"}
    ).content.decode()
    assert "100 calls" in text
    assert "2.5" in text
    assert "2026-11-20" in text
    assert "ignored by FLUX" in text
    assert "100 of 1,099,511,627,776 combinations are made" in text


def test_nothing_is_spent_without_a_token_or_from_a_foreign_host(still) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/order/", {"machine": still.pk, "prompt": "a"}).status_code == 403
    assert Client().get("/order/", headers={"host": "evil.example"}).status_code == 400
    assert not Order.objects.exists()


def test_changes_need_post(made: Order, client: Client) -> None:
    for name in ("order_cancel", "order_retry", "order_hold"):
        assert client.get(reverse(f"main:{name}", args=[made.pk])).status_code == 405
    assert client.get("/products/bulk-delete/").status_code == 405


def test_trash_and_back(made: Order, client: Client) -> None:
    ids = list(Product.objects.values_list("pk", flat=True))
    answer = client.post("/products/bulk-delete/", {"ids": ids}, headers={"accept": "application/json"})
    assert answer.json()["deleted_count"] == 2
    assert b"No products yet" in client.get("/inventory/").content
    assert Project.objects.get().product_count == 0
    client.post("/products/restore/?ids=" + str(ids[0]))
    assert Product.objects.alive().count() == 1


def test_files_run_nothing(made: Order, client: Client) -> None:
    product = Product.objects.first()
    assert product is not None
    answer = client.get(f"/files/{product.uuid}/")
    assert b"".join(answer)[:4] == b"\x89PNG"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    attached = client.get(f"/files/{product.uuid}/?download")
    assert attached["Content-Disposition"].startswith("attachment")
    attached.close()
    thumb = client.get(f"/thumbs/320/{product.uuid}.webp")
    assert b"".join(thumb)[8:12] == b"WEBP"


def test_events_resume_where_they_stopped(made: Order, client: Client) -> None:
    first = Event.objects.order_by("pk").first()
    assert first is not None
    found = client.get(f"/api/events/?since={first.pk}").json()
    assert found["events"][0]["id"] == first.pk + 1
    assert client.get(f"/api/events/?since={found['last']}").json()["events"] == []
    stream = client.get("/events/", headers={"Last-Event-ID": str(first.pk)})
    parts = iter(stream)
    assert b"event: hello" in next(parts)
    line = next(parts).decode()
    assert line.startswith(f"id: {first.pk + 1}\n")
    assert json.loads(line.split("data: ")[1])["name"]
    stream.close()


def test_under_asgi_a_page_asks_instead_of_waiting_for_a_stream(async_client, db) -> None:
    assert async_to_sync(async_client.get)("/events/").status_code == 204


def test_the_stages_of_parameters_can_be_compared(made: Order, client: Client) -> None:
    product = Product.objects.first()
    assert product is not None
    text = client.get(f"/products/{product.pk}/").content.decode()
    for word in ("Typed", "This one", "Sent", "Returned", 'class="differs"'):
        assert word in text


def test_searching(made: Order, client: Client) -> None:
    Product.objects.filter(prompt__startswith="red").update(rating=4, is_favorite=True)

    def found(query: str) -> int:
        return client.get("/inventory/", {"q": query}).content.count(b"card-product")

    queries = (
        "red",
        "-red",
        "rating:>=4",
        "fav:no",
        "model:still",
        'project:"script"',
        "type:video",
        "kind:procedural",
    )
    assert [found(query) for query in queries] == [1, 1, 1, 1, 2, 2, 0, 2]
    assert b"was not understood" in client.get("/inventory/?q=colour:red").content


def test_the_inventory_asks_the_same_few_questions_whatever_it_shows(
    made: Order, client: Client, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(8):
        client.get("/inventory/")


def test_a_provider_that_cannot_be_asked_fails_clearly(seeded, client: Client, monkeypatch) -> None:
    def none(_name: str, _connection: object) -> object:
        raise KeyError("nobody")

    monkeypatch.setattr("main.services.connections.client_for", none)
    order = place(Wish(FactoryMachine.objects.get(name="fal-ai/flux/dev"), "a"))
    monkeypatch.setattr("main.production.claiming._local_names", list)
    work_once("w")
    item = order.items.get()
    assert (item.status, item.error_category) == ("failed", "configuration")
