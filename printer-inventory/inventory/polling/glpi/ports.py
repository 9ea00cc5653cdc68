"""Which of a device's MAC addresses is its identity: that of the interface it was asked at, where the XML tells."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from inventory.polling.glpi.xml import Node

LOOPBACK: Final = "24"
"""ifType softwareLoopback (IANAifType-MIB)."""

_WIRED: Final = re.compile(r"ethernet|gigabit|fast|\beth|(?<!w)lan", re.IGNORECASE)
_WIRELESS: Final = re.compile(r"wireless|wi-?fi|wlan|802\.?11", re.IGNORECASE)
_SEPARATORS: Final = str.maketrans("", "", ":-. ")
_HEX: Final = re.compile(r"^[0-9A-F]{12}$")


def canonical_mac(text: str) -> str:
    """Return a MAC address as AA:BB:CC:DD:EE:FF, "" for anything that is none or belongs to no single interface."""
    digits = text.translate(_SEPARATORS).upper()
    if not _HEX.match(digits) or digits in ("0" * 12, "F" * 12) or int(digits[:2], 16) & 1:
        return ""
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def choose_mac(device: Node, info: Node, polled: str = "") -> str:
    """Return the MAC address of the device in DEVICE or "".

    First the port that has the address it was asked at, then a wired port by its name, then the device's own MAC, then any.
    """
    ports = [port for section in device.all("PORTS") for port in section.all("PORT")]
    ports = [port for port in ports if port.text_of("IFTYPE") != LOOPBACK and canonical_mac(port.text_of("MAC"))]
    wanted = _address(polled)
    for port in ports:
        if wanted is not None and wanted in _addresses(port):
            return canonical_mac(port.text_of("MAC"))
    wired = next((port for port in ports if _is_wired(port)), None)
    if wired is not None:
        return canonical_mac(wired.text_of("MAC"))
    if own := canonical_mac(info.text_of("MAC")):
        return own
    return canonical_mac(ports[0].text_of("MAC")) if ports else ""


def _is_wired(port: Node) -> bool:
    name = f"{port.text_of('IFDESCR')} {port.text_of('IFNAME')}"
    return bool(_WIRED.search(name)) and not _WIRELESS.search(name)


def _addresses(port: Node) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    texts = [node.text for node in port.all("IP")]
    texts += [node.text for section in port.all("IPS") for node in section.all("IP")]
    return (address for text in texts if (address := _address(text)) is not None)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
