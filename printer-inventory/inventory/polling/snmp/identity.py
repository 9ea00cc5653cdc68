"""Who a device is: maker, model, serial number, MAC, firmware, names, from the standard objects and its maker's profile."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from inventory.polling.snmp import objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.oids import OidError, decode_arcs, decode_oid, encode_oid, encode_suffix
from inventory.polling.snmp.text import decode_text
from inventory.profiles.catalog import Catalog, Place, Profile

LOOPBACK: Final = 24
"""ifType softwareLoopback (IANAifType-MIB)."""

_NO_SERIAL: Final = re.compile(
    r"^(?:[X0\s*?.-]*|unknown|none|n/?a|null|not available|not set|default|serial[ _]?(?:number|no\.?)?|<?private>?)$",
    re.IGNORECASE,
)
_NO_MODEL: Final = re.compile(r"^(?:generic\b.*|unknown|printer|none|<?private>?|)$", re.IGNORECASE)
_NETWORK_CARD: Final = re.compile(
    r"ethernet|print ?server|printing system|multi-environment|^NC-\d|^JETDIRECT|built-in|internal network",
    re.IGNORECASE,
)
_SERIES: Final = re.compile(r"(?:[ -]series(?: printer)?| /P\w*)$", re.IGNORECASE)
_SYMBOL_SETS: Final = (b"\x01\x15", b"\x00\x0e", b"\x01\x5e", b"\x02\x75")
"""PCL symbol sets in front of HP's private strings: Roman-8, ECMA-94, and two Unicode ones."""

_ID_KEYS: Final = {
    "MFG": "manufacturer", "MANUFACTURER": "manufacturer", "MANUFACTURE": "manufacturer", "MDL": "model", "MODEL": "model",
    "SN": "serial", "SERN": "serial", "SERIALNUMBER": "serial", "SER": "serial", "DES": "description",
    "DESCRIPTION": "description",
}  # fmt: skip


