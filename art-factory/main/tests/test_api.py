"""The original's API paths and the faults it had: each is a test here (spec 5.2)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.test import Client

from main.models import Budget, Circuit, FactoryMachine, Lookup, Order, Product, Project, Provider
from main.production.foreman import work_once
from main.services.orders import Wish, place


def post(client: Client, body, **headers):
    """Send JSON to the paying endpoint."""
    return client.post("/api/place-order/", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def made(still) -> Order:
    """An order with one product."""
    order = place(Wish(still, "red", parameters={"size": "64x64"}, project=Project.objects.create(name="P")))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    return order


def test_an_order_by_json(still, client: Client) -> None:
    body = {
        "machine_id": still.pk,
        "prompt": "[a,b]",
        "parameters": {"size": "64x64"},
        "generation_count": 2,
        "batch_size": 3,
    }
    answer = post(client, body)
    found = answer.json()
    assert (answer.status_code, found["success"], found["total_products"], found["batch_size"]) == (200, True, 12, 3)
    order = Order.objects.get(pk=found["order_id"])
    assert (order.item_count, order.requested_by) == (4, "api")
    assert order.items.filter(generation_parameters__has_key="seed").count() == 2


def test_a_key_orders_once(still, client: Client) -> None:
    body = {"machine_id": still.pk, "prompt": "a"}
    first, again = (post(client, body, **{"Idempotency-Key": "k"}).json()["order_id"] for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Missing required fields: machine_id, prompt"),
        ({"machine_id": "builtin/still"}, "Missing required fields: prompt"),
        ({"machine_id": "none", "prompt": "a"}, "Invalid machine_id"),
        ({"machine_id": [1], "prompt": "a"}, "Invalid machine_id"),
        ({"machine_id": "builtin/still", "prompt": ["a"]}, "Invalid parameters"),
        ({"machine_id": "builtin/still", "prompt": "a", "parameters": {"width": "banana"}}, "Invalid parameters"),
        ({"machine_id": "builtin/still", "prompt": "a", "parameters": {"detail": 9999}}, "Invalid parameters"),
        ({"machine_id": "builtin/still", "prompt": "a", "parameters": []}, None),
        ({"machine_id": "builtin/still", "prompt": "a", "parameters": "x"}, "Invalid parameters"),
        ({"machine_id": "builtin/still", "prompt": "a", "generation_count": 99}, "Invalid parameters"),
        ({"machine_id": "builtin/still", "prompt": "a\x00b"}, "Invalid JSON format"),
        ([], "Invalid JSON format"),
    ],
)
def test_wrong_bodies_are_refused_with_words(seeded, client: Client, body, error) -> None:
    answer = post(client, body)
    if error is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 400
    assert (answer.json()["error"], bool(answer.json()["user_message"])) == (error, True)
    assert not Order.objects.exists()


def test_broken_json_and_wrong_methods(seeded, client: Client) -> None:
    for data in (b"{", b"\xff", b"[" * 100_000):
        assert client.post("/api/place-order/", data, content_type="application/json").status_code == 400
    assert client.get("/api/place-order/").status_code == 405


def test_no_foreign_page_can_spend(still) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert post(strict, {"machine_id": still.pk, "prompt": "a"}).status_code == 403
    assert not Order.objects.exists()


@pytest.mark.parametrize("limit", ["-1", "abc", "999999999999999999999", "", "0"])
def test_limits_are_never_a_500(made: Order, client: Client, limit: str) -> None:
    for path in ("/api/recent-orders/", "/api/recent-products/"):
        assert client.get(path, {"limit": limit, "project": limit}).status_code == 200


def test_unknown_numbers_are_404_as_json(client: Client, db) -> None:
    for path in ("/api/orders/9/", "/api/products/9/", "/api/order-status/9/", "/api/projects/9/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_what_the_paths_return(made: Order, client: Client) -> None:
    status = client.get(f"/api/order-status/{made.pk}/").json()
    assert (status["status"], status["progress"], status["status_counts"]["completed"]) == ("completed", 100, 1)
    assert status["latest_product"]["file_url"].startswith("/files/")
    assert client.get(f"/api/orders/{made.pk}/").json()["items"][0]["parameters"]["width"] == 64
    product = client.get(f"/api/products/{Product.objects.get().pk}/").json()
    assert (product["file_format"], product["generator_kind"], product["order_id"]) == ("png", "procedural", made.pk)
    assert client.get("/api/recent-orders/?limit=1").json()["orders"][0]["id"] == made.pk
    assert len(client.get(f"/api/recent-products/?project={made.project_id}").json()["products"]) == 1
    assert client.get("/api/projects/").json()["projects"][0]["product_count"] == 1
    assert client.get(f"/api/projects/{made.project_id}/").json()["recent_orders"][0]["id"] == made.pk


def test_machines_tell_their_parameters_as_schema(seeded, client: Client) -> None:
    machines = {one["name"]: one for one in client.get("/api/factory-machines/").json()["machines"]}
    steps = machines["fal-ai/flux/dev"]["parameter_schema"]["steps"]
    assert (steps["type"], steps["minimum"], steps["maximum"], steps["default"]) == ("integer", 1, 50, 28)
    assert "negative_prompt" not in machines["fal-ai/flux/dev"]["parameter_schema"]


@pytest.mark.parametrize("path", ["recent-orders", "recent-products"])
def test_lists_ask_the_same_few_questions(
    made: Order, client: Client, django_assert_max_num_queries, path: str
) -> None:
    for _ in range(20):
        place(Wish(FactoryMachine.objects.get(name="builtin/still"), "a"))
    with django_assert_max_num_queries(3):
        client.get(f"/api/{path}/?limit=30")


def test_safety_is_off_unless_an_order_asks(seeded, client: Client) -> None:
    post(client, {"machine_id": "fal-ai/flux/dev", "prompt": "a"})
    post(client, {"machine_id": "fal-ai/flux/dev", "prompt": "a", "parameters": {"enable_safety_checker": True}})
    chosen = [order.items.get().generation_parameters.get("safety", False) for order in Order.objects.order_by("pk")]
    assert chosen == [False, True]


def test_settings_change_caps_and_providers(seeded, client: Client) -> None:
    assert client.get("/settings/").status_code == 200
    client.post("/settings/budget/", {"per_order": "1", "per_day": "2,5", "per_month": "30"})
    assert Budget.objects.get().per_day == Decimal("2.5")
    client.post("/settings/budget/", {"per_order": "-1", "per_day": "x", "per_month": "NaN"})
    assert Budget.objects.get().per_day == Decimal("2.5")
    provider = Provider.objects.get(name="fal")
    client.post(f"/settings/providers/{provider.pk}/", {"concurrency": "7", "rate_per_minute": "9"})
    provider.refresh_from_db()
    assert (provider.concurrency, provider.rate_per_minute, provider.is_enabled) == (7, 9, False)
    Provider.objects.update(circuit=Circuit.OPEN)
    client.post(f"/settings/providers/{provider.pk}/", {"again": "yes"})
    provider.refresh_from_db()
    assert provider.circuit == "closed"


def test_lookups_are_made_changed_and_deleted(seeded, client: Client) -> None:
    assert client.get("/lookups/").status_code == 200
    client.post("/lookups/save/", {"name": "Animal", "values": "cat\n\n dog \ncat"})
    lookup = Lookup.objects.get(name="animal")
    assert lookup.values == ["cat", "dog"]
    client.post("/lookups/save/", {"name": "", "values": "x"})
    client.post(f"/lookups/{lookup.pk}/delete/")
    assert not Lookup.objects.filter(name="animal").exists()
