"""The objects a device shows: the standard MIBs every printer has, and its vendor's private ones from the description.

Object identifiers are those of RFC 1213 (system, interfaces, ip), RFC 2790 (HOST-RESOURCES-MIB) and RFC 3805 (Printer-MIB).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Final, Literal, NamedTuple, get_args

from . import ber
from .alerts import ALERT_COLUMNS, AlertRow, error_bits, possible_rows
from .ber import Oid
from .devices import CODECS, SUPPLY_TYPES, SUPPLY_UNITS, DeviceSpec
from .facts import Facts, Value
from .identity import Identity
from .private import private_value
from .view import Row, View

Group = Literal["fixed", "ticks", "moving", "alerts"]
"""When a slot is filled: once, with the clock, with the printing, or when the list of alerts changes."""

PRINTER_MIB: Final[Oid] = (1, 3, 6, 1, 2, 1, 43)
SYSTEM: Final[Oid] = (1, 3, 6, 1, 2, 1, 1)
HOST: Final[Oid] = (1, 3, 6, 1, 2, 1, 25)
INTERFACE: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1)
ADDRESS: Final[Oid] = (1, 3, 6, 1, 2, 1, 4, 20, 1)
INTERFACE_TYPES: Final = {"loopback": 24, "ethernet": 6, "wireless": 71}
SUPPLIES: Final[Oid] = (*PRINTER_MIB, 11, 1, 1)
COLORANTS: Final[Oid] = (*PRINTER_MIB, 12, 1, 1)


class Slot(NamedTuple):
    """A cell that differs per printer; `source` returns None while the row does not exist."""

    object: Oid
    instance: Oid | None
    tag: int
    group: Group
    source: Callable[[Facts], Value | None]


class Shape:
    """A model's view and the slots its printers fill, by their numbers in the view."""

    def __init__(self, view: View, slots: tuple[Slot, ...], codec: str) -> None:
        """Sort the slots into groups once, for all printers of the model."""
        self.view = view
        self.slots = slots
        self.codec = codec
        self.names = [b"" if slot.instance is None else ber.name(slot.object + slot.instance) for slot in slots]
        self.fixed, self.ticks, self.moving, self.alerts = (
            tuple(number for number, slot in enumerate(slots) if slot.group == group) for group in get_args(Group)
        )


class Builder:
    """Collects rows; a constant is encoded at once, anything else becomes a slot."""

    def __init__(self, spec: DeviceSpec) -> None:
        """Start with no rows."""
        self.rows: list[Row] = []
        self.slots: list[Slot] = []
        self.codec = CODECS[spec.charset]

    def put(self, object_: Oid, instance: Oid | None, tag: int, value: Value) -> None:
        """Add a constant."""
        if isinstance(value, str) and tag == ber.OCTET_STRING:
            value = value.encode(self.codec, "replace")
        self.rows.append(Row(object_, instance, ber.encode(tag, value)))

    def slot(
        self,
        object_: Oid,
        instance: Oid | None,
        tag: int,
        source: Callable[[Facts], Value | None],
        group: Group = "moving",
    ) -> None:
        """Add a cell that is filled per printer."""
        self.rows.append(Row(object_, instance, len(self.slots)))
        self.slots.append(Slot(object_, instance, tag, group, source))

    def text(self, object_: Oid, instance: Oid, template: str) -> None:
        """Add a text that may mention the printer's identity."""
        if "{" not in template:
            self.put(object_, instance, ber.OCTET_STRING, template)
            return
        self.slot(object_, instance, ber.OCTET_STRING, lambda facts: template.format(**facts.identity.words()), "fixed")


def build(spec: DeviceSpec, *, supplies: bool = True, only_supplies: bool = False) -> Shape:
    """Return the shape of a description; `supplies` and `only_supplies` split it for agents that keep supplies in a context."""
    made = Builder(spec)
    if not only_supplies:
        _system(made, spec)
        _interfaces(made, spec)
        _host(made, spec)
        _general(made, spec)
        _trays(made, spec)
        _console_and_alerts(made, spec)
        for item in spec.objects:
            _private(made, spec, item.oid, item.type, item.value)
    if supplies:
        _supplies(made, spec)
    return Shape(View(made.rows), tuple(made.slots), made.codec)


@cache
def shape_of(spec: DeviceSpec, part: Literal["all", "without supplies", "supplies"] = "all") -> Shape:
    """Return the shape of a description, built once per process and shared by all its printers."""
    return build(spec, supplies=part != "without supplies", only_supplies=part == "supplies")


