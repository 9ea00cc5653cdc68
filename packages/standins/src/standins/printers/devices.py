"""Device descriptions: what a model is made of and which private objects it has, read from the TOML files in `devices/`.

The models are invented in their details (patterns of serial numbers, yields, habits); the identifiers of their objects are the
public ones: RFC 3805 (Printer-MIB), RFC 2790 (HOST-RESOURCES-MIB), RFC 1213 and the vendors' own, named beside the objects.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

FUNCTIONS: Final = ("print", "copy", "fax")
SUPPLY_TYPES: Final = {
    "toner": 3, "waste_toner": 4, "ink": 5, "ink_cartridge": 6, "waste_ink": 8, "opc": 9, "developer": 10, "fuser": 15,
    "cleaner_unit": 18, "transfer_unit": 20, "toner_cartridge": 21, "staples": 32,
}  # fmt: skip
"""prtMarkerSuppliesType, RFC 3805."""
SUPPLY_UNITS: Final = {
    "impressions": 7, "sheets": 8, "hours": 11, "tenths_of_grams": 13, "tenths_of_milliliters": 15, "items": 18, "percent": 19,
}  # fmt: skip
"""prtMarkerSuppliesSupplyUnit, RFC 3805."""
REPORTS: Final = ("exact", "some", "unknown", "percent")
"""How a level is told: the level, -3, -2, or a percentage beside an unknown capacity."""
CODECS: Final = {
    3: "ascii", 4: "latin-1", 5: "iso8859-2", 8: "iso8859-5", 17: "shift_jis", 106: "utf-8", 113: "gbk", 2004: "hp_roman8",
    2251: "cp1251", 2252: "cp1252",
}  # fmt: skip
"""prtLocalizationCharacterSet (IANA MIBenum) and the Python codec of the same."""


CONSOLE: Final = {
    "ready": "Ready", "printing": "Printing", "low": "Toner low", "empty": "Replace toner", "jam": "Paper jam",
}  # fmt: skip
"""What the panel says unless a description has other words."""


@dataclass(frozen=True, slots=True)
class SupplySpec:
    """A consumable: `capacity` in `unit`, told in steps of `step`, worn out after `pages` pages of `share` ("all" or "color")."""

    index: int
    kind: str
    description: str
    pages: int
    color: str | None = None
    capacity: int = 100
    unit: str = "percent"
    step: int = 1
    report: str = "exact"
    part: str = ""
    share: str = "all"
    receptacle: bool = False

    def __post_init__(self) -> None:
        """Refuse a supply the MIB has no word for."""
        if self.kind not in SUPPLY_TYPES or self.unit not in SUPPLY_UNITS or self.report not in REPORTS:
            raise ValueError(f"supply {self.index}: unknown kind, unit or report")


@dataclass(frozen=True, slots=True)
class Tray:
    """An input tray: sheets it holds, what is in it, and whether its level is measured (else -3)."""

    name: str
    capacity: int
    media: str = "iso-a4"
    measured: bool = True


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """A private object: `type` says what `value` is (see `objects.PRIVATE`)."""

    oid: str
    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class PrintingSpec:
    """How a model is used: shares are of all impressions and sum to one per list; `duplex` is the share of two-sided sheets."""

    pages_per_day: tuple[int, int] = (60, 600)
    color: float = 0.0
    a3: float = 0.0
    copy: float = 0.0
    fax: float = 0.0
    scan: float = 0.0
    duplex: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class DeviceSpec:
    """A model. Texts may hold the fields of `identity.Identity.words`."""

    id: str
    vendor: str
    model: str
    sys_object_id: str
    sys_descr: str
    hr_device_descr: str
    serial: str
    mac_prefix: str
    hostname: str
    firmware: str
    printing: PrintingSpec
    supplies: tuple[SupplySpec, ...]
    trays: tuple[Tray, ...]
    objects: tuple[ObjectSpec, ...] = ()
    charset: int = 106
    hr_device: int = 1
    counter_unit: int = 7
    marker_extra: float = 0.0
    printer_mib_serial: bool = True
    printer_mib_index: bool = True
    colorants: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ("loopback", "ethernet")
    console: Mapping[str, str] = field(default_factory=lambda: CONSOLE)
    web: str = "table"

    @property
    def is_color(self) -> bool:
        """Whether the model prints in colour."""
        return self.printing.color > 0


def parse(text: str, name: str) -> DeviceSpec:
    """Return the device a TOML text describes; raise ValueError that names the file for what is missing or unknown."""
    try:
        data = tomllib.loads(text)
        data["supplies"] = tuple(SupplySpec(**row) for row in data.get("supplies", ()))
        data["trays"] = tuple(Tray(**row) for row in data.get("trays", ()))
        data["objects"] = tuple(
            ObjectSpec(oid, kind, value)
            for kind, rows in data.get("objects", {}).items()
            for oid, value in rows.items()
        )
        data["console"] = {**CONSOLE, **data.get("console", {})}
        printing = data.get("printing", {})
        data["printing"] = PrintingSpec(**{**printing, "pages_per_day": tuple(printing["pages_per_day"])})
        for key in ("colorants", "interfaces"):
            if key in data:
                data[key] = tuple(data[key])
        return DeviceSpec(**{"id": name, **data})
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"device description {name}: {problem}") from problem


@cache
def load() -> dict[str, DeviceSpec]:
    """Return every description that comes with the package, by its id (the file's name), in the order of the names."""
    folder = resources.files(__package__) / "devices"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    return {item.name[:-5]: parse(item.read_text("utf-8"), item.name[:-5]) for item in files}
