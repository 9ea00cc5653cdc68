"""Curating: choose and act with a way back, compare, grid, templates, and what is taken along."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from main.models import Event, Order, OrderTemplate, Product, Tag
from main.production.foreman import work_once
from main.services.comparing import axes_of, grid
from main.services.orders import Wish, place

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def made(still) -> Order:
    """Eight pictures: two colours, two animals, two values of detail."""
    order = place(Wish(still, f"[red,blue] [cat,dog] {EVIL}", parameters={"size": "64x64", "detail": "2,4"}))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    return order


def ids() -> list[int]:
    """Return all products' numbers."""
    return list(Product.objects.order_by("pk").values_list("pk", flat=True))


def undo_of(client: Client, answer_page: str) -> str:
    """Return the address that takes the last action back."""
    found = answer_page.partition("/products/")
    return found[1] + found[2].partition('"')[0].replace("&amp;", "&")


def test_tags_and_favourites_in_bulk_can_be_taken_back(made: Order, client: Client) -> None:
    chosen = ids()[:3]
    client.post(reverse("main:products_tag"), {"ids": chosen, "tag": "  best  of "})
    assert Tag.objects.get().name == "best of"
    assert Product.objects.filter(tags__name="best of").count() == 3
    client.post(f"{reverse('main:products_tag')}?tag=best+of&remove=yes&ids={chosen[0]}")
    assert Product.objects.filter(tags__name="best of").count() == 2
    client.post(reverse("main:products_favorite"), {"ids": chosen})
    assert Product.objects.filter(is_favorite=True).count() == 3
    client.post(f"{reverse('main:products_favorite')}?off=yes&ids={chosen[0]}&ids={chosen[1]}")
    assert Product.objects.filter(is_favorite=True).count() == 1
    assert {"tag_added", "tag_removed", "products_changed"} <= set(Event.objects.values_list("name", flat=True))
    for name in ("products_tag", "products_favorite", "products_compare", "products_download"):
        assert client.get(reverse(f"main:{name}")).status_code == 405
        assert client.post(reverse(f"main:{name}"), {"ids": ["x", "-1", "9" * 30]}).status_code == 302


def test_comparing_shows_what_differs_first(made: Order, client: Client) -> None:
    first, last = ids()[0], ids()[-1]
    answer = client.post(reverse("main:products_compare"), {"ids": [first, last]}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[0][0] == f"/compare/?ids={first}&ids={last}"
    assert page.index("detail") < page.index("size")
    assert EVIL not in page
    assert client.get("/compare/", {"ids": first}).status_code == 302


def test_a_grid_over_any_axis(made: Order, client: Client) -> None:
    assert set(axes_of(list(made.items.all()))) == {"red,blue", "cat,dog", "detail"}
    found = grid(made, "detail", "red,blue", "cat,dog")
    assert found["columns"] == ["2", "4"]
    assert [table["value"] for table in found["tables"]] == ["cat", "dog"]
    for table in found["tables"]:
        for row, cells in table["lines"]:
            assert all(len(cell) == 1 and row in cell[0].prompt and table["value"] in cell[0].prompt for cell in cells)
    page = client.get(reverse("main:grid", args=[made.pk]), {"x": "detail", "y": EVIL, "z": "nothing"})
    assert page.status_code == 200
    assert EVIL not in page.content.decode()
    assert page.content.count(b"/thumbs/320/") == 8


def test_an_order_is_kept_and_ordered_again(made: Order, client: Client) -> None:
    client.post(reverse("main:template_save", args=[made.pk]), {"name": "Both"})
    template = OrderTemplate.objects.get()
    assert "Both" in client.get("/templates/").content.decode()
    answer = client.post(reverse("main:template_use", args=[template.pk]), follow=True)
    page = answer.content.decode()
    assert "[red,blue] [cat,dog]" in page
    assert 'value="2,4"' in page
    client.post(reverse("main:template_change", args=[template.pk]), {"favorite": "yes"})
    client.post(reverse("main:template_change", args=[template.pk]))
    template.refresh_from_db()
    assert (template.used, template.is_favorite, template.deleted_at is not None) == (1, True, True)
    assert "No templates yet" in client.get("/templates/").content.decode()


def test_what_is_taken_along(made: Order, client: Client) -> None:
    chosen = ids()[:2]
    answer = client.post(reverse("main:products_download"), {"ids": chosen})
    assert answer["Content-Disposition"] == 'attachment; filename="products_2_files.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as file:
        names = file.namelist()
        facts = json.loads(file.read("products.json"))
        page = file.read("index.html").decode()
        assert file.read(facts[0]["exported_as"])[:4] == b"\x89PNG"
    assert all(".." not in name and not name.startswith("/") for name in names)
    assert {one["digital_source_type"] for one in facts} == {"algorithmicMedia"}
    assert EVIL not in page
    assert facts[0]["exported_as"] in page
    one = client.post(reverse("main:products_download"), {"ids": chosen[:1]})
    assert one["Location"].endswith("?download")


def test_the_trash_is_a_page_from_which_products_come_back(made: Order, client: Client) -> None:
    ids = list(Product.objects.values_list("pk", flat=True))
    client.post(reverse("main:products_delete"), {"ids": ids})
    assert "?trash=yes" in client.get(reverse("main:inventory")).content.decode()
    page = client.get(reverse("main:inventory") + "?trash=yes").content.decode()
    assert page.count('name="ids"') == len(ids)
    back = client.post(reverse("main:products_restore"), {"ids": ids[:1], "q": "", "trash": "yes"})
    assert back["Location"].endswith("/inventory/?trash=yes")
    assert list(Product.objects.alive().values_list("pk", flat=True)) == ids[:1]


@pytest.mark.parametrize("name", ["products_tag", "products_favorite", "products_delete", "products_restore"])
def test_what_is_done_with_chosen_products_keeps_the_search(made: Order, client: Client, name: str) -> None:
    ids = list(Product.objects.values_list("pk", flat=True))
    typed = {"ids": ids, "q": "red rating:>=0", "before": "99", "tag": "kept"}
    answer = client.post(reverse(f"main:{name}"), typed, follow=True)
    assert answer.redirect_chain == [("/inventory/?q=red+rating%3A%3E%3D0&before=99", 302)]
    undo = [message.extra_tags.partition("undo:")[2] for message in answer.context["messages"]]
    for address in filter(None, undo):
        assert client.post(address)["Location"] == "/inventory/?q=red+rating%3A%3E%3D0&before=99"


def test_an_untouched_file_of_ours_orders_itself_again(made: Order, client: Client) -> None:
    """Its bytes say nothing about their making; the store knows them."""
    product = Product.objects.order_by("pk")[0]
    data = b"".join(client.get(reverse("main:file", args=[product.uuid]) + "?download=original"))
    sent = SimpleUploadedFile("from_the_folder.png", data, "image/png")
    page = client.post(reverse("main:order_recover"), {"file": sent}).content.decode()
    assert f"from_the_folder.png: it is product #{product.pk}" in page
    assert "red cat" in page