def _system(made: Builder, spec: DeviceSpec) -> None:
    made.text((*SYSTEM, 1), (0,), spec.sys_descr)
    made.put((*SYSTEM, 2), (0,), ber.OID, spec.sys_object_id)
    made.slot((*SYSTEM, 3), (0,), ber.TIME_TICKS, lambda facts: facts.ticks, "ticks")
    made.slot((*SYSTEM, 4), (0,), ber.OCTET_STRING, lambda facts: facts.identity.contact, "fixed")
    made.slot((*SYSTEM, 5), (0,), ber.OCTET_STRING, lambda facts: facts.identity.hostname, "fixed")
    made.slot((*SYSTEM, 6), (0,), ber.OCTET_STRING, lambda facts: facts.identity.location, "fixed")
    made.put((*SYSTEM, 7), (0,), ber.INTEGER, 72)


def _interfaces(made: Builder, spec: DeviceSpec) -> None:
    made.put((*INTERFACE[:-2], 1), (0,), ber.INTEGER, len(spec.interfaces))
    for number, kind in enumerate(spec.interfaces, 1):
        made.put((*INTERFACE, 1), (number,), ber.INTEGER, number)
        made.put((*INTERFACE, 2), (number,), ber.OCTET_STRING, f"{kind} {number}")
        made.put((*INTERFACE, 3), (number,), ber.INTEGER, INTERFACE_TYPES[kind])
        if kind == "loopback":
            made.put((*INTERFACE, 6), (number,), ber.OCTET_STRING, b"")
        else:
            made.slot((*INTERFACE, 6), (number,), ber.OCTET_STRING, lambda facts: facts.identity.mac, "fixed")
        made.put((*INTERFACE, 8), (number,), ber.INTEGER, 1)
    made.slot(
        (*ADDRESS, 1), None, ber.IP_ADDRESS, lambda facts: bytes(map(int, facts.identity.address.split("."))), "fixed"
    )
    made.slot((*ADDRESS, 2), None, ber.INTEGER, lambda _: len(spec.interfaces), "fixed")
    made.slot((*ADDRESS, 3), None, ber.IP_ADDRESS, lambda _: bytes((255, 255, 0, 0)), "fixed")


def _host(made: Builder, spec: DeviceSpec) -> None:
    device = (spec.hr_device,)
    made.put((*HOST, 2, 2), (0,), ber.INTEGER, 1_048_576)
    made.put((*HOST, 3, 2, 1, 1), device, ber.INTEGER, spec.hr_device)
    made.put((*HOST, 3, 2, 1, 2), device, ber.OID, "1.3.6.1.2.1.25.3.1.5")
    made.text((*HOST, 3, 2, 1, 3), device, spec.hr_device_descr)
    made.put((*HOST, 3, 2, 1, 4), device, ber.OID, "0.0")
    made.slot(
        (*HOST, 3, 2, 1, 5), device, ber.INTEGER, lambda facts: 5 if facts.snapshot.jammed else 3 if facts.alerts else 2
    )
    made.put((*HOST, 3, 2, 1, 6), device, ber.COUNTER32, 0)
    made.slot((*HOST, 3, 5, 1, 1), device, ber.INTEGER, _printer_status)
    made.slot((*HOST, 3, 5, 1, 2), device, ber.OCTET_STRING, lambda facts: error_bits(facts.alerts), "alerts")


def _printer_status(facts: Facts) -> int:
    """hrPrinterStatus: other (1) while jammed, printing (4), idle (3)."""
    return 1 if facts.snapshot.jammed else 4 if facts.snapshot.printing else 3


def _general(made: Builder, spec: DeviceSpec) -> None:
    device = (spec.hr_device,)
    general, local = (*PRINTER_MIB, 5, 1, 1), (*PRINTER_MIB, 7, 1, 1)
    made.put((*general, 1), device, ber.COUNTER32, 1)
    made.put((*general, 2), device, ber.INTEGER, 1)
    made.put((*general, 16), device, ber.OCTET_STRING, spec.model)
    if spec.printer_mib_serial:
        made.slot((*general, 17), device, ber.OCTET_STRING, lambda facts: facts.identity.serial, "fixed")
    made.put((*local, 2), (*device, 1), ber.OCTET_STRING, b"en")
    made.put((*local, 3), (*device, 1), ber.OCTET_STRING, b"")
    made.put((*local, 4), (*device, 1), ber.INTEGER, spec.charset)
    marker = (*PRINTER_MIB, 10, 2, 1)
    made.put((*marker, 2), (*device, 1), ber.INTEGER, 4)
    made.put((*marker, 3), (*device, 1), ber.INTEGER, spec.counter_unit)
    made.slot((*marker, 4), (*device, 1), ber.COUNTER32, lambda facts: facts.snapshot.counters["marker"])
    made.slot((*marker, 5), (*device, 1), ber.COUNTER32, lambda facts: facts.snapshot.counters["marker"] % 977)


