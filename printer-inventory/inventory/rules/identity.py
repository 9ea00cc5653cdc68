"""Whether the device that answered is the one on file: compared with stored facts, never with the answer itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAC_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Identity:
    """Serial number and MAC address in canonical form; empty where unknown."""

    serial: str = ""
    mac: str = ""

    @classmethod
    def of(cls, serial: str, mac: str) -> Identity:
        """Return the canonical identity of raw texts."""
        return cls(normal_serial(serial), normal_mac(mac))


@dataclass(frozen=True, slots=True)
class IdentityVerdict:
    """`rule` is SN_MAC, MAC_ONLY, SN_ONLY, or empty when refused; `reason` says why in a sentence for a person."""

    accepted: bool
    rule: str = ""
    reason: str = ""


def normal_serial(text: str) -> str:
    """Return a serial number for comparing: upper case, without blanks, NUL and 0xFF padding."""
    return re.sub(r"[\s\x00\xff]+", "", text).upper()


def normal_mac(text: str) -> str:
    """Return `AA:BB:CC:DD:EE:FF`, or nothing when the text has not exactly twelve hexadecimal digits."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", text).upper()
    if len(digits) != MAC_DIGITS or set(digits) == {"0"}:
        return ""
    return ":".join(digits[start : start + 2] for start in range(0, MAC_DIGITS, 2))


def check_identity(stored: Identity, polled: Identity) -> IdentityVerdict:
    """Judge an answer by the identity on file.

    A printer that has neither on file accepts its first answer. One equal fact is enough as long as the other does not
    contradict through both being known and different on both sides; a changed MAC with an equal serial is a new network
    card.
    """
    serial_known, mac_known = bool(stored.serial and polled.serial), bool(stored.mac and polled.mac)
    serial_equal = serial_known and stored.serial == polled.serial
    mac_equal = mac_known and stored.mac == polled.mac
    if serial_equal:
        return IdentityVerdict(accepted=True, rule="SN_MAC" if mac_equal else "SN_ONLY")
    if mac_equal and not serial_known:
        return IdentityVerdict(accepted=True, rule="MAC_ONLY")
    if not stored.serial and not stored.mac:
        return _first_answer(polled)
    return IdentityVerdict(accepted=False, reason=_difference(stored, polled))


def _first_answer(polled: Identity) -> IdentityVerdict:
    """Accept whatever identity a printer without one on file answers with."""
    if polled.serial:
        return IdentityVerdict(accepted=True, rule="SN_MAC" if polled.mac else "SN_ONLY")
    if polled.mac:
        return IdentityVerdict(accepted=True, rule="MAC_ONLY")
    return IdentityVerdict(accepted=False, reason="The device gives neither a serial number nor a MAC address.")


def _difference(stored: Identity, polled: Identity) -> str:
    parts = []
    for name, expected, got in (
        ("serial number", stored.serial, polled.serial),
        ("MAC address", stored.mac, polled.mac),
    ):
        if expected != got:
            parts.append(f"{name} {got or 'missing'} instead of {expected or 'none on file'}")
    return "Another device answered: " + ", ".join(parts) + "."
