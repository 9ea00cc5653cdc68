"""CARTRIDGES to supplies: what the agent's words and half-converted figures say about a level, and what they do not.

The agent (`_setPrinterProperties` in `Tools/Hardware.pm`, alike in GLPI Agent 1.x and FusionInventory 2.6) names a tag by type
and colour and drops index, description and part number. Its value is OK for prtMarkerSuppliesLevel -3 and WARNING for -2;
otherwise a percentage, rounded down, where the capacity is not -2; otherwise the level with a unit, or with "?" where it has no
word for the unit. A capacity of -1 turns a level of 44 into -4400; a level and a capacity of -1 into 100, which nothing here can
undo. A drum without a colour is called black, so a device's only drum is taken to have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from inventory.polling.glpi.xml import Node
from inventory.polling.reading import Supply
from inventory.polling.snmp.supplies import MAX_SUPPLIES, NO_RESTRICTION, SOME_REMAINING, UNKNOWN, judge_level

PREFIX: Final = "CARTRIDGES/"

_KINDS: Final = (
    ("WASTETONER", "waste_toner", "Waste toner box"),
    ("FUSERKIT", "fuser", "Fuser kit"),
    ("TRANSFERKIT", "transfer_unit", "Transfer kit"),
    ("MAINTENANCEKIT", "other", "Maintenance kit"),
    ("STAPLES", "staples", "Staples"),
    ("TONER", "toner", "toner"),
    ("DRUM", "opc", "drum"),
    ("DEVELOPER", "developer", "developer"),
    ("CARTRIDGE", "ink_cartridge", "ink cartridge"),
)
"""Tag or its beginning, kind, words. The first group stands alone, the second is followed by a colour."""

_WHOLE: Final = frozenset({"WASTETONER", "FUSERKIT", "TRANSFERKIT", "MAINTENANCEKIT", "STAPLES"})
_COLORS: Final = {"BLACK": "black", "CYAN": "cyan", "MAGENTA": "magenta", "YELLOW": "yellow"}
_NO_COLOR: Final = frozenset({"", "NONE", "UNKNOWN", "OTHER"})

_UNITS: Final = {
    "items": ("items", 1), "m": ("meters", 1), "feet": ("feet", 1), "ml": ("tenths_of_milliliters", 10),
    "g": ("tenths_of_grams", 10), "hours": ("hours", 1), "sheets": ("sheets", 1), "impressions": ("impressions", 1),
    "mm": ("micrometers", 1000),
}  # fmt: skip
"""The agent's word: the unit of prtMarkerSuppliesSupplyUnit it stands for, and by what the agent divided."""

_WORDS: Final = {"OK": SOME_REMAINING, "WARNING": UNKNOWN}
_VALUE: Final = re.compile(r"^(-?\d{1,10})(?:\.(\d{1,3}))?\s*(\?|[a-z]{1,12})?$", re.ASCII)


def read_supplies(section: Node | None) -> tuple[tuple[Supply, ...], dict[str, str], list[str]]:
    """Return the supplies in the order of the XML, every tag's text as it came, and warnings for a person."""
    nodes = _distinct(section)
    tags = [node.tag for node in nodes]
    waste_of_ink = _count(tags, "CARTRIDGE") > 0 and not _count(tags, "TONER") + _count(tags, "DRUM")
    only_drum = _count(tags, "DRUM") == 1
    supplies: list[Supply] = []
    warnings: list[str] = []
    for node in nodes:
        supply, warning = _supply(node, waste_of_ink=waste_of_ink)
        if only_drum and node.tag == "DRUMBLACK":
            supply = replace(supply, color=None, description="Drum")
        supplies.append(supply)
        if warning:
            warnings.append(warning)
    return tuple(supplies), {PREFIX + node.tag: node.text[:40] for node in nodes}, warnings


def _count(tags: Sequence[str], start: str) -> int:
    return sum(tag.startswith(start) for tag in tags)


def _distinct(section: Node | None) -> Sequence[Node]:
    """Return the first child of each name that has a text; the agent itself keeps one supply per type and colour."""
    found: dict[str, Node] = {}
    for node in section.children if section else ():
        if node.text and len(found) < MAX_SUPPLIES:
            found.setdefault(node.tag[:60], node)
    return list(found.values())


def _supply(node: Node, *, waste_of_ink: bool) -> tuple[Supply, str]:
    tag = node.tag[:60]
    kind, color, description = _kind_of(tag)
    if kind == "waste_toner" and waste_of_ink:
        kind, description = "waste_ink", "Waste ink box"
    receptacle = kind in ("waste_toner", "waste_ink")
    level, capacity, unit = read_value(node.text)
    percent, state, assumed = _judge(level, capacity, unit, receptacle=receptacle)
    supply = Supply(
        index=tag, description=description, kind=kind, color=color, level=level, capacity=capacity, percent=percent,
        state=state, unit=unit, is_receptacle=receptacle,
    )  # fmt: skip
    if level is None:
        return supply, f"Supply {tag}: the agent's value is no level."
    if assumed:
        return supply, f"Supply {tag}: level {level} without a capacity is taken as a percentage."
    if capacity is not None and 0 < capacity < level:
        return supply, f"Supply {tag}: level {level} is above its capacity of {capacity}."
    return supply, ""


def _kind_of(tag: str) -> tuple[str, str | None, str]:
    """Return kind, colour and a description of a tag; an unknown one describes itself."""
    for start, kind, words in _KINDS:
        if start in _WHOLE:
            if tag == start:
                return kind, None, words
        elif tag.startswith(start):
            name = tag.removeprefix(start)
            color = None if name in _NO_COLOR else _COLORS.get(name, "other")
            return kind, color, f"{name} {words}".strip().capitalize() if color else words.capitalize()
    return "unknown", None, tag


def read_value(text: str) -> tuple[int | None, int | None, str]:
    """Return (level, capacity, unit) of one value as the device will have given it; level None where it is no level."""
    if text.upper() in _WORDS:
        return _WORDS[text.upper()], None, "unknown"
    match = _VALUE.match(text)
    if not match:
        return None, None, "unknown"
    whole, fraction, word = int(match[1]), match[2] or "", match[3] or ""
    if word == "?":
        return whole, UNKNOWN, "unknown"
    if word:
        if word not in _UNITS:
            return None, None, "unknown"
        unit, divided_by = _UNITS[word]
        return round(float(f"{match[1]}.{fraction or 0}") * divided_by), UNKNOWN, unit
    if whole >= 0:
        return whole, 100, "percent"
    if whole % 100 == 0 and whole >= -10_000:
        return -whole // 100, NO_RESTRICTION, "unknown"
    return None, None, "unknown"


def _judge(level: int | None, capacity: int | None, unit: str, *, receptacle: bool) -> tuple[int | None, str, bool]:
    """A level in millilitres, hours or the like without a capacity is no percentage, however small."""
    if level is not None and level > 0 and capacity == UNKNOWN and unit != "unknown":
        return None, "unknown", False
    return judge_level(level, capacity, unit, receptacle=receptacle)
