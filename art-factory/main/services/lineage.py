"""Where a product came from and what came of it, as a drawing: one column per generation, arrows from parent to child."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from main.models import Lineage, Product

MOST: Final = 120
BOX_W: Final = 132
BOX_H: Final = 156
GAP_X: Final = 76
GAP_Y: Final = 20


@dataclass(frozen=True, slots=True)
class Node:
    """A product in the drawing; `x` and `y` are its upper left corner, in the drawing's units (pixels at full size)."""

    product: Product
    x: int
    y: int
    is_here: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """From parent to child; `path` is SVG's `d`, and the word stands at `x`, `y`."""

    relation: str
    parent: int
    child: int
    path: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything to draw. `cut` says that the family is larger than what is shown."""

    nodes: list[Node]
    arrows: list[Arrow]
    width: int
    height: int
    cut: bool


def family_of(product: Product) -> tuple[set[int], list[Lineage], bool]:
    """Return the ids of a product's whole family, its edges, and whether it was cut at MOST; a query per generation."""
    known = {product.pk}
    edges: dict[int, Lineage] = {}
    border = {product.pk}
    cut = False
    while border and not cut:
        found = [
            *Lineage.objects.filter(parent_id__in=border).order_by("pk")[: MOST * 2],
            *Lineage.objects.filter(child_id__in=border).order_by("pk")[: MOST * 2],
        ]
        edges |= {edge.pk: edge for edge in found}
        border = {pk for edge in found for pk in (edge.parent_id, edge.child_id)} - known
        if len(known) + len(border) > MOST:
            border, cut = set(sorted(border)[: MOST - len(known)]), True
        known |= border
    return known, [edge for edge in edges.values() if edge.parent_id in known and edge.child_id in known], cut


def generations(ids: set[int], edges: list[tuple[int, int]]) -> dict[int, int]:
    """Return each id's column: one more than its latest parent's. What turns in a circle ends up after the rest."""
    children: dict[int, list[int]] = {pk: [] for pk in ids}
    parents = dict.fromkeys(ids, 0)
    for parent, child in edges:
        children[parent].append(child)
        parents[child] += 1
    column = dict.fromkeys(ids, 0)
    ready = deque(sorted(pk for pk in ids if not parents[pk]))
    done = set()
    while ready:
        pk = ready.popleft()
        done.add(pk)
        for child in children[pk]:
            column[child] = max(column[child], column[pk] + 1)
            parents[child] -= 1
            if not parents[child]:
                ready.append(child)
    last = max((column[pk] for pk in done), default=-1)
    return column | dict.fromkeys(ids - done, last + 1)


def draw(product: Product) -> Drawing:
    """Return a product's family as a drawing: a constant number of queries per generation."""
    ids, edges, cut = family_of(product)
    column = generations(ids, [(edge.parent_id, edge.child_id) for edge in edges])
    rows = Product.objects.in_bulk(ids)
    parents: dict[int, list[int]] = {}
    for edge in edges:
        parents.setdefault(edge.child_id, []).append(edge.parent_id)
    place: dict[int, tuple[int, int]] = {}
    for generation in range(max(column.values()) + 1):
        members = [pk for pk in sorted(ids) if column[pk] == generation and pk in rows]
        members.sort(
            key=lambda pk: (min((place[one][1] for one in parents.get(pk, []) if one in place), default=0), pk)
        )
        for number, pk in enumerate(members):
            place[pk] = (generation * (BOX_W + GAP_X), number * (BOX_H + GAP_Y))
    nodes = [Node(rows[pk], x, y, pk == product.pk) for pk, (x, y) in place.items()]
    arrows = [_arrow(edge, place) for edge in edges if edge.parent_id in place and edge.child_id in place]
    width = max(node.x for node in nodes) + BOX_W
    height = max(node.y for node in nodes) + BOX_H
    return Drawing(nodes, arrows, width, height, cut)


def _arrow(edge: Lineage, place: dict[int, tuple[int, int]]) -> Arrow:
    (left, top), (right, bottom) = place[edge.parent_id], place[edge.child_id]
    begin, end = (left + BOX_W, top + BOX_H // 2), (right, bottom + BOX_H // 2)
    middle = (begin[0] + end[0]) // 2
    path = f"M{begin[0]} {begin[1]}C{middle} {begin[1]} {middle} {end[1]} {end[0] - 4} {end[1]}"
    return Arrow(edge.get_relation_display(), edge.parent_id, edge.child_id, path, end[0] - GAP_X // 2 + 4, end[1] - 6)
