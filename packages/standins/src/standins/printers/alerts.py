"""Rows of prtAlertTable and the bits of hrPrinterDetectedErrorState that follow from a printer's trouble.

Groups, codes and severities: RFC 3805 (PrtAlertGroupTC, PrtAlertCodeTC, PrtAlertSeverityLevelTC); bits: RFC 2790.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from . import ber
from .behaviour import Snapshot
from .devices import DeviceSpec

CRITICAL: Final = 3
WARNING: Final = 4

LOW_PAPER, LOW_TONER, NO_TONER, JAMMED, SERVICE = 0x80, 0x20, 0x10, 0x04, 0x01
LOW_TRAY: Final = 0.10
JAM_ROW: Final = 1
TRAY_ROW: Final = 2

CODES: Final[Mapping[str, tuple[int, int]]] = {
    "toner": (1104, 1101),
    "toner_cartridge": (1104, 1101),
    "waste_toner": (1107, 1109),
    "opc": (1111, 1112),
    "developer": (1113, 1114),
    "fuser": (10, 11),
    "transfer_unit": (10, 11),
}
"""prtAlertCode of a supply that runs low and one that is used up; 807 supplyLow and 808 supplyEmpty for every other kind."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One row; `bit` is what it sets in hrPrinterDetectedErrorState."""

    severity: int
    group: int
    group_index: int
    location: int
    code: int
    text: str
    bit: int


ALERT_COLUMNS: Final[tuple[tuple[int, int, Callable[[AlertRow], int | str]], ...]] = (
    (2, ber.INTEGER, lambda row: row.severity),
    (3, ber.INTEGER, lambda _: 4),
    (4, ber.INTEGER, lambda row: row.group),
    (5, ber.INTEGER, lambda row: row.group_index),
    (6, ber.INTEGER, lambda row: row.location),
    (7, ber.INTEGER, lambda row: row.code),
    (8, ber.OCTET_STRING, lambda row: row.text),
)
"""Column, type and value of prtAlertTable; the training level (3) is always "untrained"."""


def possible_rows(spec: DeviceSpec) -> range:
    """Return the row numbers a model's alerts can have: one per trouble, so that a trouble keeps its row while it lasts."""
    return range(1, TRAY_ROW + len(spec.trays) + len(spec.supplies))


def alerts_of(spec: DeviceSpec, snapshot: Snapshot) -> dict[int, AlertRow]:
    """Return the alerts of an instant by row number."""
    rows: dict[int, AlertRow] = {}
    words = spec.console
    if snapshot.jammed:
        rows[JAM_ROW] = AlertRow(CRITICAL, 13, 1, 1, 8, words["jam"], JAMMED)
    for place, (tray, sheets) in enumerate(zip(spec.trays, snapshot.trays, strict=True)):
        if tray.measured and sheets < LOW_TRAY * tray.capacity:
            rows[TRAY_ROW + place] = AlertRow(
                WARNING, 8, place + 1, place + 1, 12, f"{tray.name}: paper low", LOW_PAPER
            )
    first = TRAY_ROW + len(spec.trays)
    for place, supply in enumerate(snapshot.supplies):
        if supply.condition == "ok" or supply.spec.report == "unknown":
            continue
        empty = supply.condition == "empty"
        code = CODES.get(supply.spec.kind, (807, 808))[empty]
        name = supply.spec.description.split(", PN")[0].rstrip("\0")
        is_toner = supply.spec.kind in {"toner", "toner_cartridge", "ink", "ink_cartridge"}
        said = words["empty" if empty else "low"] if is_toner else "replace now" if empty else "order a new one"
        text = f"{name}: {said}"
        bit = (NO_TONER if empty else LOW_TONER) if is_toner else SERVICE if empty else 0
        severity = CRITICAL if empty else WARNING
        rows[first + place] = AlertRow(severity, 11, supply.spec.index, supply.spec.index, code, text, bit)
    return rows


def error_bits(alerts: Mapping[int, AlertRow]) -> bytes:
    """Return hrPrinterDetectedErrorState, one octet."""
    bits = 0
    for alert in alerts.values():
        bits |= alert.bit
    return bytes((bits,))
