"""Faults on demand: the ways in which real agents, and strangers in their place, answer wrongly, late or not at all.

A printer's faults are a dict of names and values, checked by `Faults`. What they do to a packet is in `Faults.admit` and
`Faults.deliver`, to a PDU in `faulty_pdu`, to the objects themselves in `reshape`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from . import ber
from .agent import V1, V2C, V3, answer_pdu, write_pdu
from .printer import Face
from .view import TOO_BIG, Query

VERSIONS: Final = {"v1": V1, "v2c": V2C, "v3": V3}


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3_600_000


def _one_of(*words: Any) -> Callable[[Any], bool]:
    return lambda value: value in words


KNOWN: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "silent": (_flag, "true: answers nothing"),
    "sleeping": (_number, "packets lost before it wakes; asleep again after 30 s without any"),
    "slow": (_number, "milliseconds before each answer"),
    "late_first": (_number, "milliseconds before the first answer; the later ones come at once"),
    "only": (_one_of(*VERSIONS), "v1, v2c or v3: silent to the others"),
    "bulk": (_one_of("silent", "loop"), "GETBULK is not answered, or starts its columns again and again"),
    "next": (_one_of("loop"), "GETNEXT starts its column again and again"),
    "too_big_above": (_number, "tooBig for more varbinds than this"),
    "silent_above": (_number, "answers of more bytes than this are never sent"),
    "wrong_request_id": (_flag, "true: answers carry another request id"),
    "other_address": (lambda value: isinstance(value, str) and value.startswith("127."), "answers come from this address"),
    "other_port": (_flag, "true: answers come from another port of the same address"),
    "garbage": (_flag, "true: answers are random bytes"),
    "truncated": (_number, "bytes cut off the end of each answer"),
    "huge_length": (_flag, "true: the answer's length field claims two gigabytes"),
    "duplicate": (_number, "extra copies of each answer"),
    "truncated_tables": (_number, "rows of the supplies table that still have unit, capacity and level"),
    "levels": (_one_of(-1, -2, -3, "above"), "every supply's level; above: three times its capacity"),
    "texts": (_one_of("hostile", "script", "formula", "log", "nul", "bytes", "long"), "free texts, hostile ones"),
    "charset": (lambda value: isinstance(value, int), "IANA MIBenum the panel and supply names are told in, non-ASCII"),
    "context": (lambda value: isinstance(value, str) and 0 < len(value) < 33, "SNMPv3 context that alone holds the supplies"),
    "web_slow": (_number, "milliseconds before each web answer"),
    "web_hang": (_flag, "true: the web server accepts and never answers"),
    "web_error": (_one_of(401, 403, 404, 500, 503), "status of every web answer"),
}  # fmt: skip
"""Every fault: what values it takes, and what it does."""

AWAKE_SECONDS: Final = 30.0


class Reply(NamedTuple):
    """An answer on its way: seconds to wait, bytes, and "" (the printer), an address, or "port" (another port)."""

    delay: float
    data: bytes
    source: str


@dataclass(slots=True)
class Mood:
    """What a printer with faults remembers between packets."""

    lost: int = 0
    last_packet: float = float("-inf")
    answered: bool = False


class Faults:
    """The faults of one printer; raises ValueError for an unknown name or value."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        """Check and keep them."""
        for name, value in wanted.items():
            if name not in KNOWN:
                raise ValueError(f"no fault {name!r}; there are {', '.join(KNOWN)}")
            if not KNOWN[name][0](value):
                raise ValueError(f"fault {name}: {value!r} is not: {KNOWN[name][1]}")
        self.wanted = {name: value for name, value in wanted.items() if value is not False}
        self._mood = Mood()
        self._noise = random.Random(repr(sorted(wanted)))  # noqa: S311 - garbage for tests, no cryptography

    def get(self, name: str) -> Any:
        """Return a fault's value, None when the printer does not have it."""
        return self.wanted.get(name)

    def admit(self, version: int | None) -> bool:
        """Return whether a packet of an SNMP version (None: unreadable) reaches the agent at all."""
        now = time.monotonic()
        if "sleeping" in self.wanted:
            if now - self._mood.last_packet > AWAKE_SECONDS:
                self._mood.lost = 0
            self._mood.last_packet = now
            if self._mood.lost < self.wanted["sleeping"]:
                self._mood.lost += 1
                return False
        only = self.wanted.get("only")
        return "silent" not in self.wanted and (only is None or version == VERSIONS[only])

    def deliver(self, answer: bytes) -> list[Reply]:
        """Return what is sent for an answer, and when and from where."""
        wanted = self.wanted
        if len(answer) > wanted.get("silent_above", len(answer)):
            return []
        delay = wanted.get("slow", 0) / 1000
        if not self._mood.answered:
            self._mood.answered = True
            delay += wanted.get("late_first", 0) / 1000
        if "garbage" in wanted:
            answer = self._noise.randbytes(len(answer))
        if "huge_length" in wanted:
            answer = answer[:1] + b"\x84\x7f\xff\xff\xff" + answer[2:]
        if "truncated" in wanted:
            answer = answer[: max(0, len(answer) - int(wanted["truncated"]))]
        source = wanted.get("other_address") or ("port" if "other_port" in wanted else "")
        return [Reply(delay, answer, source)] * (1 + int(wanted.get("duplicate", 0)))


def faulty_pdu(faults: Faults, face: Face, own: ber.Oid, query: Query, request_id: bytes, room: int) -> bytes | None:
    """Return the PDU a printer with faults answers, None where it keeps silent."""
    if query.tag == ber.GET_BULK and faults.get("bulk") == "silent":
        return None
    loops = {ber.GET_BULK: faults.get("bulk"), ber.GET_NEXT: faults.get("next")}
    if loops.get(query.tag) == "loop":
        query = _from_the_start(face, query)
    if faults.get("wrong_request_id"):
        number, _ = ber.read_integer(request_id, 0, len(request_id))
        request_id = ber.integer(number ^ 0x5A5A)
    limit = faults.get("too_big_above")
    if limit is not None and _varbinds(face, own, query, room) > limit:
        return write_pdu(request_id, TOO_BIG, 0, query.varbinds if query.version == V1 else b"")
    return answer_pdu(face, own, query, request_id, room)


def _varbinds(face: Face, own: ber.Oid, query: Query, room: int) -> int:
    """Return how many varbinds an answer has, before it is shortened."""
    if query.tag != ber.GET_BULK:
        return len(ber.read_varbinds(query.varbinds))
    return len(face.shape.view.answer(query, face.absent, own, room).parts)


def _from_the_start(face: Face, query: Query) -> Query:
    """Return the query with every instance it continues from replaced by its column: the agent never gets ahead."""
    varbinds = b""
    for content in ber.read_varbinds(query.varbinds):
        oid = ber.parse_oid(content)
        varbinds += ber.varbind(face.shape.view.column(oid), ber.tlv(ber.NULL, b""))
    return replace(query, varbinds=varbinds)
