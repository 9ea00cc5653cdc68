"""The printers of a fleet, made from its config, and the simulated time they share."""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import asdict, dataclass
from math import gcd
from pathlib import Path
from typing import Any, Final

from . import devices
from .behaviour import Calendar
from .clock import Clock
from .config import FleetConfig
from .doors import PROTECTED
from .modelled import Modelled
from .printer import Printer
from .sites import place_of, site_of
from .walks import Recorded, read_folder

SCATTER: Final = 40_503
"""Step between scattered neighbours: odd, near the golden section of 65536, so that any number of printers spreads evenly."""


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    """Where a printer can be asked and who it said it was when the fleet started; `user` names an SNMPv3 user it knows,
    `web_user` who its web pages let in ("" where they let in everybody)."""

    number: int
    address: str
    snmp_port: int
    web_port: int
    community: str
    user: str
    web_user: str
    vendor: str
    model: str
    serial: str
    mac: str
    hostname: str
    device: str


class World:
    """A fleet without its sockets."""

    def __init__(self, config: FleetConfig) -> None:
        """Make every printer; raise ValueError for an unknown device or an empty folder of walks."""
        self.config = config
        self.clock = Clock(config.start, config.speed)
        self.calendar = Calendar(config.hours)
        self.printers = self._recorded() if config.walks else self._described()
        for printer in self.printers:
            # What is asked for; the sockets correct it where the kernel chooses.
            each = printer.number if config.mode == "ports" else 0
            printer.snmp_port = config.snmp_port and config.snmp_port + each
            printer.web_port = config.web and config.web_port and config.web_port + each
        self.by_address = {printer.address: printer for printer in self.printers}
        self.log: deque[dict[str, Any]] = deque(maxlen=config.log)
        self.stray_packets = 0

    def spec(self, name: str) -> devices.DeviceSpec:
        """Return a description by its id; raise ValueError that lists what there is."""
        known = devices.load()
        if name not in known:
            raise ValueError(f"no device {name!r}; there are {', '.join(known)}")
        return known[name]

    def address(self, number: int) -> str:
        """Return the address of printer `number`."""
        if self.config.mode == "ports":
            return "127.0.0.1"
        network = ipaddress.IPv4Network(self.config.network)
        room = network.num_addresses - 2
        if self.config.scatter:
            step = SCATTER
            while gcd(step, room) != 1:
                step += 2
            number = number * step % room
        return str(network[number + 1])

    def _described(self) -> list[Printer]:
        config = self.config
        specs = [self.spec(name) for name in config.devices] or list(devices.load().values())
        made = []
        for number in range(config.count):
            address, place = self.address(number), place_of(number)
            subject = Modelled(specs[number % len(specs)], config.seed, number, self.calendar, address, place)
            made.append(Printer(number, address, subject))
        return made

    def _recorded(self) -> list[Printer]:
        config = self.config
        made: list[Printer] = []
        for walk in read_folder(Path(config.walks)):
            for copy in range(config.repeat):
                address = self.address(len(made))
                made.append(Printer(len(made), address, Recorded(walk, copy if config.vary else 0, address)))
        return made

    def addresses(self) -> list[PrinterAddress]:
        """Return where each printer is; ports are those of the open sockets."""
        found = []
        for printer in self.printers:
            who = printer.subject.identity
            found.append(
                PrinterAddress(
                    number=printer.number,
                    address=printer.address,
                    snmp_port=printer.snmp_port,
                    web_port=printer.web_port,
                    community=self.config.community,
                    user=self.config.users[0].name if self.config.users else "",
                    web_user=self.config.web_user if self._protected(printer) else "",
                    vendor=who.vendor,
                    model=who.model,
                    serial=who.serial,
                    mac=who.mac_text,
                    hostname=who.hostname,
                    device=printer.subject.name,
                )
            )
        return found

    @staticmethod
    def _protected(printer: Printer) -> bool:
        return isinstance(printer.subject, Modelled) and printer.subject.spec.web in PROTECTED

    def inventory(self) -> list[dict[str, Any]]:
        """Return a row per printer for a demo loader: its client and place beside its address and identity."""
        rows = []
        for address in self.addresses():
            site = site_of(address.number)
            rows.append(
                {
                    "organization": site.organization,
                    "organization_code": site.code,
                    "city": site.city,
                    "street": site.street,
                    "room": place_of(address.number)[0].rsplit(" ", 1)[1],
                    "web_password": self.config.web_password if address.web_user else "",
                    **asdict(address),
                }
            )
        return rows
