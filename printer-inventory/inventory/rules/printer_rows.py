"""What a row of a spreadsheet means for the fleet: a new printer, a change, nothing, or a conflict, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from inventory.rules.identity import normal_mac, normal_serial
from inventory.rules.model_match import Catalogue
from inventory.rules.networks import Networks

NEW: Final = "new"
UPDATE: Final = "update"
SAME: Final = "same"
CONFLICT: Final = "conflict"
DUPLICATE: Final = "dup_in_file"
ERROR: Final = "error"
LABELS: Final = (NEW, UPDATE, SAME, CONFLICT, DUPLICATE, ERROR)

WARNING: Final = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row: a code for programs, words for people, the column it is about, error or warning."""

    code: str
    text: str
    column: str = ""
    level: str = ERROR


@dataclass(frozen=True, slots=True)
class OurPrinter:
    """A printer in use, as far as a spreadsheet can change it."""

    pk: int
    ip_address: str
    snmp_port: int
    serial_number: str
    mac_address: str
    hostname: str
    snmp_community: str
    organization_id: int | None
    device_model_id: int | None

    @property
    def name(self) -> str:
        """Its address as people write it."""
        return self.ip_address if self.snmp_port == 161 else f"{self.ip_address}:{self.snmp_port}"


@dataclass(slots=True)
class OurFleet:
    """The printers in use by serial number, MAC address, and address and port."""

    by_serial: dict[str, list[OurPrinter]] = field(default_factory=dict)
    by_mac: dict[str, OurPrinter] = field(default_factory=dict)
    by_place: dict[tuple[str, int], OurPrinter] = field(default_factory=dict)

    @classmethod
    def of(cls, printers: Iterable[OurPrinter]) -> OurFleet:
        """Return the index of these printers."""
        fleet = cls()
        for printer in printers:
            if serial := normal_serial(printer.serial_number):
                fleet.by_serial.setdefault(serial, []).append(printer)
            if mac := normal_mac(printer.mac_address):
                fleet.by_mac[mac] = printer
            fleet.by_place[printer.ip_address, printer.snmp_port] = printer
        return fleet


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for rows that do not say it themselves; `create_models` allows models that the catalogue lacks."""

    organization_id: int | None = None
    community: str = "public"
    create_models: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What becomes of a row. `fields` are the printer's fields to set (for a change only those that differ), `new_model`
    (manufacturer, model) is to be made in the catalogue first.
    """

    label: str
    target: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    new_model: tuple[str, str] | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class RowRules:
    """Judges rows against one state of the fleet; remembers the addresses and MAC addresses that earlier rows took."""

    fleet: OurFleet
    catalogue: Catalogue
    organizations: Mapping[str, int]
    networks: Networks
    defaults: Defaults
    _places: dict[tuple[str, int], int] = field(default_factory=dict)
    _macs: dict[str, int] = field(default_factory=dict)

    def judge(self, number: int, values: Mapping[str, Any]) -> Meaning:
        """Return what row `number` means; `values` has parsed cells by column key, None where empty."""
        findings: list[Finding] = []
        fields, new_model = self._fields(values, findings)
        if any(finding.level == ERROR for finding in findings):
            return Meaning(ERROR, findings=tuple(findings))
        place = (fields["ip_address"], fields["snmp_port"])
        first = self._places.setdefault(place, number)
        if first != number:
            return self._ends(DUPLICATE, findings, "DUPLICATE_ADDRESS", f"Row {first} has the same address.", "ip")
        mac = fields.get("mac_address", "")
        first = self._macs.setdefault(mac, number) if mac else number
        if first != number:
            return self._ends(DUPLICATE, findings, "DUPLICATE_MAC", f"Row {first} has the same MAC address.", "mac")
        return self._against_fleet(fields, new_model, findings)

    def _fields(
        self, values: Mapping[str, Any], findings: list[Finding]
    ) -> tuple[dict[str, Any], tuple[str, str] | None]:
        """Return the printer's fields that the row names, and the model it wants made; add what is wrong to `findings`."""
        address = values.get("ip") or ""
        if address and not self.networks.allow(address):
            text = f"{address} lies outside PRINTER_NETWORKS and would never be asked."
            findings.append(Finding("OUTSIDE_NETWORKS", text, "ip"))
        fields: dict[str, Any] = {"ip_address": address, "snmp_port": values.get("port") or 161}
        names = {"serial": "serial_number", "mac": "mac_address", "host": "hostname", "community": "snmp_community"}
        fields |= {name: values[key] for key, name in names.items() if values.get(key)}
        if "serial_number" in fields and not normal_serial(fields["serial_number"]):
            text = f"{fields.pop('serial_number')!r} is no serial number; the printer's own answer will tell it."
            findings.append(Finding("NO_SERIAL", text, "serial", WARNING))
        if name := values.get("organization"):
            found = self.organizations.get(name.casefold())
            if found is None:
                text = f"There is no organization {name!r}. Make it first, or correct the name."
                findings.append(Finding("UNKNOWN_ORGANIZATION", text, "organization"))
            else:
                fields["organization_id"] = found
        return fields, self._model(values, fields, findings)

    def _model(
        self, values: Mapping[str, Any], fields: dict[str, Any], findings: list[Finding]
    ) -> tuple[str, str] | None:
        maker, name = values.get("manufacturer") or "", values.get("model") or ""
        if not name:
            return None
        match = self.catalogue.find(maker, name)
        if match.model is not None:
            fields["device_model_id"] = match.model.pk
            if match.step in ("contained", "contains"):
                text = f"Taken for {match.model.manufacturer} {match.model.name}."
                findings.append(Finding("MODEL_GUESSED", text, "model", WARNING))
            return None
        if match.step == "ambiguous":
            text = "Several models of the catalogue fit; the printer's own answer will decide."
            findings.append(Finding("MODEL_AMBIGUOUS", text, "model", WARNING))
            return None
        if self.defaults.create_models:
            findings.append(Finding("MODEL_CREATED", "This model is made in the catalogue.", "model", WARNING))
            return maker, name
        text = "The catalogue has no such model; the printer's own answer will name it."
        findings.append(Finding("MODEL_UNKNOWN", text, "model", WARNING))
        return None

    def _against_fleet(
        self, fields: dict[str, Any], new_model: tuple[str, str] | None, findings: list[Finding]
    ) -> Meaning:
        serial = normal_serial(fields.get("serial_number", ""))
        twins = self.fleet.by_serial.get(serial, []) if serial else []
        here = self.fleet.by_place.get((fields["ip_address"], fields["snmp_port"]))
        if len(twins) > 1 and here not in twins:
            text = f"{len(twins)} printers in use have this serial number. Clear that up first."
            return self._ends(CONFLICT, findings, "SERIAL_TWICE", text, "serial")
        ours = (here if here in twins else twins[0]) if twins else None
        if ours is None and here is not None:
            stored = normal_serial(here.serial_number)
            if serial and stored and stored != serial:
                text = f"The printer at this address is {here.serial_number}. Retire it, or correct the row."
                return self._ends(CONFLICT, findings, "ADDRESS_IN_USE", text, "ip")
            ours = here
        elif ours is not None and here is not None and here != ours:
            text = f"This serial number is at {ours.name}, and another printer has this address."
            return self._ends(CONFLICT, findings, "ADDRESS_IN_USE", text, "ip")
        owner = self.fleet.by_mac.get(fields.get("mac_address", ""))
        if owner is not None and owner != ours:
            text = f"The printer {owner.name} has this MAC address."
            return self._ends(CONFLICT, findings, "MAC_IN_USE", text, "mac")
        if ours is None:
            return self._new(fields, new_model, findings)
        return self._change(ours, fields, new_model, findings)

    def _new(self, fields: dict[str, Any], new_model: tuple[str, str] | None, findings: list[Finding]) -> Meaning:
        fields.setdefault("snmp_community", self.defaults.community)
        if self.defaults.organization_id is not None:
            fields.setdefault("organization_id", self.defaults.organization_id)
        return Meaning(NEW, None, fields, new_model, tuple(findings))

    def _change(
        self, ours: OurPrinter, fields: dict[str, Any], new_model: tuple[str, str] | None, findings: list[Finding]
    ) -> Meaning:
        """A filled cell changes the printer, an empty one leaves it; a serial number that only looks different is the same."""
        if normal_serial(fields.get("serial_number", "")) == normal_serial(ours.serial_number):
            fields.pop("serial_number", None)
        changed = {name: value for name, value in fields.items() if getattr(ours, name) != value}
        if "ip_address" in changed or "snmp_port" in changed:
            findings.append(Finding("ADDRESS_CHANGES", f"Until now it was at {ours.name}.", "ip", WARNING))
        label = UPDATE if changed or new_model else SAME
        return Meaning(label, ours.pk, changed, new_model, tuple(findings))

    def _ends(self, label: str, findings: list[Finding], code: str, text: str, column: str) -> Meaning:
        return Meaning(label, findings=(*findings, Finding(code, text, column, WARNING)))
