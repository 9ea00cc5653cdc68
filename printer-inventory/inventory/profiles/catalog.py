"""The vendors' files as objects, and the choice of the right one for a device.

A file names what a maker's private MIB adds to the standard ones: where model, serial number, firmware and host name stand,
which objects are which counter, how descriptions hold part numbers. It is data: nothing here knows a vendor by name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from inventory.polling.snmp.oids import encode_oid

FOLDER: Final = Path(__file__).parent
SOURCES: Final = "sources.toml"
ENTERPRISES: Final = encode_oid("1.3.6.1.4.1")
IDENTITY_FIELDS: Final = ("model", "serial", "firmware", "hostname")
HOWS: Final = frozenset({"", "float", "text"})


class ProfileError(ValueError):
    """A vendor's file is not what it should be; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Place:
    """An object that holds a text: a full name, or with `column` the first row of a column; `how` is "" or "hp".

    One marked `last` counts only when the standard objects and texts gave nothing either.
    """

    oid: str
    column: bool = False
    how: str = ""
    last: bool = False


@dataclass(frozen=True, slots=True)
class CounterRule:
    """How one counter is found.

    Either `oids` (their sum), or the rows of `values` whose row of `labels` matches `match`, or record `record` of the octets
    at `blob`. `how` is "" for a number, "text" for digits in a string, "float" for an IEEE 754 number in a string.
    """

    name: str
    oids: tuple[str, ...] = ()
    labels: str = ""
    values: str = ""
    match: re.Pattern[str] | None = None
    blob: str = ""
    record: int = 0
    how: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A counter that follows from others: the sum of `plus` less the sum of `minus`, where all of them are known."""

    name: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextRule:
    """A pattern with groups model, serial or firmware for one of the standard texts ("hrDeviceDescr", "sysDescr", "1284")."""

    of: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class SupplyRecord:
    """A supply told by a record of octets at `blob`: a percentage times `scale`, on models that `when` matches."""

    blob: str
    record: int
    kind: str
    description: str
    color: str | None = None
    scale: int = 1
    when: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One maker."""

    name: str
    manufacturer: str
    enterprises: frozenset[int] = frozenset()
    brands: tuple[tuple[str, re.Pattern[str]], ...] = ()
    models: re.Pattern[str] | None = None
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    texts: tuple[TextRule, ...] = ()
    counters: tuple[CounterRule, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    parts: tuple[re.Pattern[str], ...] = ()
    supply_records: tuple[SupplyRecord, ...] = ()
    console: str = ""
    scalars: tuple[bytes, ...] = ()
    columns: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """All makers; what it finds in a text is remembered, because the texts of a fleet repeat."""

    profiles: tuple[Profile, ...]
    by_name: Mapping[str, Profile]
    by_enterprise: Mapping[int, Profile]

    def of_enterprise(self, object_id: bytes) -> Profile | None:
        """Return the maker's profile by the enterprise number in sysObjectID (content octets)."""
        return self.by_enterprise.get(enterprise_of(object_id) or 0)

    def of_texts(self, texts: Iterable[str]) -> Profile | None:
        """Return the maker's profile by the first text that names a brand, else by one that looks like its models."""
        known = [text for text in texts if text]
        for text in known:
            for candidate in self.profiles:
                if any(pattern.search(text) for _, pattern in candidate.brands):
                    return candidate
        for text in known:
            for candidate in self.profiles:
                if candidate.models and candidate.models.search(text):
                    return candidate
        return None

    def brand(self, texts: Iterable[str], only: Profile | None = None) -> str:
        """Return the brand that the first telling text names: of any maker, or of those that `only` makes for; "" if none."""
        return next((name for text in texts if text and (name := _brand_in(self, text, only))), "")

    @lru_cache(maxsize=4096)  # noqa: B019 - there is one catalog per process
    def without_brand(self, model: str) -> str:
        """Return a model's name without its maker's in front ("HP Color LaserJet M452nw" is "Color LaserJet M452nw")."""
        for profile in self.profiles:
            for _, pattern in profile.brands:
                match = pattern.match(model)
                if match and 0 < match.end() < len(model):
                    rest = model[match.end() :].lstrip(" -_,:")
                    return self.without_brand(rest) if rest else model
        return model


@lru_cache(maxsize=4096)
def _brand_in(of: Catalog, text: str, only: Profile | None) -> str:
    for profile in (only,) if only else of.profiles:
        for name, pattern in profile.brands:
            if pattern.search(text):
                return name
    return ""


def enterprise_of(object_id: bytes) -> int | None:
    """Return the enterprise number in a sysObjectID (content octets), None where there is none."""
    if not object_id.startswith(ENTERPRISES):
        return None
    value = 0
    for octet in object_id[len(ENTERPRISES) : len(ENTERPRISES) + 5]:
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            return value
    return None


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """Read the folder once; ProfileError names what is wrong with a file."""
    profiles = tuple(read_profile(path) for path in sorted(FOLDER.glob("*.toml")) if path.name != SOURCES)
    return Catalog(
        profiles=profiles,
        by_name={profile.name: profile for profile in profiles},
        by_enterprise={number: profile for profile in profiles for number in profile.enterprises},
    )


@lru_cache(maxsize=1)
def sources() -> dict[str, str]:
    """Return what the short names of sources stand for."""
    with (FOLDER / SOURCES).open("rb") as file:
        return dict(tomllib.load(file))


def read_profile(path: Path) -> Profile:
    """Read one maker's file; ProfileError names the file and what is wrong."""
    try:
        with path.open("rb") as file:
            return _profile(path.stem, tomllib.load(file))
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise ProfileError(f"{path.name}: {error}") from error


def _profile(name: str, data: dict[str, Any]) -> Profile:
    places = {key: tuple(_place(entry) for entry in data.get(key, ())) for key in IDENTITY_FIELDS}
    counters = tuple(_counter(entry) for entry in data.get("counters", ()))
    records = tuple(_supply_record(entry) for entry in data.get("supply_records", ()))
    console = data.get("console", {}).get("oid", "")
    scalars = [place.oid for group in places.values() for place in group if not place.column]
    scalars += [oid for rule in counters for oid in (*rule.oids, rule.blob) if oid]
    scalars += [record.blob for record in records]
    columns = [place.oid for group in places.values() for place in group if place.column]
    columns += [oid for rule in counters for oid in (rule.labels, rule.values) if oid]
    return Profile(
        name=name,
        manufacturer=data["manufacturer"],
        enterprises=frozenset(data.get("enterprises", ())),
        brands=tuple((entry["name"], _pattern(entry["word"])) for entry in data.get("brands", ())),
        models=_pattern(data["models"], exact=True) if "models" in data else None,
        places=places,
        texts=tuple(TextRule(entry["of"], _pattern(entry["pattern"], exact=True)) for entry in data.get("texts", ())),
        counters=counters,
        derivations=tuple(
            Derivation(entry["name"], tuple(entry["plus"]), tuple(entry.get("minus", ())))
            for entry in data.get("derived", ())
        ),
        parts=tuple(_pattern(entry["pattern"], exact=True) for entry in data.get("parts", ())),
        supply_records=records,
        console=console,
        scalars=tuple(dict.fromkeys(encode_oid(oid) for oid in (*scalars, *([console] if console else [])))),
        columns=tuple(dict.fromkeys(encode_oid(oid) for oid in columns)),
    )


def _pattern(text: str, *, exact: bool = False) -> re.Pattern[str]:
    """Return a pattern of one of the files beside this one, case ignored unless `exact`."""
    # our own pattern: it stands in the repository, is reviewed like code, and meets strings of at most 512 characters
    return re.compile(text, 0 if exact else re.IGNORECASE)


def _place(entry: dict[str, Any]) -> Place:
    encode_oid(entry["oid"])
    if entry["source"] not in sources():
        raise ValueError(f"the source {entry['source']!r} is not in {SOURCES}")
    return Place(entry["oid"], bool(entry.get("column")), entry.get("how", ""), bool(entry.get("last")))


def _counter(entry: dict[str, Any]) -> CounterRule:
    if entry["source"] not in sources():
        raise ValueError(f"the source {entry['source']!r} is not in {SOURCES}")
    if entry.get("how", "") not in HOWS:
        raise ValueError(f"counter {entry['name']}: how {entry['how']!r} is unknown")
    oids = tuple(entry.get("oids", ())) or ((entry["oid"],) if "oid" in entry else ())
    for oid in (*oids, *(entry[key] for key in ("labels", "values", "blob") if key in entry)):
        encode_oid(oid)
    return CounterRule(
        name=entry["name"],
        oids=oids,
        labels=entry.get("labels", ""),
        values=entry.get("values", ""),
        match=_pattern(entry["match"]) if "match" in entry else None,
        blob=entry.get("blob", ""),
        record=int(entry.get("record", 0)),
        how=entry.get("how", ""),
    )


def _supply_record(entry: dict[str, Any]) -> SupplyRecord:
    encode_oid(entry["blob"])
    if entry["source"] not in sources():
        raise ValueError(f"the source {entry['source']!r} is not in {SOURCES}")
    return SupplyRecord(
        entry["blob"],
        int(entry["record"]),
        entry["kind"],
        entry["description"],
        entry.get("color"),
        int(entry.get("scale", 1)),
        _pattern(entry["when"], exact=True) if "when" in entry else None,
    )
