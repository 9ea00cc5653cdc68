"""What a device found on the network is to the fleet: new, ours, moved, in the place of another, a double, or no printer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from inventory.polling.space import AddressSpace
from inventory.rules.identity import Identity

Standing = Literal["waiting", "new", "known", "moved", "replaced", "duplicate", "other", "silent"]

STANDINGS: Final[tuple[Standing, ...]] = (
    "new", "moved", "replaced", "duplicate", "known", "other", "silent", "waiting",
)  # fmt: skip
"""In the order in which a person has something to do about them."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A printer of the fleet in use: where it is and who it is."""

    pk: int
    address: str
    port: int
    identity: Identity


@dataclass(frozen=True, slots=True)
class Device:
    """A device that was found. `is_printer` is None while it has not told, or could not."""

    pk: int
    address: str
    port: int
    identity: Identity
    is_printer: bool | None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """`printer` is the id of the printer it is about, `reason` a sentence for a person, empty when there is none to say."""

    standing: Standing
    printer: int | None = None
    reason: str = ""


@dataclass(slots=True)
class Fleet:
    """The printers in use, to be found by serial number, MAC address, or address and port."""

    by_serial: dict[str, Registered] = field(default_factory=dict)
    by_mac: dict[str, Registered] = field(default_factory=dict)
    by_place: dict[tuple[str, int], Registered] = field(default_factory=dict)

    @classmethod
    def of(cls, printers: Iterable[Registered]) -> Fleet:
        """Return the index of these printers."""
        fleet = cls()
        for printer in printers:
            fleet.add(printer)
        return fleet

    def add(self, printer: Registered) -> None:
        """Index one more printer; of two with one serial number the first counts."""
        if printer.identity.serial:
            self.by_serial.setdefault(printer.identity.serial, printer)
        if printer.identity.mac:
            self.by_mac.setdefault(printer.identity.mac, printer)
        self.by_place[printer.address, printer.port] = printer


def compare(devices: Sequence[Device], fleet: Fleet) -> dict[int, Comparison]:
    """Return what each device is to the fleet, by the device's pk.

    The serial number counts before the MAC address, and both before the address. Of several devices with one serial number the
    one at our printer's address is ours, or else the first; the others are doubles.
    """
    doubles = _doubles(devices, fleet)
    return {device.pk: doubles.get(device.pk) or _one(device, fleet) for device in devices}


def _doubles(devices: Sequence[Device], fleet: Fleet) -> dict[int, Comparison]:
    groups: defaultdict[str, list[Device]] = defaultdict(list)
    for device in devices:
        if device.identity.serial and device.is_printer:
            groups[device.identity.serial].append(device)
    found: dict[int, Comparison] = {}
    for serial, group in groups.items():
        if len(group) > 1:
            ours = fleet.by_serial.get(serial)
            first = next(
                (one for one in group if ours and (one.address, one.port) == (ours.address, ours.port)), group[0]
            )
            for device in group:
                if device is not first:
                    found[device.pk] = Comparison(
                        "duplicate", ours.pk if ours else None, f"{first.address} has the same serial number."
                    )
    return found


def _one(device: Device, fleet: Fleet) -> Comparison:
    here = fleet.by_place.get((device.address, device.port))
    if device.is_printer is False:
        return Comparison("other", here.pk if here else None)
    if device.is_printer is None:
        return Comparison("silent" if device.asked else "waiting", here.pk if here else None)
    serial, mac = device.identity.serial, device.identity.mac
    ours = fleet.by_serial.get(serial) if serial else None
    if ours is None and mac:
        ours = _by_mac(fleet.by_mac.get(mac), serial)
    if ours is not None:
        if here is not None and here.pk == ours.pk:
            return Comparison("known", ours.pk)
        return Comparison("moved", ours.pk, "is where it is on file.")
    if here is None:
        return Comparison("new")
    if _contradicts(here.identity, device.identity):
        known = here.identity.serial or here.identity.mac
        return Comparison("replaced", here.pk, f"Our printer at this address is {known}.")
    return Comparison("known", here.pk)


def _by_mac(printer: Registered | None, serial: str) -> Registered | None:
    """A MAC address names a printer unless the serial numbers are known and differ: boards are moved between devices."""
    if printer is not None and serial and printer.identity.serial and printer.identity.serial != serial:
        return None
    return printer


def _contradicts(stored: Identity, found: Identity) -> bool:
    if stored.serial and found.serial:
        return stored.serial != found.serial
    return bool(stored.mac and found.mac and stored.mac != found.mac)


def counts(standings: Mapping[str, int]) -> list[tuple[Standing, int]]:
    """Return those standings that occur, in the order of `STANDINGS`."""
    return [(name, standings[name]) for name in STANDINGS if standings.get(name)]


def network_words(space: AddressSpace) -> str:
    """Return the networks as one short text."""
    shown = ", ".join(space.networks[:3])
    return f"{shown} and {len(space.networks) - 3} more" if len(space.networks) > 3 else shown
