"""What an agent shows: objects in order, and plans that answer a request in one formatting step.

A `View` is shared by all printers of a model. Cells that never change are encoded once; cells that differ per printer or move
are numbered slots, filled from that printer's list of encoded varbinds. The answer to a request is compiled once into a `Plan`
and kept, because a poller asks a fleet the same question thousands of times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, NamedTuple

from . import ber
from .ber import Oid

NO_ERROR: Final = 0
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
NO_ACCESS: Final = 6

PLANS_KEPT: Final = 512
"""Plans per view before all are forgotten: a stranger asking ever new questions must not fill the memory."""

OWN: Final = (128,)
"""Index that stands for the printer's own address in the order of a view."""
BEFORE_OWN: Final[Oid] = ()
AFTER_OWN: Final = (256,)


class Row(NamedTuple):
    """One object instance: its object type, its instance (None for one row per own address), and an encoded value or a slot."""

    object: Oid
    instance: Oid | None
    cell: bytes | int


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled answer: `parts` are encoded varbinds or slots; `template` and `pick` do the same in one step."""

    status: int
    index: int
    parts: tuple[bytes | int, ...]
    template: bytes
    pick: Callable[[Sequence[Any]], Any] | None

    def fill(self, slots: Sequence[bytes | None]) -> bytes:
        """Return the content of the varbind list for the printer with these slots."""
        return self.template if self.pick is None else self.template % self.pick(slots)

    def varbinds(self, slots: Sequence[bytes | None]) -> list[bytes]:
        """Return the varbinds one by one, for an answer that has to be shortened."""
        return [part if isinstance(part, bytes) else slots[part] or b"" for part in self.parts]


def plan(parts: Iterable[bytes | int], status: int = NO_ERROR, index: int = 0) -> Plan:
    """Compile encoded varbinds and slots into a plan."""
    kept = tuple(parts)
    slots = [part for part in kept if isinstance(part, int)]
    if not slots:
        return Plan(status, index, kept, b"".join(part for part in kept if isinstance(part, bytes)), None)
    template = b"".join(b"%b" if isinstance(part, int) else part.replace(b"%", b"%%") for part in kept)
    return Plan(status, index, kept, template, itemgetter(*slots))


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A request without its id: `first` and `second` are error-status/-index, or GETBULK's two numbers.

    Readers keep one object per question (`agent.read_pdu`), so plans are found by identity, without comparing bytes.
    """

    version: int
    tag: int
    first: int
    second: int
    varbinds: bytes


