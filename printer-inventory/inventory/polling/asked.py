"""Addresses as people type them on a command line."""

from __future__ import annotations

import re
from typing import Final

from inventory.polling.snmp.transport import normal_address

SNMP_PORT: Final = 161

_BRACKETED: Final = re.compile(r"^\[([^\]]+)\](?::(\d{1,5}))?$")


def parse_endpoint(text: str) -> tuple[str, int]:
    """Return address and port of "10.0.0.5", "10.0.0.5:1161", "fe80::1" or "[fe80::1]:1161"; ValueError if it is none."""
    match = _BRACKETED.match(text)
    if match:
        address, port = match[1], match[2]
    elif text.count(":") == 1:
        address, port = text.split(":")
    else:
        address, port = text, None
    known = normal_address(address)
    if known is None or (port is not None and not (port.isdigit() and 0 < int(port) < 65536)):
        raise ValueError(f"{text!r} is no address: write 10.0.0.5, 10.0.0.5:1161 or [2001:db8::5]:1161")
    return known[0], int(port) if port else SNMP_PORT
