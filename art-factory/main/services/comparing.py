"""Products beside each other: what differs between a few, and a grid over what was varied in an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from main.models import Order, OrderItem, Product

MOST: Final = 6
MOST_CELLS: Final = 400


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter over all products; `differs` when they do not agree."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Say whether they do not agree."""
        return len(set(self.values)) > 1


def differences(products: Iterable[Product]) -> list[Row]:
    """Return every parameter of some products, those that differ first."""
    facts = [_facts(product) for product in products]
    names = sorted({name for one in facts for name in one})
    rows = [Row(name, tuple(shown(one.get(name)) for one in facts)) for name in names]
    return sorted(rows, key=lambda row: (not row.differs, row.name))


def axes_of(items: list[OrderItem]) -> dict[str, list[str]]:
    """Return what was varied among some calls: each name with its values, in the order in which they came."""
    found: dict[str, list[str]] = {}
    for item in items:
        for name, value in _varied(item).items():
            values = found.setdefault(name, [])
            if value not in values:
                values.append(value)
    return {name: values for name, values in found.items() if len(values) > 1}


def grid(order: Order, x: str = "", y: str = "", z: str = "") -> dict[str, Any]:
    """Return an order's products as a grid: columns by `x`, rows by `y`, a table per value of `z`; other names are replaced."""
    items = list(OrderItem.objects.filter(order=order).order_by("sequence")[:MOST_CELLS])
    axes = axes_of(items)
    names = list(axes)
    x = x if x in axes else next(iter(names), "")
    y = y if y in axes and y != x else next((name for name in names if name != x and name != z), "")
    z = z if z in axes and z not in (x, y) else ""
    made: dict[int, list[Product]] = {}
    for product in Product.objects.alive().filter(order_item__in=items).order_by("output_index"):
        made.setdefault(product.order_item_id or 0, []).append(product)
    cells: dict[tuple[str, str, str], list[Product]] = {}
    for item in items:
        varied = _varied(item)
        cells.setdefault((varied.get(z, ""), varied.get(y, ""), varied.get(x, "")), []).extend(made.get(item.pk, []))
    tables = []
    for depth in axes.get(z, [""]):
        lines = [
            (row, [cells.get((depth, row, column), []) for column in axes.get(x, [""])]) for row in axes.get(y, [""])
        ]
        tables.append({"value": depth, "lines": lines})
    return {"axes": names, "x": x, "y": y, "z": z, "columns": axes.get(x, [""]), "tables": tables}


def _varied(item: OrderItem) -> dict[str, str]:
    parameters = {
        name: value
        for name, value in item.generation_parameters.items()
        if name not in ("prompt", "negative_prompt", "seed")
    }
    return {name: shown(value) for name, value in {**parameters, **item.choices}.items()}


def _facts(product: Product) -> dict[str, Any]:
    given = product.order_item.generation_parameters if product.order_item else product.parameters
    return {
        **given,
        "machine": product.machine_name,
        "seed": product.seed,
        "rating": product.rating,
        "prompt": product.prompt,
    }


def shown(value: Any) -> str:
    """Return a value as people read it: a size by its sides, a list by its members."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict) and set(value) == {"width", "height"}:
        return f"{value['width']} x {value['height']}"
    return "" if value is None else str(value)
