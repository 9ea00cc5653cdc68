"""Pictures that look alike: found by bands of their hashes, decided by a person, with everything taken back by one click.

Two hashes of 64 bits that differ in at most d bits agree wholly in one of d + 1 bands (pigeonhole), so only pictures that share a
band are compared, never all with all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet

from main.models import CollectionEntry, Lineage, NearPair, Product, Relation
from main.services import events, products

DISTANCE: Final = 4
MOST_DISTANCE: Final = 10
MOST_PAIRS: Final = 20_000
_BLOCK: Final = 2_000
_PLAIN: Final = 6
"""Hashes with so few (or so many) bits say only that a picture is one plain gradient; then the bytes decide."""


def near(hashes: dict[int, int], distance: int) -> Iterator[tuple[int, int, int]]:
    """Yield (id, larger id, distance) of all pairs at most `distance` bits apart; of equal hashes each with the first alone.

    `hashes` maps ids to signed 64-bit hashes.
    """
    groups: dict[int, list[int]] = {}
    for pk in sorted(hashes):
        groups.setdefault(hashes[pk], []).append(pk)
    for group in groups.values():
        for pk in group[1:]:
            yield group[0], pk, 0
    values = np.array(list(groups), dtype=np.int64).view(np.uint64)
    firsts = np.array([group[0] for group in groups.values()], dtype=np.int64)
    seen: set[tuple[int, int]] = set()
    for low, high in _bands(distance + 1):
        keys = (values >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(keys, kind="stable")
        borders = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, borders):
            for one, other, bits in _inside(values, bucket, distance):
                pair = (min(firsts[one], firsts[other]), max(firsts[one], firsts[other]))
                if pair not in seen:
                    seen.add(pair)
                    yield int(pair[0]), int(pair[1]), bits


def look(distance: int = DISTANCE) -> dict[str, int]:
    """Store the pairs that are not known yet, and return how many pictures were looked at and how many pairs are new.

    Pairs that somebody decided about stay decided. At most MOST_PAIRS new ones at once, the most alike first.
    """
    alive = Product.objects.alive().filter(dhash__isnull=False)
    rows = list(alive.values_list("pk", "dhash", "sha256"))
    telling = {
        pk: dhash
        for pk, dhash, _sum in rows
        if dhash is not None and _PLAIN <= (dhash & (2**64 - 1)).bit_count() <= 64 - _PLAIN
    }
    found = {(one, other): bits for one, other, bits in near(telling, min(distance, MOST_DISTANCE))}
    found |= dict.fromkeys(_same_bytes([(pk, digest) for pk, _hash, digest in rows]), 0)
    known = set(NearPair.objects.values_list("first_id", "second_id"))
    # Enlarged pictures look like what they were made of: that is no accident.
    enlarged = Lineage.objects.filter(relation=Relation.UPSCALE).values_list("parent_id", "child_id")
    known |= {(min(pair), max(pair)) for pair in enlarged}
    fresh = sorted((bits, pair) for pair, bits in found.items() if pair not in known)[:MOST_PAIRS]
    NearPair.objects.bulk_create(
        (NearPair(first_id=one, second_id=other, distance=bits) for bits, (one, other) in fresh),
        batch_size=500,
        ignore_conflicts=True,
    )
    return {"pictures": len(rows), "pairs": len(fresh)}


def waiting() -> QuerySet[NearPair]:
    """Return the pairs to be looked at, the most alike first; both pictures are still here."""
    return NearPair.objects.filter(
        decision=NearPair.Decision.OPEN, first__deleted_at__isnull=True, second__deleted_at__isnull=True
    ).select_related("first", "second")


def decide(pair: NearPair, decision: str, *, actor: str = "page") -> None:
    """Keep both, or one: the other goes to the trash, and its tags, rating, mark and collections go over. ValueError."""
    if decision not in (NearPair.Decision.BOTH, NearPair.Decision.FIRST, NearPair.Decision.SECOND):
        raise ValueError("both, first or second was expected")
    with transaction.atomic():
        row = NearPair.objects.select_for_update().get(pk=pair.pk)
        if row.decision != NearPair.Decision.OPEN:
            return
        if decision != NearPair.Decision.BOTH:
            kept, gone = (row.first, row.second) if decision == NearPair.Decision.FIRST else (row.second, row.first)
            row.undo = _merge(kept, gone)
            products.trash([gone.pk], actor=actor)
        row.decision = decision
        row.save()
        events.record("pair_decided", entity=row.pk, actor=actor, decision=decision)


def undecide(pair: NearPair, *, actor: str = "page") -> None:
    """Take a decision back, with all it changed."""
    with transaction.atomic():
        row = NearPair.objects.select_for_update().get(pk=pair.pk)
        if row.undo:
            kept = Product.objects.get(pk=row.undo["kept"])
            products.restore([row.undo["gone"]], actor=actor)
            Product.objects.filter(pk=kept.pk).update(rating=row.undo["rating"], is_favorite=row.undo["is_favorite"])
            kept.tags.remove(*row.undo["tags"])
            CollectionEntry.objects.filter(product=kept, collection_id__in=row.undo["collections"]).delete()
        row.decision, row.undo = NearPair.Decision.OPEN, {}
        row.save()
        events.record("pair_reopened", entity=row.pk, actor=actor)


def _merge(kept: Product, gone: Product) -> dict[str, Any]:
    """Let what people said about one picture hold for the other, and return what that changed."""
    tags = set(gone.tags.values_list("pk", flat=True)) - set(kept.tags.values_list("pk", flat=True))
    there = set(kept.collection_entries.values_list("collection_id", flat=True))
    entries = [entry for entry in gone.collection_entries.all() if entry.collection_id not in there]
    undo = {
        "kept": kept.pk,
        "gone": gone.pk,
        "rating": kept.rating,
        "is_favorite": kept.is_favorite,
        "tags": sorted(tags),
        "collections": sorted(entry.collection_id for entry in entries),
    }
    kept.tags.add(*tags)
    CollectionEntry.objects.bulk_create(
        CollectionEntry(collection_id=entry.collection_id, product=kept, position=entry.position) for entry in entries
    )
    Product.objects.filter(pk=kept.pk).update(
        rating=max(kept.rating, gone.rating), is_favorite=kept.is_favorite or gone.is_favorite
    )
    return undo


def _bands(number: int) -> list[tuple[int, int]]:
    edges = [64 * at // number for at in range(number + 1)]
    return list(itertools.pairwise(edges))


def _inside(
    values: np.ndarray[Any, Any], bucket: np.ndarray[Any, Any], distance: int
) -> Iterator[tuple[int, int, int]]:
    """Yield the near pairs within one bucket, a block at a time, so that a large one takes no more memory."""
    if len(bucket) < 2:
        return
    for begin in range(0, len(bucket), _BLOCK):
        rows = bucket[begin : begin + _BLOCK]
        for other in range(begin, len(bucket), _BLOCK):
            columns = bucket[other : other + _BLOCK]
            bits = np.bitwise_count(values[rows][:, None] ^ values[columns][None, :])
            for at, by in np.argwhere(bits <= distance):
                if rows[at] < columns[by] or (other > begin and rows[at] != columns[by]):
                    yield int(rows[at]), int(columns[by]), int(bits[at, by])


def _same_bytes(rows: list[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    first: dict[str, int] = {}
    for pk, digest in sorted(rows):
        if digest in first:
            yield first[digest], pk
        else:
            first[digest] = pk


def decided() -> QuerySet[NearPair]:
    """Return what was decided last, newest first."""
    return NearPair.objects.filter(~Q(decision=NearPair.Decision.OPEN)).order_by("-updated_at")
