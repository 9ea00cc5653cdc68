"""What a row of a spreadsheet means for a month: a new row, a change, nothing, or an error, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sheets.parsers import fold

from monthly_report.rules.devices import device_key, parts_of
from monthly_report.rules.downtime import DOWNTIME
from monthly_report.rules.editing import Spec
from monthly_report.rules.figures import COUNTERS, Part, counters_of, pages

NEW: Final = "new"
UPDATE: Final = "update"
SAME: Final = "same"
ERROR: Final = "error"
REMOVED: Final = "removed"
LABELS: Final = (NEW, UPDATE, SAME, ERROR, REMOVED)

TEXTS: Final = ("branch", "city", "address", "equipment_model", "serial_number", "inventory_number")
FIGURES: Final = ("normative_availability", "actual_downtime", "non_overdue_requests", "total_requests")

Key = tuple[str, str]
"""Device key and part: what a row of a month is known by."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row: a code for programs, words for people, the column it is about, error or warning."""

    code: str
    text: str
    column: str = ""
    level: str = ERROR


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the file: its number there, its parsed cells by column key, and what the cells' own rules found."""

    number: int
    values: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Meaning:
    """What becomes of a row: `fields` are those to write (for a change only those that differ)."""

    row: SheetRow
    label: str
    key: Key | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Error, warning or ok, by the worst finding."""
        levels = {finding.level for finding in self.findings}
        return "error" if ERROR in levels else "warning" if "warning" in levels else "ok"


@dataclass(frozen=True, slots=True)
class MonthNow:
    """The month as it stands: its rows' fields by key, organizations by folded name, specifications by folded model."""

    rows: Mapping[Key, Mapping[str, Any]]
    organizations: Mapping[str, int]
    specs: Mapping[str, Spec]
    replace: bool = False

    def parts(self, device: str) -> list[str]:
        """Return the parts that a device has rows for."""
        return [part.value for part in Part if (device, part.value) in self.rows]


def judge(rows: Sequence[SheetRow], columns: frozenset[str], now: MonthNow) -> list[Meaning]:
    """Return what each row means. `columns` are the keys the file has: what it lacks is left as it is."""
    keys = [_key_of(row, place) for place, row in enumerate(rows, 1)]
    meanings = []
    for place, (row, key, part) in enumerate(zip(rows, keys, parts_of(keys), strict=True), 1):
        meaning = Meaning(row, ERROR, findings=list(row.findings))
        fields = _fields(row, place, columns, now, meaning.findings)
        if part is None:
            text = "Two earlier rows have this device already, one for A4 and one for A3."
            meaning.findings.append(Finding("THIRD_ROW", text, "serial_number"))
        else:
            _refuse_other_paper(row, part, meaning.findings)
            _settle(meaning, (key, part.value), fields, now)
        meanings.append(meaning)
    return meanings


def _key_of(row: SheetRow, place: int) -> str:
    values = row.values
    serial, inventory = values.get("serial_number") or "", values.get("inventory_number") or ""
    return device_key(serial, inventory, values.get("order_number") or place)


def _fields(
    row: SheetRow, place: int, columns: frozenset[str], now: MonthNow, findings: list[Finding]
) -> dict[str, Any]:
    """Return the fields that a row names; what is wrong with them goes to `findings`."""
    values = row.values
    fields: dict[str, Any] = {name: values.get(name) or "" for name in TEXTS if name in columns}
    fields |= {name: values.get(name) or 0 for name in FIGURES if name in columns}
    if values.get(DOWNTIME) is None:
        fields.pop(DOWNTIME, None)  # an empty cell is not 0: the device's own days say it
    fields["order_number"] = values.get("order_number") or place
    name = values.get("organization") or ""
    organization = now.organizations.get(fold(name))
    if organization is not None:
        fields["organization_id"] = organization
    elif name:
        text = f"There is no organization {name!r}. Make it first, or correct the name."
        findings.append(Finding("UNKNOWN_ORGANIZATION", text, "organization"))
    fields |= _counters(values, columns, now, findings)
    if not fields.get("serial_number") and not fields.get("inventory_number"):
        text = "Without a serial or inventory number the row is known by its number only, and no poll can fill it."
        findings.append(Finding("NO_NUMBER", text, "serial_number", "warning"))
    return fields


def _counters(
    values: Mapping[str, Any], columns: frozenset[str], now: MonthNow, findings: list[Finding]
) -> dict[str, Any]:
    allowed = now.specs.get(fold(values.get("equipment_model") or ""), Spec()).counters()
    found = {name: values.get(name) for name in COUNTERS if name in columns}
    for name in [name for name, value in found.items() if value and name not in allowed]:
        text = f"This model has no such counter; {found[name]} is left out."
        findings.append(Finding("NOT_OF_MODEL", text, name, "warning"))
        found[name] = None
    return found


def _refuse_other_paper(row: SheetRow, part: Part, findings: list[Finding]) -> None:
    """Of a device's two rows, the first holds A4 and the second A3; a figure on the wrong one would be lost."""
    for name in COUNTERS:
        if name not in counters_of(part) and row.values.get(name):
            text = f"This row of the device bills {part} only; the figure belongs on its other row."
            findings.append(Finding("OTHER_PART", text, name))


def _settle(meaning: Meaning, key: Key, fields: dict[str, Any], now: MonthNow) -> None:
    meaning.key = key
    fields = {name: value for name, value in fields.items() if name not in COUNTERS or name in counters_of(key[1])}
    if pages(key[1], fields) < 0:
        text = "The counter at the end is lower than at the start."
        meaning.findings.append(Finding("NEGATIVE", text, "", "warning"))
    if not now.replace and key not in now.rows and (others := now.parts(key[0])):
        text = f"The month has this device as {' and '.join(others)}. Import all its rows, or replace the month."
        meaning.findings.append(Finding("PART_DIFFERS", text, "serial_number"))
    if meaning.verdict == "error":
        return
    before = now.rows.get(key)
    if before is None:
        meaning.label, meaning.fields = NEW, fields
        if fields.get(DOWNTIME):
            fields[f"{DOWNTIME}_manual"] = True
        return
    meaning.fields = {name: value for name, value in fields.items() if before.get(name) != value}
    if DOWNTIME in meaning.fields:
        meaning.fields[f"{DOWNTIME}_manual"] = True
    meaning.label = UPDATE if meaning.fields else SAME
