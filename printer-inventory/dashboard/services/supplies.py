"""Supplies that are low or will be soon, and what to order for which site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from contracts.models import DeviceModelCartridge
from dashboard.services.scope import JOINS, MODEL, NAME, PLACE, WHERE, Scope, fetch

LOW: Final = 20
SOON: Final = 14
"""Per cent, and days, from which on a supply is on the list."""

LOW_SQL: Final = f"""
SELECT p.id, {NAME}, coalesce(o.name, ''), coalesce(ct.name, ''), coalesce(c.address, p.location), {PLACE}, {MODEL},
       coalesce(p.device_model_id, c.model_id), x ->> 'index', coalesce(nullif(x ->> 'description', ''), x ->> 'kind', ''),
       coalesce(x ->> 'kind', ''), coalesce(x ->> 'color', ''), (x ->> 'percent')::float, coalesce(x ->> 'state', ''),
       coalesce(x ->> 'part_number', ''), f.rate, f.fastest, f.slowest, f.swapped_on, s.last_success_at
FROM inventory_printerstate s JOIN inventory_printer p ON p.id = s.printer_id {JOINS}
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(s.supplies) = 'array' THEN s.supplies ELSE '[]' END) AS x
LEFT JOIN dashboard_supplyforecast f ON f.printer_id = p.id AND f.index = left(x ->> 'index', 40)
WHERE {WHERE} AND coalesce(x ->> 'is_receptacle', 'false') <> 'true'
  AND (%(printer)s::bigint IS NULL OR p.id = %(printer)s)
  AND ((x ->> 'percent')::float <= %(low)s OR x ->> 'state' = 'empty' OR (x ->> 'percent')::float / nullif(f.rate, 0) <= %(soon)s
       -- A printer without percentages says it with its condition.
       OR (x ->> 'percent' IS NULL AND x ->> 'kind' IN ('toner', 'toner_cartridge', 'ink', 'ink_cartridge')
           AND jsonb_typeof(s.errors) = 'array' AND s.errors ?| array['lowToner', 'noToner']))
ORDER BY coalesce((x ->> 'percent')::float / nullif(f.rate, 0), 1000 + coalesce((x ->> 'percent')::float, 0)),
         p.ip_address, p.id, 9
"""  # noqa: S608 - made of constants

ORDERED_SQL: Final = """
SELECT d.printer_id, (line ->> 'cartridge')::bigint, max(o.created_at)
FROM contracts_cartridgeorder o JOIN contracts_contractdevice d ON d.id = o.device_id
JOIN outbox_delivery m ON m.id = o.delivery_id
CROSS JOIN LATERAL jsonb_array_elements(o.lines) AS line
WHERE o.created_at >= %(since)s AND m.state NOT IN ('failed', 'stopped') AND d.printer_id = ANY(%(printers)s)
  AND (%(reach)s::bigint[] IS NULL OR d.organization_id = ANY(%(reach)s::bigint[]))
GROUP BY 1, 2
"""


@dataclass(slots=True)
class LowSupply:
    """One supply of one printer. Days are None where nothing is known; `part` is what to order."""

    printer_id: int
    printer: str
    organization: str
    city: str
    address: str
    place: str
    model: str
    model_id: int | None
    index: str
    name: str
    kind: str
    color: str
    percent: float | None
    state: str
    part: str
    rate: float | None
    fastest: float | None
    slowest: float | None
    swapped_on: Any
    read_at: Any
    cartridge: str = ""
    cartridge_id: int | None = None
    ordered_at: Any = None

    def _days(self, rate: float | None) -> float | None:
        if self.percent == 0 and self.rate:
            return 0.0
        return self.percent / rate if rate and self.percent is not None else None

    @property
    def days(self) -> float | None:
        """Days left."""
        return self._days(self.rate)

    @property
    def shortest(self) -> float | None:
        """Days left if it goes fast."""
        return self._days(self.fastest)

    @property
    def longest(self) -> float | None:
        """Days left if it goes slowly."""
        return self._days(self.slowest)


def low_supplies(scope: Scope, low: float = LOW, soon: float = SOON, printer: int | None = None) -> list[LowSupply]:
    """Return what is low or empty within days, the most urgent first; three queries. A waste box is never on it."""
    _names, found = fetch(LOW_SQL, scope, low=low, soon=soon, printer=printer)
    rows = [LowSupply(*row) for row in found]
    _name_cartridges(rows)
    _note_orders(scope, rows)
    return rows


def _name_cartridges(rows: Iterable[LowSupply]) -> None:
    """Give each supply the part of its model that has its colour, the primary one first; else what the device itself says."""
    rows = list(rows)
    known: dict[tuple[int, str], Any] = {}
    found = DeviceModelCartridge.objects.filter(
        device_model__in={row.model_id for row in rows if row.model_id}, cartridge__is_active=True
    ).select_related("cartridge")
    for one in found.order_by("-is_primary", "cartridge__name"):
        known.setdefault((one.device_model_id, one.cartridge.color), one.cartridge)
    for row in rows:
        cartridge = known.get((row.model_id or 0, row.color)) if _is_ink(row.kind) else None
        if cartridge is not None:
            row.cartridge, row.cartridge_id = cartridge.name, cartridge.pk
            row.part = cartridge.part_number or row.part


def _is_ink(kind: str) -> bool:
    return kind in {"toner", "toner_cartridge", "ink", "ink_cartridge", "matte_toner", "matte_ink", "unknown"}


def _note_orders(scope: Scope, rows: list[LowSupply]) -> None:
    """Note what was ordered within a month, so that it is not ordered twice."""
    printers = list({row.printer_id for row in rows})
    _names, found = fetch(ORDERED_SQL, scope, since=scope.now - timedelta(days=30), printers=printers)
    ordered = {(printer, cartridge): at for printer, cartridge, at in found}
    for row in rows:
        row.ordered_at = ordered.get((row.printer_id, row.cartridge_id)) if row.cartridge_id else None


@dataclass(slots=True)
class OrderLine:
    """What one site needs of one part: pieces, and the printers they are for. `soonest` is days, None where unknown."""

    organization: str
    city: str
    address: str
    cartridge: str
    part: str
    color: str
    pieces: int
    printers: list[tuple[int, str]]
    soonest: float | None
    ordered: int


def order_list(scope: Scope) -> list[OrderLine]:
    """Return what to order, by organization, site and part; what was ordered lately is counted apart."""
    lines: dict[tuple[str, ...], OrderLine] = {}
    for row in low_supplies(scope):
        name = row.cartridge or row.name
        key = (row.organization, row.city, row.address, name, row.part, row.color)
        line = lines.get(key)
        if line is None:
            line = lines[key] = OrderLine(*key[:3], name, row.part, row.color, 0, [], None, 0)
        line.pieces += 1
        line.ordered += row.ordered_at is not None
        line.printers.append((row.printer_id, row.printer))
        if row.days is not None:
            line.soonest = row.days if line.soonest is None else min(line.soonest, row.days)
    return sorted(lines.values(), key=lambda line: (line.organization, line.city, line.address, line.cartridge))
