"""Taking the owner out of a recording: names, numbers and addresses become others of the same shape, the same one each time."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import string
from collections.abc import Callable, Iterable
from typing import Final

from inventory.polling.snmp import ber, objects
from inventory.polling.snmp.ber import VarBind
from inventory.polling.snmp.oids import decode_arcs, encode_oid
from inventory.polling.snmp.recorder import is_secret
from inventory.polling.snmp.walk import poll_walk

PRIVATE: Final = b"<private>"
SHORTEST: Final = 4
"""Characters below which a name is too common to be replaced wherever it occurs."""

_PRIVATE_OBJECTS: Final = frozenset({objects.SYS_CONTACT, objects.SYS_NAME, objects.SYS_LOCATION})
_JOBS: Final = encode_oid("1.3.6.1.4.1.2699.1.1")
_ADDRESS_TABLE: Final = encode_oid("1.3.6.1.2.1.4.20.1")
_MAIL: Final = re.compile(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IPV4: Final = re.compile(rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_DOCUMENTATION: Final = "192.0.2."


class Pseudonyms:
    """Replaces words, MACs and addresses; without `key` nobody can tell what they were."""

    def __init__(self, key: bytes) -> None:
        """Use a key that is thrown away afterwards."""
        self._key = key
        self._addresses: dict[str, str] = {}

    def _digits(self, octets: bytes) -> bytes:
        return hashlib.blake2b(octets, key=self._key[:64]).digest()

    def word(self, word: bytes) -> bytes:
        """Return letters for letters and digits for digits."""
        noise = self._digits(word)
        return "".join(_like(chr(octet), noise[place % len(noise)]) for place, octet in enumerate(word)).encode(
            "latin-1"
        )

    def mac(self, mac: bytes) -> bytes:
        """Return a MAC of the same maker."""
        return mac[:3] + self._digits(mac)[:3]

    def address(self, text: str) -> str:
        """Return an address of the documentation network (RFC 5737); loopback, masks and nought stay."""
        try:
            address = ipaddress.IPv4Address(text)
        except ValueError:
            return text
        if address.is_loopback or address.is_unspecified or text.startswith("255."):
            return text
        return self._addresses.setdefault(text, f"{_DOCUMENTATION}{1 + len(self._addresses) % 254}")


def _like(character: str, draw: int) -> str:
    """Return a digit for a digit (never 0, which may stand for nothing), a letter for a letter."""
    if character in string.digits:
        return string.digits[1 + draw % 9]
    if character in string.ascii_letters:
        return (string.ascii_uppercase if character.isupper() else string.ascii_lowercase)[draw % 26]
    return character


def anonymous(rows: Iterable[VarBind], key: bytes, secrets: Iterable[str] = ()) -> list[VarBind]:
    """Return the rows without tables of neighbours and print jobs, with the owner's names, numbers and addresses replaced.

    `secrets` are further words to replace: the community, the name a person knows the printer by.
    """
    kept = [row for row in rows if not is_secret(row[0]) and not row[0].startswith(_JOBS)]
    pseudonyms = Pseudonyms(key)
    replace = _replacer(kept, pseudonyms, secrets)
    return [_row(row, pseudonyms, replace) for row in kept]


def _replacer(rows: list[VarBind], pseudonyms: Pseudonyms, secrets: Iterable[str]) -> Callable[[bytes], bytes]:
    reading = poll_walk(rows, now=0.0).reading
    words = {reading.serial, reading.hostname, *secrets}
    words |= {cartridge.serial for cartridge in reading.supplies}
    table = {word.encode(): pseudonyms.word(word.encode()) for word in words if len(word) >= SHORTEST}
    for column, value in ((name, value) for name, _, value in rows if isinstance(value, bytes)):
        if column.startswith(encode_oid(objects.IF_PHYS_ADDRESS)) and len(value) == 6 and any(value):
            new = pseudonyms.mac(value)
            for separator in ("", ":", "-"):
                old_text, new_text = (mac.hex(separator) if separator else mac.hex() for mac in (value, new))
                table[old_text.encode()] = new_text.encode()
                table[old_text.upper().encode()] = new_text.upper().encode()
            table[value] = new
            table[value[3:]] = new[3:]  # the tail of an IPv6 address made of the MAC (RFC 4291 appendix A)
            table[value[3:].hex().upper().encode()] = new[3:].hex().upper().encode()
    # our own pattern: words, each escaped
    pattern = re.compile(b"|".join(re.escape(word) for word in sorted(table, key=len, reverse=True)) or rb"(?!)")
    return lambda octets: pattern.sub(lambda match: table[match[0]], octets)


def _row(row: VarBind, pseudonyms: Pseudonyms, replace: Callable[[bytes], bytes]) -> VarBind:
    name, tag, value = row
    if name.startswith(_ADDRESS_TABLE):
        arcs = decode_arcs(name[len(_ADDRESS_TABLE) :])
        if len(arcs) == 5:
            address = pseudonyms.address(".".join(map(str, arcs[1:])))
            name = encode_oid(f"1.3.6.1.2.1.4.20.1.{arcs[0]}.{address}")
    if tag == ber.IP_ADDRESS and isinstance(value, bytes) and len(value) == 4:
        return name, tag, ipaddress.IPv4Address(pseudonyms.address(".".join(map(str, value)))).packed
    if tag != ber.OCTET_STRING or not isinstance(value, bytes):
        return name, tag, value
    if name in _PRIVATE_OBJECTS and value:
        return name, tag, PRIVATE
    octets = _MAIL.sub(PRIVATE, replace(value))
    octets = _IPV4.sub(lambda match: pseudonyms.address(match[0].decode()).encode(), octets)
    return name, tag, octets