def parse_device_id(text: str) -> dict[str, str]:
    """Return manufacturer, model, serial and description of an IEEE 1284 device id ("MFG:..;MDL:..;SN:..;")."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        key, _, value = part.partition(":")
        name = _ID_KEYS.get(key.strip().upper())
        if name and value.strip():
            found.setdefault(name, value.strip())
    return found


class Identity:
    """The identity of one device; each attribute is worked out once, when it is first asked for."""

    def __init__(self, answers: Answers, catalog: Catalog, charset: int | None, address: str = "") -> None:
        """Take what the device said; `address` is the one it was asked at."""
        self._answers = answers
        self._catalog = catalog
        self._charset = charset
        self._address = address
        self.object_id = answers.octets(objects.SYS_OBJECT_ID)

    @cached_property
    def device(self) -> bytes:
        """The printer's hrDeviceIndex as a suffix."""
        return printer_index(self._answers)

    @cached_property
    def description(self) -> str:
        """sysDescr."""
        return self._text(objects.SYS_DESCR)

    def _text(self, name: bytes) -> str:
        octets = self._answers.octets(name)
        return decode_text(octets, self._charset) if octets else ""

    def _first(self, column: str) -> str:
        """Return a column's text in the printer's row, else in its first row."""
        rows = self._answers.rows(column)
        value = rows.get(self.device) if self.device in rows else next(iter(rows.values()), None)
        return decode_text(value, self._charset) if isinstance(value, bytes) else ""

    @cached_property
    def device_descr(self) -> str:
        """hrDeviceDescr of the printer."""
        rows = self._answers.rows(objects.HR_DEVICE_DESCR)
        value: Value = rows.get(self.device)
        if value is None:
            value = self._answers.values.get(objects.FIRST_DEVICE_DESCR)
        return decode_text(value, self._charset) if isinstance(value, bytes) else ""

    @cached_property
    def device_id(self) -> dict[str, str]:
        """The parts of the IEEE 1284 device ids, the first that tells a part counting."""
        merged: dict[str, str] = {}
        for octets in self._device_ids():
            for key, value in parse_device_id(decode_text(octets, self._charset)).items():
                merged.setdefault(key, value)
        return merged

    def _device_ids(self) -> Iterator[bytes]:
        for value in self._answers.rows(objects.PPM_DEVICE_ID).values():
            if isinstance(value, bytes):
                yield value
        for name in objects.DEVICE_IDS:
            if octets := self._answers.octets(name):
                yield octets

    @cached_property
    def profile(self) -> Profile | None:
        """The maker's profile: by the enterprise number, else by what the texts name."""
        profile = self._catalog.of_enterprise(self.object_id)
        if profile is not None:
            return profile
        maker, model = self.device_id.get("manufacturer", ""), self.device_id.get("model", "")
        names = (self._first(objects.PPM_NAME), self._first(objects.PRT_PRINTER_NAME))
        return self._catalog.of_texts((maker, self.device_descr, model, self.description, *names))

    def _places(self, field: str, *, last: bool = False) -> Iterator[str]:
        profile = self.profile or self._catalog.by_name.get("generic")
        for place in profile.places.get(field, ()) if profile else ():
            if place.last == last and (text := self._place(place)):
                yield text

    def _place(self, place: Place) -> str:
        if place.column:
            value = next(iter(self._answers.rows(place.oid).values()), None)
        else:
            value = self._answers.values.get(encode_oid(place.oid))
        if not isinstance(value, bytes):
            return ""
        if place.how == "hp" and value[:2] in _SYMBOL_SETS:
            value = value[2:]
        return decode_text(value, self._charset)

    def _by_text(self, group: str, of: str) -> str:
        text = self.description if of == "sysDescr" else self.device_descr
        for rule in self.profile.texts if self.profile else ():
            if rule.of == of and group in rule.pattern.groupindex and (match := rule.pattern.search(text)):
                return (match[group] or "").strip()
        return ""

    @cached_property
    def manufacturer(self) -> str:
        """The brand on the case where a text names it, else the maker of the profile."""
        telling = (
            *self._places("model"), self.device_id.get("manufacturer", ""), self.device_descr,
            self.device_id.get("model", ""), self.device_id.get("description", ""),
        )  # fmt: skip
        profile = self.profile
        if profile is None:
            return self._catalog.brand((*telling, self.description))
        own = self._catalog.brand((*telling, self.description), profile)
        other = self._catalog.brand(telling)
        return (own if own and own != profile.manufacturer else "") or other or own or profile.manufacturer

    @cached_property
    def model(self) -> str:
        """The model without the maker's name and without "series"; "" where nothing names it."""
        for text in self._models():
            model = _SERIES.sub("", self._catalog.without_brand(text).strip())
            if not _NO_MODEL.match(model) and not _NETWORK_CARD.search(model):
                return model
        return ""

    def _models(self) -> Iterator[str]:
        yield from self._places("model")
        yield self._by_text("model", "hrDeviceDescr")
        yield self.device_descr.split(";")[0]
        yield self.device_id.get("model", "")
        yield self._first(objects.PPM_NAME)
        name = self._first(objects.PRT_PRINTER_NAME)
        if self.profile and self.profile.models and self.profile.models.search(name):
            yield name
        yield self._by_text("model", "sysDescr")
        if self._catalog.brand((self.description,)):
            yield re.split(r"[;,/]| version | Rev\.| Firmware", self.description)[0]
        yield from (decode_text(v) for v in self._answers.rows(objects.ENTITY_MODEL).values() if isinstance(v, bytes))

    @cached_property
    def serial(self) -> str:
        """The serial number, in the order of trust: maker's object, Printer-MIB, IEEE 1284, texts, ENTITY-MIB."""
        macs = {mac.replace(":", "") for mac in _all_macs(self._answers)}
        for text in self._serials():
            plain = re.sub(r"[^0-9A-Z]", "", text.upper())
            if not _NO_SERIAL.match(text) and plain and plain not in macs:
                return text
        return ""

    def _serials(self) -> Iterator[str]:
        yield from self._places("serial")
        yield self._first(objects.PRT_SERIAL) or self._text(objects.FIRST_SERIAL)
        yield from (decode_text(v) for v in self._answers.rows(objects.ENTITY_SERIAL).values() if isinstance(v, bytes))
        yield self.device_id.get("serial", "")
        yield self._by_text("serial", "sysDescr")
        yield self._by_text("serial", "hrDeviceDescr")
        yield from self._places("serial", last=True)

    def serial_name(self) -> bytes | None:
        """Return the object that holds the serial number, to be watched in later polls; None where it stands in a text."""
        serial = self.serial
        profile = self.profile
        names = (
            [encode_oid(place.oid) for place in profile.places.get("serial", ()) if not place.column] if profile else []
        )
        names += [encode_oid(objects.PRT_SERIAL) + self.device, objects.FIRST_SERIAL]
        for name in names:
            if serial and serial in self._text(name):
                return name
        return None

    @cached_property
    def firmware(self) -> str:
        """The firmware's version."""
        for text in self._places("firmware"):
            return text
        found = self._by_text("firmware", "hrDeviceDescr") or self._by_text("firmware", "sysDescr")
        if found:
            return found
        rows = self._answers.rows(objects.ENTITY_FIRMWARE).values()
        return next((text for v in rows if isinstance(v, bytes) and (text := decode_text(v))), "")

    @cached_property
    def hostname(self) -> str:
        """The host name: sysName, else the maker's object."""
        return self._text(objects.SYS_NAME) or next(self._places("hostname"), "")

    @cached_property
    def mac(self) -> str:
        """The MAC address of the interface that was asked, as AA:BB:CC:DD:EE:FF."""
        return polled_mac(self._answers, self._address)

    def static(self) -> dict[str, str]:
        """Return the fields of a reading that do not change from poll to poll."""
        try:
            object_id = decode_oid(self.object_id) if self.object_id else ""
        except OidError:
            object_id = ""  # some agents answer octets that spell no name (Samsung SL-M4072FD)
        return {
            "manufacturer": self.manufacturer,
            "model": self.model,
            "serial": self.serial,
            "mac": self.mac,
            "hostname": self.hostname,
            "firmware": self.firmware,
            "location": self._text(objects.SYS_LOCATION),
            "contact": self._text(objects.SYS_CONTACT),
            "description": self.description,
            "sys_object_id": object_id,
        }


