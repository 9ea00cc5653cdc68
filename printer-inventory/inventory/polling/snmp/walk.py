"""Recorded walks (`OID|TYPE|VALUE`, the snmprec form) read back, and served to the same plan that polls live printers.

Recordings have damages: lines cut or mangled, and strings in which the further lines of snmpwalk's hex dump were kept as text.
What can be repaired is repaired, the rest is left out, and each is said.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from inventory.polling.snmp import ber
from inventory.polling.snmp.ber import Value, VarBind
from inventory.polling.snmp.dialogue import Dialogue
from inventory.polling.snmp.oids import OidError, decode_arcs, encode_oid
from inventory.polling.snmp.plan import Plan, Polled, full
from inventory.profiles.catalog import Catalog, catalog

MAX_LINES: Final = 200_000
MAX_BYTES: Final = 32 * 1024 * 1024

_NUMBERS: Final = frozenset({ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS, ber.COUNTER64, 71})
_DUMP: Final = re.compile(r"^(?P<head>[^\n]{1,16})\n(?P<rest>(?:[0-9A-Fa-f]{2}(?:[ \n]+|$))+)$")


class WalkError(ValueError):
    """A file is no recorded walk at all."""


class RecordedAgent:
    """Answers GET, GETNEXT and GETBULK from a recording, as an SNMPv2c agent would."""

    def __init__(self, rows: Iterable[VarBind]) -> None:
        """Take the rows in any order; of two with one name the first counts."""
        self._rows: dict[bytes, tuple[int, Value]] = {}
        for name, tag, value in rows:
            self._rows.setdefault(name, (tag, value))
        ordered = sorted((decode_arcs(name), name) for name in self._rows)
        self._keys = [key for key, _ in ordered]
        self._names = [name for _, name in ordered]

    def answer(self, pdu: int, names: tuple[bytes, ...], max_repetitions: int = 0) -> list[VarBind]:
        """Return the variable bindings of the answer (RFC 3416 4.2.1 to 4.2.3)."""
        if pdu == ber.GET:
            return [self._get(name) for name in names]
        found: list[VarBind] = []
        current = list(names)
        for _ in range(max_repetitions if pdu == ber.GET_BULK else 1):
            row = [self._next(name) for name in current]
            found.extend(row)
            current = [name for name, _, _ in row]
        return found

    def _get(self, name: bytes) -> VarBind:
        tag, value = self._rows.get(name, (ber.NO_SUCH_INSTANCE, None))
        return name, tag, value

    def _next(self, name: bytes) -> VarBind:
        place = bisect_right(self._keys, decode_arcs(name))
        if place == len(self._names):
            return name, ber.END_OF_MIB_VIEW, None
        following = self._names[place]
        return following, *self._rows[following]


def parse_walk(text: str) -> tuple[list[VarBind], list[str]]:
    """Return the rows of a recording and a warning per kind of damage; WalkError when no line can be read."""
    rows: list[VarBind] = []
    damaged = repaired = 0
    for line in text.split("\n")[:MAX_LINES]:
        if not line.strip() or line.startswith("#"):
            continue
        try:
            row, mended = _row(line.removesuffix("\r"))
        except (ValueError, OidError):
            damaged += 1
            continue
        rows.append(row)
        repaired += mended
    if not rows:
        raise WalkError("no line of the form OID|TYPE|VALUE")
    warnings = []
    if damaged:
        warnings.append(f"{damaged} damaged {'line' if damaged == 1 else 'lines'} of the recording left out.")
    if repaired:
        warnings.append(
            f"{repaired} {'string' if repaired == 1 else 'strings'} repaired: the recording held a hex dump as text."
        )
    return rows, warnings


def _row(line: str) -> tuple[VarBind, bool]:
    oid, separator, rest = line.partition("|")
    kind, separator, text = rest.partition("|")
    if not separator:
        raise ValueError("not three fields")
    is_hex = kind.endswith("x")
    tag = int(kind.removesuffix("x"))
    name = encode_oid(oid)
    if tag in _NUMBERS:
        return (name, tag, int.from_bytes(bytes.fromhex(text), "big") if is_hex else int(text)), False
    if tag == ber.IP_ADDRESS:
        return (name, tag, bytes.fromhex(text) if is_hex else ipaddress.IPv4Address(text).packed), False
    if tag == ber.OBJECT_IDENTIFIER:
        return (name, tag, encode_oid(text)), False
    if tag not in (ber.OCTET_STRING, ber.OPAQUE):
        raise ValueError(f"type {tag} is unknown")
    octets = bytes.fromhex(text) if is_hex else text.encode()
    mended = mend_dump(octets)
    return (name, tag, mended), mended != octets


def mend_dump(octets: bytes) -> bytes:
    """Return a string whose tail is snmpwalk's hex dump kept as text ("Black Cartridge \\n38 32 37 41 ..") as it was sent."""
    if b"\n" not in octets:
        return octets
    match = _DUMP.match(octets.decode("latin-1"))
    if match is None:
        return octets
    return match["head"].encode("latin-1") + bytes.fromhex(match["rest"].replace("\n", " "))


def read_walk_file(path: Path) -> tuple[list[VarBind], list[str]]:
    """Read a recording from a file; WalkError when it is too large or no recording, OSError when it cannot be read."""
    if path.stat().st_size > MAX_BYTES:
        raise WalkError(f"larger than {MAX_BYTES // 1024 // 1024} MB")
    return parse_walk(path.read_bytes().decode("utf-8", "surrogateescape"))


def run_plan(plan: Plan, talk: Dialogue, agent: RecordedAgent) -> Polled:
    """Run a plan against a recording, one request after the other."""
    while True:
        try:
            ask = next(plan)
        except StopIteration as end:
            result: Polled = end.value
            return result
        talk.begin(ask)
        while not talk.done:
            question = talk.request()
            answer = agent.answer(question.pdu, question.names, question.max_repetitions)
            talk.answered(question.version, 0, 0, answer)


def poll_walk(rows: Iterable[VarBind], *, now: float, address: str = "", makers: Catalog | None = None) -> Polled:
    """Return the reading of a recorded device by the full plan, also of one that is no printer."""
    talk = Dialogue(ber.V2C)
    plan = full(talk.answers, makers or catalog(), address, now, any_device=True)
    return run_plan(plan, talk, RecordedAgent(rows))
