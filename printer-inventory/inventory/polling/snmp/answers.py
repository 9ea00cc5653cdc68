"""What a device has said so far, and the two things a plan can ask for: objects by name, and columns of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.oids import encode_oid


@dataclass(frozen=True, slots=True)
class Get:
    """Ask for exactly these objects (names as content octets); what does not exist is simply absent afterwards."""

    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns `first` to `last` (below 128) of the table whose entry is `entry` (content octets)."""

    entry: bytes
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Walk:
    """Ask for every row of these columns."""

    tables: tuple[Table, ...]


Ask = Get | Walk

_NO_ROWS: Final[Mapping[bytes, Value]] = MappingProxyType({})


def table(entry: str, first: int, last: int | None = None) -> Table:
    """Return columns `first` to `last` of a table given by its entry's dotted name."""
    return Table(encode_oid(entry), first, first if last is None else last)


@dataclass(slots=True)
class Answers:
    """Values by full name, and the walked columns by column name, both in content octets; rows keep the device's order."""

    values: dict[bytes, Value] = field(default_factory=dict)
    columns: dict[bytes, dict[bytes, Value]] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    """What went wrong on the way: "looping", "truncated", "dropped"."""

    def put_cell(self, name: bytes, column_length: int, value: Value) -> None:
        """Keep a walked cell whose column name is the first `column_length` octets of `name`."""
        column = name[:column_length]
        rows = self.columns.get(column)
        if rows is None:
            rows = self.columns[column] = {}
        rows[name[column_length:]] = value
        self.values[name] = value

    def rows(self, column: str) -> Mapping[bytes, Value]:
        """Return the rows of a walked column by index suffix; empty when the device has none."""
        return self.columns.get(encode_oid(column), _NO_ROWS)

    def number(self, name: bytes) -> int | None:
        """Return an object's number, or None where it is absent or no number."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def octets(self, name: bytes) -> bytes:
        """Return an object's octets, empty where it is absent or a number."""
        value = self.values.get(name)
        return value if isinstance(value, bytes) else b""
