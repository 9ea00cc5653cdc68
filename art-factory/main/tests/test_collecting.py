"""Collections, near duplicates and lineage: nothing is lost, everything can be taken back."""

from __future__ import annotations

import random
import uuid

from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from main.models import Collection, CollectionEntry, Lineage, NearPair, Order, Product, Tag
from main.production.foreground import process
from main.services import collecting, duplicates, lineage
from main.services.orders import Wish, place
from main.services.searching import search
from main.tests.test_commands import told

EVIL = "<script>alert(1)</script>"


def product(**facts: object) -> Product:
    """Return a product without a file."""
    standard = {"media_type": "image/png", "product_type": "image", "generator_kind": "ai", "width": 8, "height": 8}
    return Product.objects.create(**{"file": "x", "sha256": uuid.uuid4().hex, **standard, **facts})


def test_a_collection_by_hand_keeps_its_order_and_gives_back(db, client: Client) -> None:
    one, two, three = (product(prompt=word) for word in ("one", "two", EVIL))
    client.post(reverse("main:products_collect"), {"ids": [three.pk, one.pk], "collection": "  Best  of "})
    collection = Collection.objects.get()
    assert collection.name == "Best of"
    client.post(reverse("main:products_collect"), {"ids": [one.pk, two.pk], "collection": "best OF"})
    assert [row.pk for row in collecting.products_of(collection)[0]] == [three.pk, one.pk, two.pk]
    client.post(reverse("main:collection_move", args=[collection.pk]), {"ids": two.pk, "to": "earlier"})
    assert [row.pk for row in collecting.products_of(collection)[0]] == [three.pk, two.pk, one.pk]
    client.post(reverse("main:collection_remove", args=[collection.pk]), {"ids": [two.pk, three.pk]})
    client.post(reverse("main:collection_add", args=[collection.pk]) + f"?ids={two.pk}")
    assert [row.pk for row in search('collection:"best of"')[0]] == [two.pk, one.pk]
    page = client.get(collection.get_absolute_url()).content.decode()
    assert f"/products/{two.pk}/" in page
    client.post(reverse("main:collection_delete", args=[collection.pk]))
    assert client.get(collection.get_absolute_url()).status_code == 404
    assert list(search('collection:"best of"')[0]) == []
    client.post(reverse("main:collection_delete", args=[collection.pk]) + "?back=yes")
    assert client.get(collection.get_absolute_url()).status_code == 200
    assert Product.objects.count() == 3


def test_a_smart_collection_holds_what_its_search_finds_now(db, client: Client) -> None:
    product(prompt="red cat", rating=5)
    client.post(reverse("main:collection_create"), {"name": EVIL, "query": f"cat rating:>=4 odd:{EVIL}"})
    collection = Collection.objects.get()
    later = product(prompt="blue cat", rating=4)
    assert later in collecting.products_of(collection)[0]
    page = client.get(collection.get_absolute_url()).content.decode()
    assert "was not understood" in page
    assert EVIL not in page + client.get("/collections/").content.decode()
    answer = client.post(reverse("main:collection_add", args=[collection.pk]), {"ids": later.pk}, follow=True)
    assert "holds what its search finds" in answer.content.decode()
    assert CollectionEntry.objects.count() == 0
    client.post(reverse("main:collection_update", args=[collection.pk]), {"name": "Cats", "query": "blue"})
    assert list(collecting.products_of(Collection.objects.get())[0]) == [later]
    assert client.post(reverse("main:collection_create"), {"name": " "}, follow=True).status_code == 200
    assert Collection.objects.count() == 1


def test_the_shelf_costs_the_same_however_full(db, client: Client, django_assert_num_queries) -> None:
    def fill(number: int) -> None:
        for at in range(number):
            collecting.add(collecting.make(f"c{at}"), [product(prompt="x").pk])
            collecting.make(f"s{at}", query="x")

    fill(2)
    with django_assert_num_queries(2):
        assert len(collecting.shelf()) == 4
    fill(20)
    with django_assert_num_queries(2):
        assert all(row["cover"] for row in collecting.shelf())


@given(st.lists(st.integers(0, 2**16 - 1), max_size=40), st.integers(0, 8))
@settings(deadline=None)
def test_bands_find_what_comparing_all_with_all_finds(values: list[int], distance: int) -> None:
    # 16 bits spread over all bands, so that near ones are common.
    hashes = {pk: sum((value >> bit & 1) << (4 * bit) for bit in range(16)) for pk, value in enumerate(values, start=1)}
    firsts: dict[int, int] = {}
    for pk, value in hashes.items():
        firsts.setdefault(value, pk)
    expected = {
        (min(a, b), max(a, b), bits)
        for x, a in firsts.items()
        for y, b in firsts.items()
        if a < b and (bits := (x ^ y).bit_count()) <= distance
    }
    expected |= {(firsts[value], pk, 0) for pk, value in hashes.items() if pk != firsts[value]}
    found = list(duplicates.near(hashes, distance))
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_fifty_thousand_hashes_are_never_compared_all_with_all(monkeypatch) -> None:
    """Counted, not timed: at most one in a hundred of the 1.25 billion pairs is looked at."""
    chance = random.Random(1)
    hashes = {pk: chance.getrandbits(64) - 2**63 for pk in range(1, 50_001)}
    hashes[50_001] = hashes[7] ^ 0b1011
    compared = 0
    inside = duplicates._inside

    def counting(values, bucket, distance):
        nonlocal compared
        compared += len(bucket) * (len(bucket) - 1) // 2
        return inside(values, bucket, distance)

    monkeypatch.setattr(duplicates, "_inside", counting)
    assert list(duplicates.near(hashes, 4)) == [(7, 50_001, 3)]
    assert compared < 50_000 * 49_999 // 2 // 100