class View:
    """The ordered objects of one model.

    `rows` may come in any order; an object identifier given twice keeps its last row.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        """Sort and encode the rows."""
        table: dict[Oid, tuple[Row, Oid]] = {}
        self.rows = list(rows)
        for row in self.rows:
            key = row.object + (OWN if row.instance is None else row.instance)
            table[key] = row, key
        self.keys: list[Oid] = sorted(table)
        self.cells: list[bytes | int] = []
        self.own_objects = {table[key][0].object for key in self.keys if table[key][0].instance is None}
        self._objects = {row.object for row, _ in table.values()}
        self._positions: dict[bytes, int] = {}
        for position, key in enumerate(self.keys):
            row = table[key][0]
            self.cells.append(ber.varbind(key, row.cell) if isinstance(row.cell, bytes) else row.cell)
            if row.instance is not None:
                self._positions[ber.oid_content(key)] = position
        self._plans: dict[tuple[Query, frozenset[int], int], Plan] = {}

    def column(self, oid: Oid) -> Oid:
        """Return the object type above an instance; `oid` itself where there is none."""
        for size in range(len(oid), 1, -1):
            if oid[:size] in self._objects:
                return oid[:size]
        return oid

    def answer(self, query: Query, absent: frozenset[int], own: Oid, room: int) -> Plan:
        """Return the plan for a query of a printer: `absent` are its empty slots, `own` its address, `room` an answer's bytes.

        Raises BerError for malformed varbinds.
        """
        key = query, absent, room if query.tag == ber.GET_BULK else 0
        found = self._plans.get(key)
        if found is not None:
            return found
        oids = ber.read_varbinds(query.varbinds)
        made = self._compile(query, oids, absent, own, room)
        if any(self._own_object(ber.parse_oid(oid)) for oid in oids):
            return made
        if len(self._plans) >= PLANS_KEPT:
            self._plans.clear()
        self._plans[key] = made
        return made

    def _compile(self, query: Query, oids: list[bytes], absent: frozenset[int], own: Oid, room: int) -> Plan:
        if query.tag == ber.GET:
            cells = [self._get(oid, own, absent) for oid in oids]
        elif query.tag == ber.GET_NEXT:
            cells = [self._next(ber.parse_oid(oid), own, absent)[1] for oid in oids]
        else:
            return plan(self._bulk(query, [ber.parse_oid(oid) for oid in oids], absent, own, room))
        if query.version == 0 and None in cells:
            return Plan(NO_SUCH_NAME, cells.index(None) + 1, (), query.varbinds, None)
        return plan(
            self._missing(query.tag, oid) if cell is None else cell for oid, cell in zip(oids, cells, strict=True)
        )

    def _missing(self, tag: int, oid: bytes) -> bytes:
        name = ber.tlv(ber.OID, oid)
        if tag != ber.GET:
            return ber.tlv(ber.SEQUENCE, name + bytes((ber.END_OF_MIB_VIEW, 0)))
        parts = ber.parse_oid(oid)
        known = any(parts[:size] in self._objects for size in range(len(parts), 1, -1))
        return ber.tlv(ber.SEQUENCE, name + bytes((ber.NO_SUCH_INSTANCE if known else ber.NO_SUCH_OBJECT, 0)))

    def _own_object(self, oid: Oid) -> Oid | None:
        """Return the object type when `oid` points below an object that has one row per own address."""
        for size in range(len(oid) - 1, 1, -1):
            if oid[:size] in self.own_objects:
                return oid[:size]
        return None

    def _get(self, oid: bytes, own: Oid, absent: frozenset[int]) -> bytes | int | None:
        position = self._positions.get(oid)
        if position is None:
            parts = ber.parse_oid(oid)
            parent = self._own_object(parts)
            if parent is None or parts[len(parent) :] != own:
                return None
            position = bisect_right(self.keys, parent + OWN) - 1
        cell = self.cells[position]
        return None if cell in absent else cell

    def _next(self, oid: Oid, own: Oid, absent: frozenset[int]) -> tuple[Oid, bytes | int | None]:
        parent = self._own_object(oid)
        start = oid if parent is None else parent + (BEFORE_OWN if oid[len(parent) :] < own else AFTER_OWN)
        position = bisect_right(self.keys, start)
        while position < len(self.cells) and self.cells[position] in absent:
            position += 1
        if position == len(self.cells):
            return oid, None
        key = self.keys[position]
        return key[:-1] + own if key[:-1] in self.own_objects else key, self.cells[position]

    def _bulk(self, query: Query, oids: list[Oid], absent: frozenset[int], own: Oid, room: int) -> list[bytes | int]:
        """GETBULK of RFC 3416 section 4.2.3: as many rows as fit; ends early when every column has ended."""
        once = max(0, min(query.first, len(oids)))
        parts: list[bytes | int] = []
        size = 0
        at = list(oids)
        for turn in range(max(query.second, 1) if once < len(oids) else 1):
            columns = range(len(oids)) if turn == 0 else range(once, len(oids))
            ended = True
            for column in columns:
                if column >= once and query.second < 1:
                    continue
                at[column], cell = self._next(at[column], own, absent)
                ended = ended and cell is None
                part = self._missing(query.tag, ber.oid_content(at[column])) if cell is None else cell
                parts.append(part)
                size += len(part) if isinstance(part, bytes) else 12
            if ended or size > room:
                break
        return parts
