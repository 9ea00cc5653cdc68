"""What a row of a spreadsheet means for the contracts: a new device, a change, nothing, a conflict or an error, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from inventory.rules.model_match import compact

NEW: Final = "new"
UPDATE: Final = "update"
SAME: Final = "same"
MOVED: Final = "moved"
DUPLICATE: Final = "dup_in_file"
ERROR: Final = "error"
LABELS: Final = (NEW, UPDATE, SAME, MOVED, DUPLICATE, ERROR)
APPLIED_BY_ITSELF: Final = (NEW, UPDATE)
"""What is applied unless somebody leaves it out; a move to another client wants a word."""
WARNING: Final = "warning"
FOUND_HERE: Final = frozenset(
    {
        "DUPLICATE", "MOVES", "NEW_CITY", "NEW_MODEL", "NO_SERIAL", "SERIAL_TWICE", "UNKNOWN_CITY", "UNKNOWN_MANUFACTURER",
        "UNKNOWN_MODEL", "UNKNOWN_ORGANIZATION", "UNKNOWN_PROVIDER", "UNKNOWN_STATUS", "WILL_LINK_PRINTER",
    }
)  # fmt: skip
"""The codes of findings that come from comparing with the contracts; all others come from the cells themselves."""


def fold(text: str) -> str:
    """Return a name for comparing: one space between words, no case, ё as е."""
    return " ".join(text.split()).casefold().replace("ё", "е")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row: a code for programs, words for people, the column it is about, error or warning."""

    code: str
    text: str
    column: str = ""
    level: str = ERROR


@dataclass(frozen=True, slots=True)
class OurDevice:
    """A device under contract, as far as a spreadsheet can change it; references by id and by the name people see."""

    pk: int
    organization_id: int
    organization: str
    city_id: int
    city: str
    address: str
    room_number: str
    model_id: int
    model: str
    serial_number: str
    status_id: int
    status: str
    service_provider_id: int | None
    service_provider: str | None
    service_start_month: date | None
    comment: str
    printer_id: int | None


