"""Spreadsheets of contract devices: their columns, and chunks of rows judged in a constant number of statements."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models.functions import Lower
from sheets import Column, Limits, Parsed, Problem, find_header, is_numbering, match_headers, parse_rows, read_table
from sheets.parsers import month, serial, text

from contracts.models import (
    City,
    ContractDevice,
    ContractStatus,
    DeviceModel,
    ImportSession,
    Manufacturer,
    ServiceProvider,
)
from contracts.rules.device_rows import Defaults, Finding, Meaning, OurDevice, Ours, RowRules, Words, fold
from contracts.services.linking import printers_by_serial
from inventory.models import Organization
from inventory.rules.model_match import compact

LIMITS: Final = Limits(file_bytes=20 * 2**20, unpacked_bytes=200 * 2**20, rows=100_000, columns=64, cells=2_000_000)
OUR_FIELDS: Final = (
    "pk", "organization_id", "organization__name", "city_id", "city__name", "address", "room_number", "model_id",
    "model__name", "serial_number", "status_id", "status__name", "service_provider_id", "service_provider__name",
    "service_start_month", "comment", "printer_id",
)  # fmt: skip

COLUMNS: Final = (
    Column("number", "№", ("No", "#", "номер", "№ п/п", "number"), parse=text(60), level="warning"),
    Column(
        "organization", "Организация", ("Организация, наименование", "organization", "client"), parse=text(200, nfkc=True),
        required=True, when_empty="NO_ORGANIZATION",
    ),
    Column("city", "Город", ("city",), parse=text(128, nfkc=True), required=True, when_empty="NO_CITY"),
    Column("address", "Адрес", ("address",), parse=text(255), required=True, when_empty="NO_ADDRESS"),
    Column("room", "№ кабинета", ("Кабинет", "номер кабинета", "room", "room number"), parse=text(128)),
    Column(
        "manufacturer", "Производитель", ("vendor", "бренд", "manufacturer", "brand"), parse=text(128, nfkc=True),
        required=True, when_empty="NO_MANUFACTURER",
    ),
    Column(
        "model", "Модель оборудования", ("Модель", "model", "device model"), parse=text(128, nfkc=True), required=True,
        when_empty="NO_MODEL",
    ),
    Column("serial", "Серийный номер", ("sn", "s/n", "serial", "serial number"), parse=serial(128), required=True),
    Column(
        "month", "Месяц обслуживания",
        ("месяц принятия на обслуживание", "дата принятия", "начало обслуживания", "service month", "serviced from"),
        parse=month(), level="warning", code="BAD_SERVICE_MONTH",
    ),
    Column("status", "Статус", ("status",), parse=text(128, nfkc=True)),
    Column("provider", "Подрядчик", ("provider", "service provider"), parse=text(128, nfkc=True)),
    Column("comment", "Комментарий", ("comment", "примечание"), parse=text(5000)),
)  # fmt: skip
SHOWN: Final = tuple(column for column in COLUMNS if column.key != "number")


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with what it means; `findings` are those of its cells and those of the contracts together."""

    number: int
    values: Mapping[str, Any]
    meaning: Meaning

    @property
    def verdict(self) -> str:
        """Error, warning or ok, by the worst finding."""
        levels = {finding.level for finding in self.meaning.findings}
        return "error" if "error" in levels else "warning" if "warning" in levels else "ok"

    @property
    def key(self) -> str:
        """Return the serial number the row is about, in one form."""
        return str(self.values.get("serial") or "").upper()


def rows_of(content: bytes) -> Iterator[Parsed]:
    """Yield a file's rows, one at a time; SheetError says what is wrong with the file as a whole and where."""
    with read_table(io.BytesIO(content), header_row=find_header(COLUMNS), limits=LIMITS) as table:
        assert table.header is not None  # noqa: S101 - asked for above; tells the type checker
        match = match_headers(table.header, COLUMNS)
        rows = (row for row in table if not is_numbering(row))
        yield from parse_rows(rows, match.positions, COLUMNS)


