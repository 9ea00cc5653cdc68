"""Whether the device that answered is the one on file: compared with stored facts, never with the answer itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAC_DIGITS: Final = 12
SEEN: Final = 1024
"""Texts whose canonical form is remembered: what is on file is compared with the same text that the device gives."""
PLACEHOLDERS: Final = frozenset({"UNKNOWN", "N/A", "NA", "NONE", "NULL", "NOTSET", "UNSET", "DEFAULT"})
"""What boards say that were never given a serial number; others fill it up ("00000000", "XXXXXXXX")."""
FILLING: Final = "0X?-*."
NAMELESS: Final = "The device gives neither a serial number nor a MAC address."


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
    """`rule` is SN_MAC, MAC_ONLY, SN_ONLY, or empty when refused.

    A refusal has a `kind`: board (the MAC address on file with another serial number), device (another device), or
    anonymous (it does not say who it is); `reason` is a sentence for a person.
    """

    accepted: bool
    rule: str = ""
    reason: str = ""
    kind: str = ""


@lru_cache(SEEN)
def normal_serial(text: str) -> str:
    """Return a serial number for comparing: upper case, without blanks, NUL and 0xFF padding; nothing for a placeholder."""
    serial = re.sub(r"[\s\x00\xff]+", "", text).upper()
    return "" if serial in PLACEHOLDERS or not serial.strip(FILLING) else serial


@lru_cache(SEEN)
def normal_mac(text: str) -> str:
    """Return `AA:BB:CC:DD:EE:FF`, or nothing when the text has not exactly twelve hexadecimal digits or is no one's own."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", text).upper()
    if len(digits) != MAC_DIGITS or set(digits) in ({"0"}, {"F"}):
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
    if not polled.serial and not polled.mac:
        return IdentityVerdict(accepted=False, reason=NAMELESS, kind="anonymous")
    return IdentityVerdict(
        accepted=False, reason=_difference(stored, polled, mac_equal=mac_equal), kind="board" if mac_equal else "device"
    )


def _first_answer(polled: Identity) -> IdentityVerdict:
    """Accept whatever identity a printer without one on file answers with."""
    if polled.serial:
        return IdentityVerdict(accepted=True, rule="SN_MAC" if polled.mac else "SN_ONLY")
    if polled.mac:
        return IdentityVerdict(accepted=True, rule="MAC_ONLY")
    return IdentityVerdict(accepted=False, reason=NAMELESS, kind="anonymous")


def _difference(stored: Identity, polled: Identity, *, mac_equal: bool) -> str:
    parts = []
    for name, expected, got in (
        ("serial number", stored.serial, polled.serial),
        ("MAC address", stored.mac, polled.mac),
    ):
        if expected != got:
            parts.append(f"{name} {got or 'missing'} instead of {expected or 'none on file'}")
    opening = "The board may have been swapped: " if mac_equal else "Another device answered: "
    return opening + ", ".join(parts) + "."
