"""What went wrong in the original, one test each: it cannot happen here (spec 5.2)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as live
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from main.models import Order, Product, Project
from main.production.foreman import work_once
from main.services import products
from main.services.orders import Wish, place

EVIL = "</script><img src=x onerror=alert(1)>\"'"


@pytest.fixture
def made(still) -> Order:
    """An order with one product, under hostile words."""
    project = Project.objects.create(name=EVIL)
    order = place(Wish(still, f"red {EVIL}", title=EVIL, parameters={"size": "64x64"}, project=project))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    return order


def test_links_to_recent_orders_lead_somewhere(made: Order, client: Client) -> None:
    pages = ("/order/", "/production/", f"/projects/{made.project_id}/")
    links = {link for page in pages for link in re.findall(r'"(/orders/\d+/)"', client.get(page).content.decode())}
    assert links == {f"/orders/{made.pk}/"}
    assert client.get(f"/orders/{made.pk}/").status_code == 200


@pytest.mark.parametrize("limit", ["-1", "abc"])
def test_a_bad_limit_is_no_500(made: Order, client: Client, limit: str) -> None:
    assert client.get("/api/recent-orders/", {"limit": limit}).status_code == 200


@pytest.mark.parametrize("path", ["orders", "products", "order-status", "projects"])
def test_a_missing_number_is_a_404_in_json(client: Client, db, path: str) -> None:
    answer = client.get(f"/api/{path}/999/")
    assert (answer.status_code, answer["Content-Type"], answer.json()["status"]) == (
        404,
        "application/problem+json",
        404,
    )


@pytest.mark.parametrize("parameters", [{"size": "banana"}, {"detail": 9999}, {"surprise": 1}])
def test_parameters_are_checked(still, client: Client, parameters: dict[str, object]) -> None:
    body = {"machine_id": still.pk, "prompt": "a cat", "parameters": parameters}
    assert client.post("/api/place-order/", body, content_type="application/json").status_code == 400
    assert not Order.objects.exists()


def test_no_other_page_and_no_rebound_name_can_spend(still) -> None:
    body = {"machine_id": still.pk, "prompt": "a cat"}
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/api/place-order/", body, content_type="application/json").status_code == 403
    rebound = Client().post(
        "/api/place-order/", body, content_type="application/json", headers={"host": "rebound.example"}
    )
    assert rebound.status_code == 400
    assert not Order.objects.exists()


def test_strangers_words_are_no_markup(made: Order, client: Client) -> None:
    product = Product.objects.get()
    for page in (
        "/projects/",
        "/order/",
        "/production/",
        "/inventory/",
        f"/orders/{made.pk}/",
        f"/products/{product.pk}/",
    ):
        answer = client.get(page)
        assert b"<img src=x" not in answer.content, page
        assert b"</script><" not in answer.content.replace(b"</script>\n", b"").replace(b"</script></", b""), page
        assert "unsafe-inline" not in answer["Content-Security-Policy"]


def test_our_scripts_write_no_markup_from_data() -> None:
    for name in ("order", "live", "keys"):
        script = Path(str(finders.find(f"main/{name}.js"))).read_text()
        assert not re.search(r"innerHTML\s*\+?=(?!=)|insertAdjacentHTML|document\.write", script), name


def test_deleting_leaves_no_file_behind(made: Order, client: Client) -> None:
    product = Product.objects.get()
    file = Path(live.MEDIA_ROOT) / product.file
    client.post("/products/bulk-delete/", {"product_ids[]": [product.pk]})
    assert file.exists()  # the trash is a way back
    Product.objects.update(deleted_at=timezone.now() - timedelta(days=40))
    assert products.purge(30) == 1
    assert [one for one in Path(live.MEDIA_ROOT).rglob("*") if one.is_file()] == []


def test_favourites_and_ratings_are_kept(made: Order, client: Client) -> None:
    pk = Product.objects.get().pk
    client.post(reverse("main:product_mark", args=[pk]), {"favorite": "yes", "rating": "4"})
    product = Product.objects.get()
    assert (product.is_favorite, product.rating) == (True, 4)


def test_production_is_live_and_never_stops_watching(made: Order, client: Client) -> None:
    events = client.get("/api/events/?since=0").json()["events"]
    assert {"order_created", "product_created"} <= {event["name"] for event in events}
    script = Path(str(finders.find("main/live.js"))).read_text()
    assert "EventSource" in script
    assert not re.search(r"(polls|tries|attempts)\s*(>|>=)\s*\d", script)


def test_settings_can_be_changed(seeded, client: Client) -> None:
    client.post("/settings/budget/", {"per_order": "1", "per_day": "2", "per_month": "3"})
    assert 'value="2"' in client.get("/settings/").content.decode()


def test_nothing_changes_by_get_and_nothing_redirects_away(made: Order, client: Client) -> None:
    for name in ("order_cancel", "order_retry", "product_delete", "product_mark", "project_update"):
        pk = {"order": made.pk, "produ": Product.objects.get().pk, "proje": made.project_id}[name[:5]]
        assert client.get(reverse(f"main:{name}", args=[pk])).status_code == 405
    for page in ("/projects/", f"/projects/{made.project_id}/"):
        answer = client.get(page, {"next": "https://evil.example/"})
        assert answer.status_code == 200
        assert "evil.example" not in answer.get("Location", "")
