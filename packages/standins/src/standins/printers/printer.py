"""One printer of a fleet: an address, what stands at it, and the answers it has ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from . import ber
from .ber import Oid
from .clock import Moment
from .facts import Facts, Value
from .identity import Identity
from .objects import Shape

if TYPE_CHECKING:
    from .faults import Faults
    from .usm import Engine

BOOT_SPAN: Final = 90 * 86_400


class Subject(Protocol):
    """What stands at an address: a described device or a recorded one."""

    name: str
    identity: Identity
    shapes: dict[bytes, Shape]

    def facts(self, at: float, ticks: int) -> Facts:
        """Return what the slots are filled from at a simulated instant."""

    def truth(self, at: float) -> dict[str, Any]:
        """Return what is so at a simulated instant, whatever the printer tells."""


@dataclass(slots=True)
class Counts:
    """What came in: `requests` were understood and meant for this printer, `packets` all that reached it."""

    packets: int = 0
    requests: int = 0
    answers: int = 0
    pending: int = 0
    max_in_flight: int = 0


class Face:
    """The objects of one SNMP context, with the slots of one printer filled in."""

    __slots__ = ("absent", "cells", "shape", "values")

    def __init__(self, shape: Shape) -> None:
        """Start with every slot empty."""
        self.shape = shape
        self.cells: list[bytes | None] = [None] * len(shape.slots)
        self.values: list[Value | None] = [None] * len(shape.slots)
        self.absent: frozenset[int] = frozenset()

    def fill(self, numbers: tuple[int, ...], facts: Facts, own: Oid) -> None:
        """Fill slots; only values that changed are encoded anew."""
        shape, values, cells = self.shape, self.values, self.cells
        for number in numbers:
            slot = shape.slots[number]
            value = slot.source(facts)
            if value == values[number] and cells[number] is not None:
                continue
            values[number] = value
            if value is None:
                cells[number] = None
                continue
            name = shape.names[number] or ber.name(slot.object + own)
            cells[number] = ber.tlv(ber.SEQUENCE, name + encoded(slot.tag, value, shape.codec))

    def note_absent(self) -> None:
        """Remember which rows do not exist now."""
        self.absent = frozenset(number for number, cell in enumerate(self.cells) if cell is None)


def encoded(tag: int, value: Value, codec: str) -> bytes:
    """Return a slot's value; text is told in the printer's character set."""
    if isinstance(value, str) and tag == ber.OCTET_STRING:
        value = value.encode(codec, "replace")
    return ber.encode(tag, value)


class Printer:
    """A place in the fleet: `number` counts from 0, `own` is the address as four numbers, `boots` its restarts."""

    __slots__ = (
        "_boot", "_facts", "_stamp", "address", "boots", "counts", "engine", "faces", "faults", "number", "own", "packet_info",
        "snmp_port", "subject", "web_counts", "web_port",
    )  # fmt: skip

    def __init__(self, number: int, address: str, subject: Subject) -> None:
        """Put a subject at an address; ports are set when its sockets are open."""
        self.number = number
        self.address = address
        self.own: Oid = tuple(map(int, address.split(".")))
        self.snmp_port = self.web_port = 0
        self.packet_info = b""
        self.counts = Counts()
        self.web_counts = Counts()
        self.faults: Faults | None = None
        self.engine: Engine | None = None
        self.boots = number % 5 + 1
        self._boot = (number * 7919 * 641) % BOOT_SPAN + 3600.0
        self.subject = subject
        self.show(subject.shapes)

    def reboot(self, moment: Moment) -> None:
        """Switch off and on: the time since boot starts anew."""
        self._boot = -moment.up
        self.boots += 1
        self.engine = None

    def show(self, shapes: dict[bytes, Shape]) -> None:
        """Show these objects, by the name of their SNMPv3 context; "" is what v1 and v2c see."""
        self.faces = {name: Face(shape) for name, shape in shapes.items()}
        self.touch()

    def touch(self) -> None:
        """Forget that the answers are ready: somebody meddled with the subject."""
        self._stamp: tuple[int, int] | None = None
        self._facts: Facts | None = None

    def up_seconds(self, moment: Moment) -> float:
        """Return the real seconds since the printer was switched on."""
        return self._boot + moment.up

    def prepare(self, moment: Moment) -> None:
        """Bring the ready answers up to a moment; does nothing when they are."""
        if self._stamp == moment.stamp:
            return
        ticks = int(self.up_seconds(moment) * 100)
        before = self._facts
        self._facts = self.subject.facts(moment.at, ticks)
        for face in self.faces.values():
            self._fill(face, self._facts, before)
        self._stamp = moment.stamp

    def facts(self, moment: Moment) -> Facts:
        """Return what the printer's answers of a moment are made of."""
        self.prepare(moment)
        return self._facts or self.subject.facts(moment.at, int(self.up_seconds(moment) * 100))

    def _fill(self, face: Face, facts: Facts, before: Facts | None) -> None:
        shape = face.shape
        face.fill(shape.ticks, facts, self.own)
        if before is None:
            face.fill(shape.fixed, facts, self.own)
        if before is None or before.snapshot is not facts.snapshot:
            face.fill(shape.moving, facts, self.own)
        if before is None or before.alerts != facts.alerts:
            face.fill(shape.alerts, facts, self.own)
            face.note_absent()
