"""Collections: put together by hand, in an order, or smart: what a search finds, whenever one looks."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from main.models import Collection, CollectionEntry, Product
from main.services import events
from main.services.searching import search

MOST_NAME = 200
MOST_QUERY = 500
MOST_SHOWN = 500


def make(name: str, *, query: str = "", actor: str = "page") -> Collection:
    """Make a collection. Raises ValueError without a name."""
    name = " ".join(name.split())[:MOST_NAME]
    if not name:
        raise ValueError("a collection needs a name")
    query = query.strip()[:MOST_QUERY]
    cover = search(query)[0].filter(width__isnull=False).first() if query else None
    collection = Collection.objects.create(name=name, query=query, cover=cover)
    events.record("collection_created", entity=collection.pk, actor=actor, name_given=name)
    return collection


def add(collection: Collection, ids: Iterable[int], *, actor: str = "page") -> list[int]:
    """Put products at the end of a collection made by hand, and return those that were not in it. ValueError for a smart one."""
    if collection.is_smart:
        raise ValueError("a smart collection holds what its search finds; nothing is put into it by hand")
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        wanted = dict.fromkeys(ids)
        alive = set(Product.objects.alive().filter(pk__in=wanted).values_list("pk", flat=True))
        there = set(collection.entries.filter(product_id__in=wanted).values_list("product_id", flat=True))
        fresh = [pk for pk in wanted if pk in alive and pk not in there]
        last = collection.entries.aggregate(last=Max("position"))["last"] or 0
        CollectionEntry.objects.bulk_create(
            CollectionEntry(collection=collection, product_id=pk, position=last + number)
            for number, pk in enumerate(fresh, start=1)
        )
        if fresh:
            events.record("collection_added", entity=collection.pk, actor=actor, products=fresh[:200])
    return fresh


def remove(collection: Collection, ids: Iterable[int], *, actor: str = "page") -> list[int]:
    """Take products out of a collection and return which; the products stay."""
    entries = CollectionEntry.objects.filter(collection=collection, product_id__in=list(ids))
    with transaction.atomic():
        gone = list(entries.values_list("product_id", flat=True))
        entries.delete()
        if gone:
            events.record("collection_removed", entity=collection.pk, actor=actor, products=gone[:200])
    return gone


def move(collection: Collection, product_id: int, *, earlier: bool) -> None:
    """Let a product change places with its neighbour."""
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        entries = list(collection.entries.order_by("position", "id"))
        at = next((number for number, entry in enumerate(entries) if entry.product_id == product_id), -1)
        other = at - 1 if earlier else at + 1
        if at < 0 or not 0 <= other < len(entries):
            return
        entries[at], entries[other] = entries[other], entries[at]
        for number, entry in enumerate(entries, start=1):
            entry.position = number
        CollectionEntry.objects.bulk_update(entries, ["position"], batch_size=500)


def products_of(collection: Collection) -> tuple[QuerySet[Product], list[str]]:
    """Return a collection's products in its order, and what of its search was not understood."""
    if collection.is_smart:
        return search(collection.query)
    found = Product.objects.alive().filter(collection_entries__collection=collection)
    return found.order_by("collection_entries__position", "collection_entries__id"), []


def shelf() -> list[dict[str, object]]:
    """Return every collection with its cover and, for those made by hand, how many products it holds, in two queries."""
    alive = Q(entries__product__deleted_at__isnull=True)
    pictures = CollectionEntry.objects.filter(
        collection=OuterRef("pk"), product__deleted_at__isnull=True, product__width__isnull=False
    )
    rows = list(
        Collection.objects.alive()
        .select_related("cover")
        .annotate(held=Count("entries", filter=alive), picture=Subquery(pictures.values("product_id")[:1]))[:MOST_SHOWN]
    )
    covers = Product.objects.in_bulk([row.picture for row in rows if row.picture and not row.cover_id])
    return [{"collection": row, "cover": row.cover or covers.get(row.picture), "held": row.held} for row in rows]
