"""Kinds of private objects a device description may name: numbers, counters, levels and Brother's packed records."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from . import ber
from .behaviour import Snapshot
from .devices import DeviceSpec
from .facts import Facts, Value

Source = Callable[[Facts], Value]

COUNTER_TAGS: Final = {"counter": ber.COUNTER32, "number": ber.INTEGER, "gauge": ber.GAUGE32}


def counter(name: str) -> Callable[[Snapshot], int]:
    """Return how to read a counter by its name; names joined by `+` are added."""
    first, *others = name.split("+")
    if not others:
        return lambda snapshot: snapshot.counters[first]
    return lambda snapshot: snapshot.counters[first] + sum(snapshot.counters[other] for other in others)


def private_value(spec: DeviceSpec, kind: str, value: object) -> tuple[int, int | bytes | str, Source | None]:
    """Return (tag, constant, source) of a private object; the constant counts where there is no source.

    `counter`, `number`, `gauge`: a counter by name (or names joined by `+`), or a constant where the value is a number.
    `left`: the percentage left of a supply, by its index. `a4_float`: a counter as IEEE-754 text octets (HP FutureSmart).
    `hp_text`: a text behind the two octets of a PCL symbol set. `bytes`: hex. `oid`: an object identifier.
    `records`: Brother's packed records, a list of (two hex digits, counter or level).
    """
    if kind in COUNTER_TAGS:
        if isinstance(value, int):
            return COUNTER_TAGS[kind], value, None
        read = counter(str(value))
        return COUNTER_TAGS[kind], 0, lambda facts: read(facts.snapshot)
    if kind == "left":
        place = [supply.index for supply in spec.supplies].index(int(str(value)))
        return ber.INTEGER, 0, lambda facts: int(facts.snapshot.supplies[place].left * 100)
    if kind == "a4_float":
        read = counter(str(value))
        return ber.OCTET_STRING, b"", lambda facts: struct.pack(">f", float(read(facts.snapshot)))
    if kind == "hp_text":
        template = str(value)
        return (
            ber.OCTET_STRING,
            b"",
            lambda facts: b"\x01\x15" + template.format(**facts.identity.words()).encode("hp_roman8", "replace"),
        )
    if kind == "bytes":
        return ber.OCTET_STRING, bytes.fromhex(str(value)), None
    if kind == "oid":
        return ber.OID, str(value), None
    if kind == "records" and isinstance(value, list):
        return ber.OCTET_STRING, b"", _records(spec, value)
    raise ValueError(f"device description {spec.id}: unknown kind of object {kind!r}")


def _left(place: int, scale: int) -> Callable[[Snapshot], int]:
    return lambda snapshot: int(snapshot.supplies[place].left * 100) * scale


def _records(spec: DeviceSpec, rows: list[list[str]]) -> Source:
    """Brother's block: per record an id, 01, 04 and a 32-bit number; closed by ff (bieniu/brother, const.py)."""
    readers: list[tuple[bytes, Callable[[Snapshot], int]]] = []
    for key, name in rows:
        what, _, argument = name.partition(":")
        if what in {"level", "life"}:
            place = [supply.index for supply in spec.supplies].index(int(argument))
            readers.append((bytes.fromhex(key), _left(place, 100 if what == "life" else 10)))
        else:
            readers.append((bytes.fromhex(key), counter(name)))
    return lambda facts: (
        b"".join(key + b"\x01\x04" + struct.pack(">I", read(facts.snapshot)) for key, read in readers) + b"\xff"
    )
