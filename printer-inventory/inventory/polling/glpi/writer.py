"""A reading as an agent's inventory XML, for the programs that take such files; `mapping.read_inventory` reads it back.

Tags and layout are those of GLPI Agent 1.x and FusionInventory Agent 2.6 (`Tools/Hardware.pm`). What the device did not say is
left out, since a zero would be a counter; of several supplies of one kind and colour the first is written, as the agents do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from inventory.polling.reading import DeviceReading, Supply
from inventory.polling.snmp.text import clean

MODULE_VERSION: Final = "6.8"

_COUNTERS: Final = {
    "TOTAL": "total", "BW_A4": "bw_a4", "BW_A3": "bw_a3", "COLOR_A4": "color_a4", "COLOR_A3": "color_a3",
}  # fmt: skip
_COLORED: Final = {
    "toner": "TONER",
    "opc": "DRUM",
    "drum": "DRUM",
    "developer": "DEVELOPER",
    "ink_cartridge": "CARTRIDGE",
}
_KITS: Final = {
    "waste_toner": "WASTETONER", "waste_ink": "WASTETONER", "fuser": "FUSERKIT", "transfer_unit": "TRANSFERKIT",
}  # fmt: skip
_WORDS: Final = {"some remaining": "OK", "unknown": "WARNING"}
"""The agents' words for prtMarkerSuppliesLevel -3 and -2."""


def write_inventory(reading: DeviceReading, address: str, query: str) -> bytes:
    """Return one device as an XML document in UTF-8. `query` names how it was asked: SNMPQUERY or WEBQUERY."""
    request = ET.Element("REQUEST")
    content = ET.SubElement(request, "CONTENT")
    device = ET.SubElement(content, "DEVICE")
    info = ET.SubElement(device, "INFO")
    _texts(
        info, [("TYPE", "PRINTER"), ("MODEL", reading.model), ("NAME", reading.hostname), ("SERIAL", reading.serial)]
    )
    _texts(info, [("MAC", reading.mac), ("MANUFACTURER", reading.manufacturer), ("LOCATION", reading.location)])
    _texts(ET.SubElement(info, "IPS"), [("IP", address)])
    counters = [(tag, str(reading.counters[name])) for tag, name in _COUNTERS.items() if name in reading.counters]
    for tag, values in (("PAGECOUNTERS", counters), ("CARTRIDGES", list(_levels(reading.supplies)))):
        if values:
            _texts(ET.SubElement(device, tag), values)
    _texts(content, [("MODULEVERSION", MODULE_VERSION), ("PROCESSNUMBER", "1")])
    _texts(request, [("DEVICEID", reading.serial or "unknown"), ("QUERY", query)])
    ET.indent(request)
    document: bytes = ET.tostring(request, "utf-8", xml_declaration=True)
    return document + b"\n"


def _texts(parent: ET.Element, values: Iterable[tuple[str, str]]) -> None:
    """Add an element for each text; characters that XML 1.0 does not allow are dropped, and what is then empty."""
    for tag, text in values:
        if cleaned := clean(text):
            ET.SubElement(parent, tag).text = cleaned


def _levels(supplies: Iterable[Supply]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for supply in supplies:
        tag = _tag(supply)
        value = str(supply.percent) if supply.percent is not None else _WORDS.get(supply.state, "")
        if tag and value and tag not in seen:
            seen.add(tag)
            yield tag, value


def _tag(supply: Supply) -> str:
    """Return the agents' name of a supply, "" where they have none; a drum without a colour is called black."""
    if supply.kind in _KITS:
        return _KITS[supply.kind]
    start = _COLORED.get(supply.kind, "")
    color = supply.color or ("black" if start == "DRUM" else "")
    return f"{start}{color.upper()}" if start and color not in ("", "other") else ""
