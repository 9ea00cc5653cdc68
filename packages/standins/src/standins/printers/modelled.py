"""A printer made from a device description: it prints, wears out its supplies and can be meddled with."""

from __future__ import annotations

from typing import Any

from .alerts import AlertRow, alerts_of
from .behaviour import CELLS, Calendar, Habits, Meddling, Snapshot
from .devices import DeviceSpec
from .facts import Facts
from .identity import Identity, identify
from .objects import Shape, cartridge_serial, console, shape_of


class Modelled:
    """What stands at an address: a description, habits drawn from (seed, index, generation), and what people did."""

    def __init__(
        self, spec: DeviceSpec, seed: str, index: int, calendar: Calendar, address: str, place: tuple[str, str]
    ) -> None:
        """Make the device new; `place` is (location, contact)."""
        self.seed, self.index, self.calendar, self.address, self.place = seed, index, calendar, address, place
        self.generations = [0, 0]
        self.new_device(spec, first=True)

    def new_device(self, spec: DeviceSpec, *, first: bool = False) -> None:
        """Let another device of a model take the place: new serial, new board, its own counters."""
        if not first:
            self.generations = [self.generations[0] + 1, self.generations[1] + 1]
        self.spec = spec
        self.name = spec.id
        self.habits = Habits(spec, self.seed, self.index, sum(self.generations), self.calendar)
        self.did = Meddling()
        self._told: tuple[float, Snapshot, dict[int, AlertRow]] | None = None
        self.identify()

    def identify(self) -> None:
        """Work out the identity and the shapes anew."""
        generations = self.generations[0], self.generations[1]
        self.identity: Identity = identify(self.spec, self.index, self.address, self.place, generations)
        self.shapes: dict[bytes, Shape] = {b"": shape_of(self.spec)}

    def _state(self, at: float) -> tuple[Snapshot, dict[int, AlertRow]]:
        """Return all that moves at a simulated instant, and the alerts that follow; the same objects while nothing moves."""
        pages = self.habits.pages(at)
        if self._told is None or self._told[0] != pages:
            snapshot = self.habits.snapshot(pages, self.did)
            self._told = pages, snapshot, alerts_of(self.spec, snapshot)
        return self._told[1:]

    def facts(self, at: float, ticks: int) -> Facts:
        """See `printer.Subject.facts`."""
        snapshot, alerts = self._state(at)
        return Facts(self.identity, snapshot, alerts, ticks)

    def swap_board(self, at: float, *, serial: bool, mac: bool, counters: bool) -> None:
        """Replace the formatter board: a new serial, MAC and counters from zero, each only if asked."""
        self.generations = [self.generations[0] + serial, self.generations[1] + mac]
        if counters:
            self.reset_counters(at)
        self.identify()

    def reset_counters(self, at: float) -> None:
        """Set every counter to zero; supplies stay as they are."""
        pages = self.habits.pages(at)
        self._told = None
        self.did.zero = (*self.habits.faces(pages, self.did), self.habits.scans(pages, self.did))

    def print_pages(
        self, pages: int, *, function: str = "print", color: bool = False, size: str = "a4", duplex: bool = False
    ) -> None:
        """Print exactly `pages` impressions of one kind, with the wear they cause; raise ValueError for an unknown kind."""
        if pages < 0:
            raise ValueError("a printer does not take pages back")
        cell = CELLS.index((function, "color" if color else "bw", size))
        sheets = pages // 2 if duplex else 0
        for side, count in ((0, pages - 2 * sheets), (1, sheets)):
            self.did.faces[cell, side] = self.did.faces.get((cell, side), 0) + count
        self._told = None
        self.did.pages += pages
        if function == "copy":
            self.did.scans += pages

    def replace_supply(self, at: float, index: int) -> None:
        """Put a new supply in the place with this prtMarkerSuppliesIndex; raise ValueError when there is none."""
        place = [supply.index for supply in self.spec.supplies].index(index)
        printed = self.habits.pages(at) + self.did.pages
        cycle = self.habits.wear[place][2]
        rest = cycle - self.habits.worn(place, printed, self.did) % cycle
        self._told = None
        self.did.shifts[place] = self.did.shifts.get(place, 0.0) + rest + 1e-9

    def truth(self, at: float) -> dict[str, Any]:
        """See `printer.Subject.truth`: identity, counters by name, supplies as told and as they are, alerts, console."""
        facts = self.facts(at, 0)
        identity, snapshot = facts.identity, facts.snapshot
        lead = f"{self.spec.hr_device}." if self.spec.printer_mib_index else ""
        return {
            "at": at,
            "device": self.spec.id,
            "vendor": identity.vendor,
            "model": identity.model,
            "serial": identity.serial,
            "mac": identity.mac_text,
            "hostname": identity.hostname,
            "firmware": identity.firmware,
            "location": identity.location,
            "counters": {name: value for name, value in snapshot.counters.items() if name != "none"},
            "supplies": [
                {
                    "index": f"{lead}{supply.spec.index}",
                    "kind": supply.spec.kind,
                    "color": supply.spec.color,
                    "part": supply.spec.part,
                    "level": supply.level,
                    "capacity": supply.capacity,
                    "left": supply.left,
                    "number": supply.number,
                    "serial": cartridge_serial(identity, place, supply.number),
                }
                for place, supply in enumerate(snapshot.supplies)
            ],
            "alerts": [{"row": row, "code": alert.code, "text": alert.text} for row, alert in facts.alerts.items()],
            "console": console(self.spec, facts),
            "jammed": snapshot.jammed,
        }
