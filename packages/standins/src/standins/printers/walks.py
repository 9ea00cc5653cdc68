"""Recorded devices: walks in snmprec lines (`OID|TYPE|VALUE`, an `x` after the type for hex) played as printers.

The format is snmpsim's; the type is the decimal ASN.1 tag. A damaged line is left out, as an agent would not have that object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from . import ber
from .behaviour import Snapshot
from .facts import Facts, Value
from .identity import STRIDE, Identity
from .objects import PRINTER_MIB, Shape, Slot
from .view import Row, View

SERIAL: Final = (*PRINTER_MIB, 5, 1, 1, 17)
PHYSICAL_ADDRESS: Final = (1, 3, 6, 1, 2, 1, 2, 2, 1, 6)
TEXT_TAGS: Final = frozenset({ber.OCTET_STRING, ber.OPAQUE, ber.IP_ADDRESS})
SHORTEST_SERIAL: Final = 5
NOTHING_MOVES: Final = Snapshot({}, (), (), jammed=False, printing=False)


@dataclass(frozen=True, slots=True)
class Walk:
    """A recording: its name, objects with tag and value, and what it says its serial number and MAC address are."""

    name: str
    objects: tuple[tuple[ber.Oid, int, Value], ...]
    serial: bytes
    mac: bytes


def parse_line(line: str) -> tuple[ber.Oid, int, Value] | None:
    """Return the object of a line, None for an empty one; raise ValueError for a damaged one."""
    text = line.rstrip("\r\n")
    if not text or text.startswith("#"):
        return None
    name, kind, value = text.split("|", 2)
    oid = tuple(map(int, name.strip(".").split(".")))
    is_hex = kind.endswith("x")
    tag = int(kind.rstrip("x"))
    ber.oid_content(oid)
    if tag in ber.NUMBERS:
        return oid, tag, int(value)
    if tag == ber.OID:
        parts = tuple(map(int, value.strip(".").split(".")))
        ber.oid_content(parts)
        return oid, tag, parts
    if tag == ber.IP_ADDRESS and not is_hex:
        return oid, tag, bytes(map(int, value.split(".")))
    if tag not in TEXT_TAGS:
        raise ValueError(f"type {kind} is none an agent answers")
    return oid, tag, bytes.fromhex(value) if is_hex else value.encode()


def _objects(lines: Iterator[str]) -> Iterator[tuple[ber.Oid, int, Value]]:
    for line in lines:
        try:
            found = parse_line(line)
        except (ValueError, OverflowError):
            continue
        if found is not None:
            yield found


def read(path: Path) -> Walk:
    """Return the recording of a file."""
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        objects = tuple(_objects(iter(lines)))
    serial = mac = b""
    for oid, tag, value in objects:
        if tag != ber.OCTET_STRING or not isinstance(value, bytes):
            continue
        if oid[: len(SERIAL)] == SERIAL and len(value.strip()) >= SHORTEST_SERIAL:
            serial = serial or value.strip()
        if oid[: len(PHYSICAL_ADDRESS)] == PHYSICAL_ADDRESS and len(value) == 6 and any(value):
            mac = mac or value
    return Walk(path.stem, objects, serial, mac)


def read_folder(folder: Path) -> list[Walk]:
    """Return every recording of a folder that holds objects, by name; raise ValueError when there is none."""
    walks = [walk for path in sorted(folder.glob("*.snmprec")) if (walk := read(path)).objects]
    if not walks:
        raise ValueError(f"no recordings (*.snmprec) in {folder}")
    return walks


def another_serial(serial: bytes, copy: int) -> bytes:
    """Return the serial of a copy: as long, its digits counted on, so that it still looks like the vendor's."""
    digits = [place for place, octet in enumerate(serial) if 48 <= octet <= 57][-6:]
    made = bytearray(serial)
    step = copy * STRIDE
    for place in reversed(digits):
        step, digit = divmod(step + made[place] - 48, 10)
        made[place] = 48 + digit
    return bytes(made)


def another_mac(mac: bytes, copy: int) -> bytes:
    """Return the MAC address of a copy, under the same vendor's prefix."""
    if not mac:
        return b""
    return mac[:3] + ((int.from_bytes(mac[3:]) + copy * STRIDE) % (1 << 24)).to_bytes(3, "big")


def _replaced(value: bytes, walk: Walk, facts: Facts) -> Value:
    """Return a text with the copy's serial and MAC in place of the recorded ones, MACs also as hex text."""
    serial, mac = facts.identity.serial.encode("latin-1"), facts.identity.mac
    if walk.serial:
        value = value.replace(walk.serial, serial)
    if walk.mac:
        value = value.replace(walk.mac, mac)
        for old, new in ((walk.mac.hex(), mac.hex()), (walk.mac.hex().upper(), mac.hex().upper())):
            value = value.replace(old.encode(), new.encode())
    return value


@cache
def shape_of(walk: Walk) -> Shape:
    """Return the objects of a recording; texts that mention serial or MAC are filled per copy."""
    marks = [mark for mark in (walk.serial, walk.mac, *_hex_texts(walk.mac)) if mark]
    rows: list[Row] = []
    slots: list[Slot] = []
    for oid, tag, value in walk.objects:
        object_, instance = oid[:-1], oid[-1:]
        if isinstance(value, bytes) and any(mark in value for mark in marks):
            rows.append(Row(object_, instance, len(slots)))
            slots.append(Slot(object_, instance, tag, "fixed", partial(_replaced, value, walk)))
        else:
            rows.append(Row(object_, instance, ber.encode(tag, value)))
    return Shape(View(rows), tuple(slots), "latin-1")


def _hex_texts(mac: bytes) -> tuple[bytes, bytes]:
    return mac.hex().encode(), mac.hex().upper().encode()


class Recorded:
    """A recording standing at an address; `copy` 0 is the device itself, others have serial and MAC of their own."""

    def __init__(self, walk: Walk, copy: int, address: str) -> None:
        """Work out the copy's identity."""
        vendor, _, model = walk.name.removeprefix("ident_").partition("_")
        serial = another_serial(walk.serial, copy) if copy else walk.serial
        mac = another_mac(walk.mac, copy) if copy else walk.mac
        self.name = walk.name
        self.identity = Identity(vendor, model, serial.decode("latin-1"), mac, "", "", "", "", address)
        self.shapes = {b"": shape_of(walk)}

    def facts(self, at: float, ticks: int) -> Facts:  # noqa: ARG002 - a `Subject` is told the time
        """See `printer.Subject.facts`: a recording has no moving parts."""
        return Facts(self.identity, NOTHING_MOVES, {}, ticks)

    def truth(self, at: float) -> dict[str, Any]:
        """See `printer.Subject.truth`: only who it is is known."""
        return {"at": at, "device": self.name, "serial": self.identity.serial, "mac": self.identity.mac_text}
