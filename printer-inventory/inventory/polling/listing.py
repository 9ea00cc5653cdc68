"""Readings for people and programs: the record that `read_walks` and `poll` print, and the same as a table on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from inventory.polling.reading import DeviceReading, Supply

_FIELDS: Final = (
    "index",
    "description",
    "kind",
    "color",
    "level",
    "capacity",
    "percent",
    "state",
    "unit",
    "part_number",
    "serial",
)
_MAX_CELL: Final = 48


def record(reading: DeviceReading) -> dict[str, Any]:
    """Return a JSON-ready dict: who it is, total, counters, supplies (percent null where unknown), alerts, warnings."""
    return {
        "manufacturer": reading.manufacturer,
        "model": reading.model,
        "serial": reading.serial,
        "mac": reading.mac,
        "hostname": reading.hostname,
        "firmware": reading.firmware,
        "total": reading.total,
        "counters": dict(reading.counters),
        "supplies": [{name: getattr(supply, name) for name in _FIELDS} for supply in reading.supplies],
        "alerts": [
            {
                "index": alert.index,
                "severity": alert.severity,
                "group": alert.group,
                "code": alert.code,
                "code_name": alert.code_name,
                "description": alert.description,
            }
            for alert in reading.alerts
        ],
        "status": reading.printer_status,
        "errors": list(reading.errors),
        "console": reading.console,
        "warnings": list(reading.warnings),
    }


def supply_text(supply: Supply) -> str:
    """Return "black toner 54 %", or the state where there is no percentage."""
    name = " ".join(part for part in (supply.color, supply.kind.replace("_", " ")) if part)
    level = f"{supply.percent} %" if supply.percent is not None else supply.state
    return f"{name} {level}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return aligned columns; long cells are cut."""
    lines = [[_cut(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 1] + "…"


def overview(named: Iterable[tuple[str, DeviceReading]]) -> str:
    """Return a table with one line per device."""
    head = ("device", "manufacturer", "model", "serial", "mac", "total", "supplies", "alerts", "warnings")
    rows = [
        (
            name, reading.manufacturer, reading.model, reading.serial, reading.mac,
            "" if reading.total is None else str(reading.total), str(len(reading.supplies)), str(len(reading.alerts)),
            str(len(reading.warnings)),
        )
        for name, reading in named
    ]  # fmt: skip
    return table(head, rows)


def sheet(name: str, reading: DeviceReading) -> str:
    """Return everything about one device, line by line."""
    lines = [name, f"  {reading.manufacturer} {reading.model}".rstrip()]
    facts = {
        "serial": reading.serial, "mac": reading.mac, "host name": reading.hostname, "firmware": reading.firmware,
        "location": reading.location, "status": reading.printer_status, "errors": ", ".join(reading.errors),
        "panel": reading.console,
    }  # fmt: skip
    lines += [f"  {key}: {value}" for key, value in facts.items() if value]
    lines += [f"  {key}: {value}" for key, value in reading.counters.items()]
    lines += [f"  {supply.index}: {supply_text(supply)}  ({supply.description})" for supply in reading.supplies]
    lines += [
        f"  alert: {alert.severity} {alert.code_name or alert.code} {alert.description}" for alert in reading.alerts
    ]
    lines += [f"  warning: {warning}" for warning in reading.warnings]
    return "\n".join(lines)