def _trays(made: Builder, spec: DeviceSpec) -> None:
    table = (*PRINTER_MIB, 8, 2, 1)
    for place, tray in enumerate(spec.trays):
        row = (spec.hr_device, place + 1)
        made.put((*table, 2), row, ber.INTEGER, 3)
        made.put((*table, 8), row, ber.INTEGER, 8)
        made.put((*table, 9), row, ber.INTEGER, tray.capacity)
        if tray.measured:
            made.slot((*table, 10), row, ber.INTEGER, partial(_sheets, place))
        else:
            made.put((*table, 10), row, ber.INTEGER, -3)
        made.put((*table, 12), row, ber.OCTET_STRING, tray.media)
        made.put((*table, 13), row, ber.OCTET_STRING, tray.name)
        made.put((*table, 18), row, ber.OCTET_STRING, tray.name)


def _sheets(place: int, facts: Facts) -> int:
    return facts.snapshot.trays[place]


def _capacity(place: int, facts: Facts) -> int:
    return facts.snapshot.supplies[place].capacity


def _level(place: int, facts: Facts) -> int:
    return facts.snapshot.supplies[place].level


def _supplies(made: Builder, spec: DeviceSpec) -> None:
    lead = (spec.hr_device,) if spec.printer_mib_index else ()
    for place, supply in enumerate(spec.supplies):
        row = (*lead, supply.index)
        colorant = spec.colorants.index(supply.color) + 1 if supply.color in spec.colorants else 0
        made.put((*SUPPLIES, 2), row, ber.INTEGER, 1)
        made.put((*SUPPLIES, 3), row, ber.INTEGER, colorant)
        made.put((*SUPPLIES, 4), row, ber.INTEGER, 4 if supply.receptacle else 3)
        made.put((*SUPPLIES, 5), row, ber.INTEGER, SUPPLY_TYPES[supply.kind])
        if "{" in supply.description:
            made.slot((*SUPPLIES, 6), row, ber.OCTET_STRING, partial(described, place))
        else:
            made.put((*SUPPLIES, 6), row, ber.OCTET_STRING, supply.description)
        made.put((*SUPPLIES, 7), row, ber.INTEGER, SUPPLY_UNITS[supply.unit])
        made.slot((*SUPPLIES, 8), row, ber.INTEGER, partial(_capacity, place))
        made.slot((*SUPPLIES, 9), row, ber.INTEGER, partial(_level, place))
    for number, color in enumerate(spec.colorants, 1):
        made.put((*COLORANTS, 2), (spec.hr_device, number), ber.INTEGER, 1)
        made.put((*COLORANTS, 3), (spec.hr_device, number), ber.INTEGER, 3)
        made.put((*COLORANTS, 4), (spec.hr_device, number), ber.OCTET_STRING, color)


def described(place: int, facts: Facts) -> str:
    """Return a supply's description; `{cartridge}` becomes the serial number of the cartridge that is in."""
    supply = facts.snapshot.supplies[place]
    return supply.spec.description.format(cartridge=cartridge_serial(facts.identity, place, supply.number))


def cartridge_serial(identity: Identity, place: int, number: int) -> str:
    """Return the serial number of the `number`-th cartridge in a place: new with every replacement."""
    return f"SN{int.from_bytes(identity.mac[3:]) * 7919 % 10**8:08d}{place:02d}{number:05d}"


def _console_and_alerts(made: Builder, spec: DeviceSpec) -> None:
    device = (spec.hr_device,)
    made.slot((*PRINTER_MIB, 16, 5, 1, 2), (*device, 1), ber.OCTET_STRING, lambda facts: console(spec, facts))
    table = (*PRINTER_MIB, 18, 1, 1)
    for number in possible_rows(spec):
        for column, tag, read in ALERT_COLUMNS:
            made.slot((*table, column), (*device, number), tag, partial(_alert, number, read), "alerts")


def _alert(number: int, read: Callable[[AlertRow], int | str], facts: Facts) -> Value | None:
    alert = facts.alerts.get(number)
    return None if alert is None else read(alert)


def console(spec: DeviceSpec, facts: Facts) -> str:
    """Return the panel's first line: the worst trouble, or what the printer is doing."""
    words = spec.console
    conditions = {supply.condition for supply in facts.snapshot.supplies}
    if facts.snapshot.jammed:
        return words["jam"]
    if "empty" in conditions:
        return words["empty"]
    if facts.snapshot.printing:
        return words["printing"]
    return words["low"] if "low" in conditions else words["ready"]


def _private(made: Builder, spec: DeviceSpec, oid: str, kind: str, value: object) -> None:
    parts = tuple(map(int, oid.split(".")))
    object_, instance = parts[:-1], parts[-1:]
    if kind == "text":
        made.text(object_, instance, str(value))
        return
    tag, constant, source = private_value(spec, kind, value)
    if source is None:
        made.put(object_, instance, tag, constant)
    else:
        made.slot(object_, instance, tag, source)
