"""The worked examples of docs/billing.md, read from its tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from billing.rules.clicks import Colour
from billing.rules.pricing import Prices, Tier
from monthly_report.rules.figures import KINDS

DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "billing.md"
HEAD: Final = re.compile(r"^Currency (\w{3}), minimum ([\d.]+)\.$", re.MULTILINE)

Counters = dict[str, int | None]
Line = tuple[str, int, Decimal | None, Decimal]


@dataclass(frozen=True)
class Example:
    """One example: its prices, its rows (serial, part, counters), its lines, and the total."""

    name: str
    prices: Prices
    devices: tuple[tuple[str, str, Counters], ...]
    lines: tuple[Line, ...]
    total: Decimal
    clicks: int


def examples() -> list[Example]:
    """Return the examples in the order of the document."""
    sections = DOCUMENT.read_text(encoding="utf-8").split("\n### Example ")[1:]
    return [_example(section) for section in sections]


def _example(section: str) -> Example:
    name = section.partition("\n")[0]
    head = HEAD.search(section)
    assert head, f"{name}: no line “Currency ..., minimum ...”"
    tiers, devices, lines = _tables(section)
    prices = Prices(head[1], Decimal(head[2]), _tiers(tiers, Colour.MONO), _tiers(tiers, Colour.COLOR))
    *money, total = lines
    assert total["line"] == "total"
    return Example(
        name,
        prices,
        tuple((row["serial"], row["part"], _counters(row)) for row in devices),
        tuple((row["line"], int(row["clicks"] or 0), _decimal(row["price"]), Decimal(row["amount"])) for row in money),
        Decimal(total["amount"]),
        int(total["clicks"]),
    )


def _tables(section: str) -> list[list[dict[str, str]]]:
    found = []
    for block in re.findall(r"(?:^\|.*\n?)+", section, re.MULTILINE):
        title, _rule, *rows = [
            [cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()
        ]
        found.append([dict(zip(title, row, strict=True)) for row in rows])
    assert len(found) == 3, f"{len(found)} tables, not three"
    return found


def _tiers(rows: list[dict[str, str]], colour: Colour) -> tuple[Tier, ...]:
    return tuple(Tier(int(row["above"]), Decimal(row["price"])) for row in rows if row["clicks"] == colour.value)


def _counters(row: dict[str, str]) -> Counters:
    counters: Counters = {}
    for kind in KINDS:
        start, _word, end = row[kind].partition(" to ")
        counters[f"{kind}_start"] = int(start) if start.isdigit() else None
        counters[f"{kind}_end"] = int(end) if end.isdigit() else None
    return counters


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None
