"""What any engine answers about a printer, in the words of the Printer-MIB (RFC 3805) and HOST-RESOURCES-MIB (RFC 2790).

A reading is what the device said, decoded but not judged: whether it is believed is decided by `inventory.services`. It holds
nothing of Django and survives a trip through JSON (`to_json`, `from_json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

COUNTERS: Final = (
    "total",
    "bw", "color", "a3", "a4",
    "bw_a4", "bw_a3", "color_a4", "color_a3",
    "print", "print_bw", "print_color",
    "copy", "copy_bw", "copy_color",
    "fax", "fax_bw", "fax_color",
    "scan", "scan_bw", "scan_color",
    "duplex", "simplex",
)  # fmt: skip
"""Canonical counter names; all are impressions except `duplex` and `simplex`, which are sheets, and scans, which are images."""

SUPPLY_STATES: Final = ("level", "some remaining", "unknown", "no restriction", "empty")
"""`level` has an honest percentage; the others are prtMarkerSuppliesLevel -3, -2 and -1, and a level of zero."""

SUPPLY_COLORS: Final = ("black", "cyan", "magenta", "yellow", "other")


@dataclass(frozen=True, slots=True)
class Supply:
    """One row of prtMarkerSuppliesTable.

    `index` is `hrDeviceIndex.supplyIndex` ("1.3"). `kind` is the snake_case name of prtMarkerSuppliesType ("toner", "opc",
    "waste_toner", "fuser", "transfer_unit", "ink_cartridge", "developer"...). `level` and `capacity` are the raw pair as the
    device gave it, `percent` is 0-100 or None where no honest figure exists, `unit` is the name of prtMarkerSuppliesSupplyUnit.
    """

    index: str
    description: str = ""
    kind: str = "unknown"
    color: str | None = None
    level: int | None = None
    capacity: int | None = None
    percent: int | None = None
    state: str = "unknown"
    unit: str = "unknown"
    part_number: str = ""
    serial: str = ""
    is_receptacle: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One row of prtAlertTable: severity, group and code by their MIB names, with the raw code kept."""

    index: str
    severity: str = "other"
    group: str = "other"
    code: int = 0
    code_name: str = ""
    description: str = ""
    location: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceReading:
    """One answer of one device.

    `counters` holds only what the device reported, under the names in `COUNTERS`, as lifetime integers. `raw` maps the OID (or
    the engine's own field name) to the undecoded value each counter and supply came from, so that a rule can be run again later.
    `warnings` are sentences for a person about what could not be trusted.
    """

    engine: str = "snmp"
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    hostname: str = ""
    firmware: str = ""
    location: str = ""
    contact: str = ""
    description: str = ""
    sys_object_id: str = ""
    uptime_seconds: int | None = None
    printer_status: str = ""
    console: str = ""
    errors: tuple[str, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    supplies: tuple[Supply, ...] = ()
    alerts: tuple[Alert, ...] = ()
    warnings: tuple[str, ...] = ()
    raw: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def total(self) -> int | None:
        """The lifetime page count, or None when the device does not say."""
        return self.counters.get("total")


def to_json(reading: DeviceReading) -> dict[str, Any]:
    """Return a JSON-ready dict of every field; it shares the reading's mappings and is not to be changed."""
    # dataclasses.asdict copies every leaf deeply, which costs more than polling the printer.
    data = {name: getattr(reading, name) for name in DeviceReading.__slots__}
    data["supplies"] = [{name: getattr(supply, name) for name in Supply.__slots__} for supply in reading.supplies]
    data["alerts"] = [{name: getattr(alert, name) for name in Alert.__slots__} for alert in reading.alerts]
    return data


def from_json(data: Mapping[str, Any]) -> DeviceReading:
    """Return the reading that `to_json` wrote; raise TypeError for fields it does not know."""
    values = dict(data)
    values["supplies"] = tuple(Supply(**row) for row in values.get("supplies", ()))
    values["alerts"] = tuple(Alert(**row) for row in values.get("alerts", ()))
    values["errors"] = tuple(values.get("errors", ()))
    values["warnings"] = tuple(values.get("warnings", ()))
    return DeviceReading(**values)
