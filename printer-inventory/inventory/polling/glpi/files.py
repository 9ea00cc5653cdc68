"""Inventories that an agent has saved: one XML file or a folder of them, as `netdiscovery --save` writes it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inventory.polling.glpi.mapping import read_inventory
from inventory.polling.glpi.xml import MAX_INPUT, InventoryXmlError
from inventory.polling.reading import DeviceReading

MAX_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class SavedDevice:
    """One device of a file: its reading, or a sentence about why there is none. `address` is where it was asked, or ""."""

    source: str
    address: str = ""
    reading: DeviceReading | None = None
    error: str = ""


def read_saved(path: Path, address: str = "") -> Iterator[SavedDevice]:
    """Yield the devices of a file, or of every .xml file in a folder and below it, in the order of their names.

    An agent names its files by the address asked; `address` is used where a name says nothing. A file that cannot be read
    yields its error. Where a folder holds both, the inventory of an address stands for its discovery. Raises FileNotFoundError.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    for file in _files(path):
        asked = _address_in(file) or address
        source = str(file.relative_to(path)) if path.is_dir() else file.name
        try:
            with file.open("rb") as stream:
                answers = read_inventory(stream.read(MAX_INPUT + 1), asked)
        except (InventoryXmlError, OSError) as error:
            text = str(error) if isinstance(error, InventoryXmlError) else (error.strerror or "It cannot be read.")
            yield SavedDevice(source, asked, error=text)
            continue
        for answer in answers:
            where = asked or answer.address
            yield SavedDevice(source, where, answer.reading, answer.error.text if answer.error else "")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() == ".xml" and file.is_file())
    inventoried = {file.name for file in found if file.parent.name == "netinventory"}
    return [file for file in found if file.parent.name != "netdiscovery" or file.name not in inventoried][:MAX_FILES]


def _address_in(file: Path) -> str:
    try:
        return str(ipaddress.ip_address(file.stem))
    except ValueError:
        return ""