class Judge:
    """Judges chunks of rows for one session; names are read once, devices and printers in three statements per chunk."""

    def __init__(self, session: ImportSession) -> None:
        """Read the names that rows may use."""
        self._defaults = defaults_of(session)
        self._words = words()

    def judge(self, rows: Sequence[Parsed], twins: Mapping[int, str]) -> list[Judged]:
        """Return the meaning of each row; `twins` says by place in the chunk where a serial number stood before."""
        serials = {str(row.values.get("serial") or "").upper() for row in rows}
        organizations = {self._words.organizations.get(fold(str(row.values.get("organization") or ""))) for row in rows}
        rules = RowRules(self._words, self._defaults, _ours(serials, organizations if "" in serials else set()))
        return [_judged(row, rules, twins.get(place, "")) for place, row in enumerate(rows)]


def defaults_of(session: ImportSession) -> Defaults:
    """Return what holds for rows that do not say it themselves."""
    provider = session.service_provider
    return Defaults(
        session.target_status_id,
        session.target_status.name,
        provider.pk if provider else None,
        provider.name if provider else "",
        session.create_cities,
        session.create_models,
    )


def words() -> Words:
    """Return the names that rows may use; six statements, however many rows there are."""
    models = DeviceModel.objects.values_list("manufacturer__name", "name", "pk")
    return Words(
        {fold(name): pk for name, pk in Organization.objects.values_list("name", "pk")},
        {fold(name): pk for name, pk in City.objects.values_list("name", "pk")},
        frozenset(compact(name) for name in Manufacturer.objects.values_list("name", flat=True)),
        {(compact(maker), compact(name)): pk for maker, name, pk in models},
        {fold(name): pk for name, pk in ContractStatus.objects.values_list("name", "pk")},
        {fold(name): pk for name, pk in ServiceProvider.objects.values_list("name", "pk")},
    )


def _ours(serials: set[str], nameless_of: set[int | None]) -> Ours:
    active = ContractDevice.objects.filter(is_active=True).order_by("pk")
    wanted = [serial.lower() for serial in serials if serial]
    known = active.exclude(serial_number="").annotate(key=Lower("serial_number")).filter(key__in=wanted)
    devices = [OurDevice(*row) for row in known.values_list(*OUR_FIELDS)]
    if nameless_of:
        bare = active.filter(serial_number="", organization__in=[pk for pk in nameless_of if pk is not None])
        devices += [OurDevice(*row) for row in bare.values_list(*OUR_FIELDS)]
    printers = printers_by_serial(serials)
    free = (key for key, found in printers.items() if any(_is_free(one) for one in found))
    return Ours.of(devices, free)


def _is_free(printer: Any) -> bool:
    owner = getattr(printer, "contract_device", None)
    return owner is None or not owner.is_active


def _judged(row: Parsed, rules: RowRules, twin: str) -> Judged:
    found = (*(_finding(problem) for problem in row.problems), *_formulas(row.values))
    if any(one.level == "error" for one in found):
        return Judged(row.number, row.values, Meaning("error", findings=found))
    meaning = rules.judge(row.values, twin)
    return Judged(
        row.number, row.values, Meaning(meaning.label, meaning.target, meaning.changes, (*found, *meaning.findings))
    )


def _formulas(values: Mapping[str, Any]) -> Iterator[Finding]:
    """A formula that came as text is no name, no address and no serial number."""
    for key, value in values.items():
        if isinstance(value, str) and value.startswith("=") and key != "comment":
            yield Finding("FORMULA", f"{value[:60]!r} is a formula. Put its value there.", key)


def _finding(problem: Problem) -> Finding:
    return Finding(problem.code, problem.text, problem.column, problem.level)


def values_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parsed cells as JSON has them; months as ISO days."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in values.items()
        if value is not None
    }


def values_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `values_json` stored."""
    return {key: date.fromisoformat(value) if key == "month" else value for key, value in stored.items()}


def findings_json(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Return findings as JSON has them."""
    return [{"code": one.code, "text": one.text, "column": one.column, "level": one.level} for one in findings]
