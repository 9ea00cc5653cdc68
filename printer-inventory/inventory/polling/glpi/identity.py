"""Who a device is by an agent's INFO.

An agent's MODEL is hrDeviceDescr, the maker's own object, or an entry of its list by sysObjectID (`sysobject.ids`). Three
entries stand for a whole make; they are no model of this device, which is then named by its own description or unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from inventory.polling.glpi.xml import Node
from inventory.polling.snmp.text import clean
from inventory.profiles.catalog import Profile, catalog

MAX_SERIAL: Final = 100

GUESSES: Final = frozenset({"MFC-9340CDW", "RICOH Aficio MP", "Aficio MP", "ML-371x"})
"""What the list says for sysObjectID 2435.2.3.9.1, 367.1.1 and 236.11.5.1, which all Brothers, Ricohs and Samsungs share."""

_NO_SERIAL: Final = re.compile(
    r"^(?:[X0\s*?.-]*|unknown|none|n/?a|null|default|serial[ _]?number|<?private>?)$", re.IGNORECASE
)
_NO_MODEL: Final = re.compile(r"^(?:generic\b.*|unknown|printer|none|<?private>?|)$", re.IGNORECASE)
_SERIES: Final = re.compile(r"[ -]series(?: printer)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """Maker, model, serial number and firmware, "" where unknown; `profile` is the maker the agent takes it for."""

    profile: Profile | None
    manufacturer: str
    model: str
    serial: str
    firmware: str


def read_identity(device: Node, info: Node, description: str) -> Identity:
    """Return the identity in DEVICE; `info` is its INFO, `description` its sysDescr."""
    told, model = clean(info.text_of("MANUFACTURER")), clean(info.text_of("MODEL"))
    model = "" if model in GUESSES else model
    profile = catalog().of_texts((told, model, description))
    return Identity(
        profile,
        _manufacturer(told, model, description, profile),
        _model(model, description, profile),
        _serial(clean(info.text_of("SERIAL")), model, description, profile),
        _firmware(device, info) or _by_rule("firmware", model, description, profile),
    )


def _manufacturer(told: str, model: str, description: str, profile: Profile | None) -> str:
    """Return the brand the device names itself by, a maker's second brand before its first, else what the agent says."""
    texts = (model, description)
    own = catalog().brand(texts, profile) if profile else ""
    if profile and own and own != profile.manufacturer:
        return own
    return catalog().brand((*texts, told)) or told


def _model(model: str, description: str, profile: Profile | None) -> str:
    for text in _models(model, description, profile):
        found = _SERIES.sub("", catalog().without_brand(text).strip())
        if not _NO_MODEL.match(found):
            return found
    return ""


def _models(model: str, description: str, profile: Profile | None) -> Iterator[str]:
    yield _match("model", "hrDeviceDescr", model, profile)
    yield model.split(";", maxsplit=1)[0]
    yield _match("model", "sysDescr", description, profile)
    first = catalog().without_brand(description.split(";", maxsplit=1)[0])
    if profile and profile.models and profile.models.search(first):
        yield first


def _serial(serial: str, model: str, description: str, profile: Profile | None) -> str:
    for text in (serial, _by_rule("serial", model, description, profile)):
        if not _NO_SERIAL.match(text):
            return text[:MAX_SERIAL]
    return ""


def _firmware(device: Node, info: Node) -> str:
    if version := info.text_of("FIRMWARE"):
        return clean(version)
    return next((clean(version) for part in device.all("FIRMWARES") if (version := part.text_of("VERSION"))), "")


def _by_rule(group: str, model: str, description: str, profile: Profile | None) -> str:
    return _match(group, "hrDeviceDescr", model, profile) or _match(group, "sysDescr", description, profile)


def _match(group: str, of: str, text: str, profile: Profile | None) -> str:
    """Return what a maker's rule for one of the standard texts finds."""
    for rule in profile.texts if profile else ():
        if rule.of == of and group in rule.pattern.groupindex and (match := rule.pattern.search(text)):
            return (match[group] or "").strip()
    return ""
