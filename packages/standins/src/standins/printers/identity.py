"""Who a printer is: serial number, MAC address and names, unique within a fleet and the same in every run."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Final

from .devices import DeviceSpec

ALPHABETS: Final = {"#": string.digits, "@": string.ascii_uppercase, "?": string.digits + string.ascii_uppercase}
"""Placeholders of a serial pattern: digit, letter, either."""

STRIDE: Final = 6_700_417
"""A prime that divides no product of the alphabets' sizes, so that neighbours look unlike and none repeats."""

GENERATION: Final = 100_000
"""Numbers set aside per generation: a fleet has at most so many printers."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything a device says about itself that is not a reading; `mac` has six octets."""

    vendor: str
    model: str
    serial: str
    mac: bytes
    hostname: str
    firmware: str
    location: str
    contact: str
    address: str

    @property
    def mac_text(self) -> str:
        """The MAC address as `00:17:c8:12:34:56`."""
        return self.mac.hex(":")

    def words(self) -> dict[str, str]:
        """Return what a text of a device description may mention."""
        return {
            "vendor": self.vendor,
            "model": self.model,
            "serial": self.serial,
            "mac": self.mac.hex().upper(),
            "tail": self.mac.hex().upper()[-6:],
            "hostname": self.hostname,
            "firmware": self.firmware,
        }


def serial_number(pattern: str, number: int) -> str:
    """Return the serial number of a pattern for a number; different numbers give different serials while the pattern has room."""
    room = 1
    for letter in pattern:
        room *= len(ALPHABETS.get(letter, " "))
    rest = (number + 1) * STRIDE % room
    out = []
    for letter in reversed(pattern):
        alphabet = ALPHABETS.get(letter, letter)
        rest, digit = divmod(rest, len(alphabet))
        out.append(alphabet[digit])
    return "".join(reversed(out))


def mac_address(prefix: str, number: int) -> bytes:
    """Return the MAC address below a vendor's prefix (`00:17:c8`) for a number."""
    return bytes.fromhex(prefix.replace(":", "")) + ((number + 1) * STRIDE % (1 << 24)).to_bytes(3, "big")


def identify(
    spec: DeviceSpec, index: int, address: str, place: tuple[str, str], generations: tuple[int, int] = (0, 0)
) -> Identity:
    """Return the identity of printer `index`; `place` is (location, contact), `generations` those of its serial and its board."""
    mac = mac_address(spec.mac_prefix, index + GENERATION * generations[1])
    names = {"mac": mac.hex().upper(), "tail": mac.hex().upper()[-6:]}
    return Identity(
        vendor=spec.vendor,
        model=spec.model,
        serial=serial_number(spec.serial, index + GENERATION * generations[0]),
        mac=mac,
        hostname=spec.hostname.format(**names),
        firmware=spec.firmware,
        location=place[0],
        contact=place[1],
        address=address,
    )