def alike() -> tuple[Product, Product]:
    """Return two pictures that look alike."""
    return product(dhash=0x0F0F0F0F, prompt=f"left {EVIL}"), product(
        dhash=0x0F0F0F0E, prompt="right", rating=4, is_favorite=True
    )


def test_a_decision_moves_what_people_said_and_undo_moves_it_back(db, client: Client) -> None:
    left, right = alike()
    product(dhash=0, prompt="one plain gradient")
    product(dhash=1, prompt="another")
    right.tags.add(Tag.objects.create(name="best"))
    collection = collecting.make("Walls")
    collecting.add(collection, [right.pk])
    assert told("find_duplicates") == {"pictures": 4, "pairs": 1}
    assert told("find_duplicates")["pairs"] == 0
    pair = NearPair.objects.get()
    page = client.get("/duplicates/").content.decode()
    assert EVIL not in page
    assert page.count("Keep this one") == 2
    client.post(reverse("main:duplicate_decide", args=[pair.pk]), {"keep": "neither"})
    assert duplicates.waiting().count() == 1
    client.post(reverse("main:duplicate_decide", args=[pair.pk]), {"keep": "first"})
    left.refresh_from_db()
    right.refresh_from_db()
    assert right.deleted_at is not None
    assert (left.rating, left.is_favorite, list(left.tags.values_list("name", flat=True))) == (4, True, ["best"])
    assert list(collecting.products_of(collection)[0]) == [left]
    assert not duplicates.waiting().exists()
    client.post(reverse("main:duplicate_undo", args=[pair.pk]))
    left.refresh_from_db()
    right.refresh_from_db()
    assert (left.rating, left.is_favorite, left.tags.count()) == (0, False, 0)
    assert Product.objects.alive().filter(pk=right.pk).exists()
    assert list(collecting.products_of(collection)[0]) == [right]
    client.post(reverse("main:duplicate_decide", args=[pair.pk]), {"keep": "both"})
    assert told("find_duplicates")["pairs"] == 0
    assert not Product.objects.trashed().exists()


def test_a_pair_ends_when_one_of_it_is_in_the_trash(db, client: Client) -> None:
    left, right = alike()
    client.post(reverse("main:duplicates_look"), {"distance": "4"})
    client.post(reverse("main:product_delete", args=[right.pk]))
    assert b"No pairs to look at" in client.get("/duplicates/").content
    assert client.get("/duplicates/?after=x").status_code == 404
    assert left.pk


def test_the_same_bytes_are_a_pair_whatever_they_look_like(db) -> None:
    product(sha256="a", dhash=0)
    product(sha256="a", dhash=0)
    product(sha256="b", dhash=0)
    assert duplicates.look()["pairs"] == 1


def test_an_enlarged_picture_is_no_duplicate(db) -> None:
    left, right = alike()
    Lineage.objects.create(parent=right, child=left, relation="upscale")
    assert duplicates.look()["pairs"] == 0


def test_a_family_is_drawn_from_left_to_right(db, client: Client) -> None:
    root, left, right, child, alone = (product(prompt=f"{EVIL} {number}") for number in range(5))
    for parent, of, how in (
        (root, left, "edit"),
        (root, right, "upscale"),
        (left, child, "variation"),
        (root, child, "input"),
    ):
        Lineage.objects.create(parent=parent, child=of, relation=how)
    drawing = lineage.draw(child)
    place = {node.product.pk: node.x for node in drawing.nodes}
    assert place[root.pk] < place[left.pk] == place[right.pk] < place[child.pk]
    assert len(drawing.arrows) == 4
    page = client.get(reverse("main:lineage", args=[right.pk])).content.decode()
    assert EVIL not in page
    for one in (root, left, right, child):
        assert f'<a href="/products/{one.pk}/" aria-label=' in page
    for word in ("edit", "upscale", "variation", "input image"):
        assert f">{word}</text>" in page
    assert b"It stands alone" in client.get(reverse("main:lineage", args=[alone.pk])).content


def test_circles_and_crowds_end(db) -> None:
    one, two = product(), product()
    Lineage.objects.create(parent=one, child=two, relation="edit")
    Lineage.objects.create(parent=two, child=one, relation="edit")
    assert len(lineage.draw(one).nodes) == 2
    crowd = [product() for _ in range(lineage.MOST + 20)]
    Lineage.objects.bulk_create(Lineage(parent=one, child=other, relation="edit") for other in crowd)
    drawing = lineage.draw(one)
    assert drawing.cut
    assert len(drawing.nodes) <= lineage.MOST


def test_a_variation_knows_what_it_varies(still, client: Client) -> None:
    place(Wish(still, r"red \[cat\]", parameters={"size": "64x64", "seed": "5"}))
    process()
    first = Product.objects.get()
    page = client.get(f"/order/?of={first.pk}").content.decode()
    assert r"red \[cat\]" in page
    assert 'name="p-seed" value=""' in page
    assert f'name="source" value="{first.pk}"' in page
    client.post(
        "/order/", {"machine": still.pk, "prompt": r"red \[cat\]", "p-size": "64x64", "source": first.pk, "key": "k"}
    )
    process()
    assert Order.objects.count() == 2
    edge = Lineage.objects.get()
    assert (edge.parent, edge.relation) == (first, "variation")