def printer_index(answers: Answers) -> bytes:
    """Return the hrDeviceIndex of the printer as a suffix: where hrDeviceType says so, else where the Printer-MIB has rows."""
    for suffix, value in answers.rows(objects.HR_DEVICE_TYPE).items():
        if value == objects.HR_DEVICE_PRINTER:
            return suffix
    for column in (objects.PRT_SERIAL, objects.PRT_PRINTER_NAME, objects.HR_ERROR_STATE, objects.HR_PRINTER_STATUS):
        for suffix in answers.rows(column):
            return suffix
    return b"\x01"


def charset_of(answers: Answers) -> int | None:
    """Return the character set of the panel's language (prtLocalizationCharacterSet), None where it is not told."""
    localization = answers.number(objects.FIRST_LOCALIZATION) or 1
    name = encode_oid(objects.PRT_CHARSET) + encode_suffix(f"1.{max(localization, 0)}")
    return answers.number(name) or answers.number(objects.FIRST_CHARSET)


def _mac(value: Value) -> str:
    if not isinstance(value, bytes) or len(value) != 6 or value in (bytes(6), b"\xff" * 6) or value[0] & 1:
        return ""
    return value.hex(":").upper()


def _all_macs(answers: Answers) -> Iterator[str]:
    return (mac for value in answers.rows(objects.IF_PHYS_ADDRESS).values() if (mac := _mac(value)))


def polled_mac(answers: Answers, address: str) -> str:
    """Return the MAC of the interface that has `address` (ipAdEntIfIndex), else of the likeliest one.

    Behind NAT, or in a recorded walk, the address is not among the device's own: then an interface with any address that is
    not loopback is taken, then the first Ethernet one.
    """
    macs = {suffix: mac for suffix, value in answers.rows(objects.IF_PHYS_ADDRESS).items() if (mac := _mac(value))}
    if not macs:
        return ""
    with_address: list[bytes] = []
    for suffix, index in answers.rows(objects.IP_AD_ENT_IF_INDEX).items():
        if not isinstance(index, int) or index < 0:
            continue
        interface = encode_suffix(str(index))
        text = ".".join(map(str, decode_arcs(suffix)))
        if text == address and interface in macs:
            return macs[interface]
        if not _is_loopback(text):
            with_address.append(interface)
    types = answers.rows(objects.IF_TYPE)
    for interface in (*with_address, *macs):
        if interface in macs and types.get(interface) != LOOPBACK:
            return macs[interface]
    return ""


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return True
    return address.is_loopback or address.is_unspecified