@dataclass(frozen=True, slots=True)
class Words:
    """The names that rows may use, folded, with their ids; models by (manufacturer, model) without blanks and signs."""

    organizations: Mapping[str, int]
    cities: Mapping[str, int]
    manufacturers: frozenset[str]
    models: Mapping[tuple[str, str], int]
    statuses: Mapping[str, int]
    providers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for rows that do not say it themselves, and what may be made when it is missing."""

    status_id: int
    status: str
    provider_id: int | None = None
    provider: str = ""
    create_cities: bool = True
    create_models: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a row sets: its words before and after, and the value (None for a reference that is still to be made)."""

    old: str
    new: str
    value: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        return {"old": self.old, "new": self.new, "value": value}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What becomes of a row; `changes` by field name (`city`, `address`...)."""

    label: str
    target: int | None = None
    changes: Mapping[str, Change] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def shown(self) -> tuple[str, int | None, dict[str, str]]:
        """Return what a person was shown, to compare with what would be done later."""
        return self.label, self.target, {name: change.new for name, change in self.changes.items()}


@dataclass(slots=True)
class Ours:
    """The devices that the rows of one chunk may be about, and the serial numbers of printers that are free to be linked."""

    by_serial: dict[str, list[OurDevice]] = field(default_factory=dict)
    by_place: dict[tuple[Any, ...], list[OurDevice]] = field(default_factory=dict)
    free_printers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, devices: Iterable[OurDevice], free_printers: Iterable[str] = ()) -> Ours:
        """Return the index of these devices."""
        ours = cls(free_printers=frozenset(free_printers))
        for device in devices:
            if device.serial_number:
                ours.by_serial.setdefault(device.serial_number.upper(), []).append(device)
            else:
                place = (device.organization_id, fold(device.address), fold(device.room_number), device.model_id)
                ours.by_place.setdefault(place, []).append(device)
        return ours


@dataclass(slots=True)
class RowRules:
    """Judges rows against one state of the contracts."""

    words: Words
    defaults: Defaults
    ours: Ours

    def judge(self, values: Mapping[str, Any], twin: str = "") -> Meaning:
        """Return what a row means; `values` has parsed cells by column key, `twin` says where its serial number stood before."""
        findings: list[Finding] = []
        wanted = self._wanted(values, findings)
        if any(one.level == ERROR for one in findings):
            return Meaning(ERROR, findings=tuple(findings))
        if twin:
            text = f"The same serial number stands in {twin}."
            return Meaning(DUPLICATE, findings=(*findings, Finding("DUPLICATE", text, "serial", WARNING)))
        return self._against_ours(values, wanted, findings)

    def _wanted(self, values: Mapping[str, Any], findings: list[Finding]) -> dict[str, Change]:
        """Return every field that the row names; what is wrong goes to `findings`."""
        wanted: dict[str, Change] = {}
        self._organization(values, wanted, findings)
        self._city(values, wanted, findings)
        self._model(values, wanted, findings)
        for key, name in (
            ("address", "address"),
            ("room", "room_number"),
            ("serial", "serial_number"),
            ("comment", "comment"),
        ):
            if text := values.get(key):
                wanted[name] = Change("", text, text)
        if month := values.get("month"):
            wanted["service_start_month"] = Change("", month.strftime("%Y-%m"), month)
        for key, name, known, code in (
            ("status", "status", self.words.statuses, "UNKNOWN_STATUS"),
            ("provider", "service_provider", self.words.providers, "UNKNOWN_PROVIDER"),
        ):
            text = values.get(key)
            if text and (found := known.get(fold(text))) is None:
                findings.append(Finding(code, f"There is no {key} {text!r}. Add it first, or correct the name.", key))
            elif text:
                wanted[name] = Change("", text, found)
        return wanted

    def _organization(self, values: Mapping[str, Any], wanted: dict[str, Change], findings: list[Finding]) -> None:
        name = values.get("organization") or ""
        found = self.words.organizations.get(fold(name))
        if name and found is None:
            text = f"There is no organization {name!r}. Add it first, or correct the name."
            findings.append(Finding("UNKNOWN_ORGANIZATION", text, "organization"))
        elif name:
            wanted["organization"] = Change("", name, found)

    def _city(self, values: Mapping[str, Any], wanted: dict[str, Change], findings: list[Finding]) -> None:
        name = " ".join(str(values.get("city") or "").split())
        if not name:
            return
        found = self.words.cities.get(fold(name))
        wanted["city"] = Change("", name, found)
        if found is None and self.defaults.create_cities:
            findings.append(Finding("NEW_CITY", f"The city {name!r} is made.", "city", WARNING))
        elif found is None:
            findings.append(Finding("UNKNOWN_CITY", f"There is no city {name!r}; let missing cities be made.", "city"))

    def _model(self, values: Mapping[str, Any], wanted: dict[str, Change], findings: list[Finding]) -> None:
        maker, name = values.get("manufacturer") or "", values.get("model") or ""
        if not maker or not name:
            return
        found = self.words.models.get((compact(maker), compact(name)))
        wanted["model"] = Change("", f"{maker} {name}", found)
        if found is not None:
            return
        if self.defaults.create_models:
            findings.append(Finding("NEW_MODEL", f"The model {maker} {name} is made.", "model", WARNING))
        elif compact(maker) not in self.words.manufacturers:
            text = f"There is no manufacturer {maker!r}. Add it, or let missing models be made."
            findings.append(Finding("UNKNOWN_MANUFACTURER", text, "manufacturer"))
        else:
            text = f"{maker} has no model {name!r}. Add it, or let missing models be made."
            findings.append(Finding("UNKNOWN_MODEL", text, "model"))

    def _against_ours(self, values: Mapping[str, Any], wanted: dict[str, Change], findings: list[Finding]) -> Meaning:
        organization = wanted["organization"].value
        serial = str(values.get("serial") or "").upper()
        if not serial:
            return self._nameless(wanted, findings)
        twins = self.ours.by_serial.get(serial, [])
        device = next((one for one in twins if one.organization_id == organization), None)
        if serial in self.ours.free_printers and (device is None or device.printer_id is None):
            findings.append(Finding("WILL_LINK_PRINTER", "The inventory's printer is linked to it.", "serial", WARNING))
        if device is not None:
            return self._change(device, wanted, findings)
        if len(twins) == 1:
            text = f"Until now it is under contract with {twins[0].organization}. Apply the row to move it."
            findings.append(Finding("MOVES", text, "organization", WARNING))
            return self._change(twins[0], wanted, findings, label=MOVED)
        if twins:
            text = f"{len(twins)} other organizations have this serial number. Clear that up first."
            return Meaning(ERROR, findings=(*findings, Finding("SERIAL_TWICE", text, "serial")))
        return self._new(wanted, findings)

    def _nameless(self, wanted: dict[str, Change], findings: list[Finding]) -> Meaning:
        """A row without a serial number can only be a device without one that stands there already."""
        place = (
            wanted["organization"].value, fold(wanted["address"].new),
            fold(wanted["room_number"].new if "room_number" in wanted else ""), wanted["model"].value,
        )  # fmt: skip
        found = self.ours.by_place.get(place, [])
        if len(found) == 1:
            return self._change(found[0], wanted, findings)
        text = "Without a serial number the device cannot be told from others. Fill it in."
        return Meaning(ERROR, findings=(*findings, Finding("NO_SERIAL", text, "serial")))

    def _new(self, wanted: dict[str, Change], findings: list[Finding]) -> Meaning:
        wanted.setdefault("status", Change("", self.defaults.status, self.defaults.status_id))
        if self.defaults.provider_id is not None:
            wanted.setdefault("service_provider", Change("", self.defaults.provider, self.defaults.provider_id))
        return Meaning(NEW, None, wanted, tuple(findings))

    def _change(
        self, device: OurDevice, wanted: dict[str, Change], findings: list[Finding], label: str = UPDATE
    ) -> Meaning:
        """A filled cell changes the device, an empty one leaves it; a comment is only ever filled in."""
        changes = {}
        for name, change in wanted.items():
            old = getattr(device, name)
            words = old.strftime("%Y-%m") if isinstance(old, date) else old or ""
            if name == "serial_number" or (name == "comment" and words):
                continue
            ours = getattr(device, f"{name}_id", None)
            equal = ours == change.value if hasattr(device, f"{name}_id") else _text(words) == _text(change.new)
            if not equal:
                changes[name] = Change(words, change.new, change.value)
        return Meaning(label if changes else SAME, device.pk, changes, tuple(findings))


def _text(text: str) -> str:
    return " ".join(text.split())
