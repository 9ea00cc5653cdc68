"""Spreadsheets of printers: read within limits, judged row by row against the fleet, applied once and only as shown."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from sheets import (
    Column,
    Duplicates,
    Limits,
    Parsed,
    Problem,
    SheetError,
    digest_of,
    find_header,
    is_numbering,
    match_headers,
    parse_rows,
    read_table,
)
from sheets.cells import Cell, cell_text
from sheets.errors import CellError
from sheets.parsers import serial, text, whole

from inventory.models import Organization, PollSchedule, Printer
from inventory.polling.snmp.transport import normal_address
from inventory.rules.identity import normal_mac, normal_serial
from inventory.rules.model_match import Catalogue, CatalogueModel
from inventory.rules.networks import Networks
from inventory.rules.printer_rows import (
    DUPLICATE,
    ERROR,
    NEW,
    UPDATE,
    Defaults,
    Finding,
    Meaning,
    OurFleet,
    OurPrinter,
    RowRules,
)
from inventory.services.discovery import audit_added
from inventory.services.identity import find_device_model
from inventory.services.printers import AddressTakenError
from inventory.services.requests import tell_sweeper

LIMITS: Final = Limits(file_bytes=10 * 2**20, unpacked_bytes=100 * 2**20, rows=20_000, columns=64, cells=400_000)
SECRET_COLUMNS: Final = frozenset({"community"})
OUR_FIELDS: Final = (
    "pk", "ip_address", "snmp_port", "serial_number", "mac_address", "hostname", "snmp_community", "organization_id",
    "device_model_id",
)  # fmt: skip


def _address(cell: Cell) -> str:
    known = normal_address(cell_text(cell).strip())
    if known is None:
        raise CellError("BAD_ADDRESS", f"{cell_text(cell)[:60]!r} is no IP address.", advice="Write it like 10.4.0.12.")
    return known[0]


def _mac(cell: Cell) -> str:
    mac = normal_mac(cell_text(cell))
    if not mac:
        raise CellError(
            "BAD_MAC", f"{cell_text(cell)[:60]!r} is no MAC address.", advice="Write twelve hexadecimal digits."
        )
    return mac


COLUMNS: Final = (
    Column("number", "№", ("No", "#", "п/п", "№ п/п", "number"), parse=text(60), level="warning"),
    Column("manufacturer", "Производитель", ("manufacturer", "vendor", "maker", "brand"), parse=text(128, nfkc=True)),
    Column(
        "model",
        "Модель оборудования",
        ("Модель", "model", "device model", "equipment model"),
        parse=text(128, nfkc=True),
    ),
    Column("serial", "Серийный номер", ("serial", "serial number", "s/n", "sn", "Зав. номер"), parse=serial(100)),
    Column(
        "ip",
        "IP",
        ("IP-адрес", "IP адрес", "ip address", "address"),
        parse=_address,
        required=True,
        when_empty="NO_ADDRESS",
    ),
    Column(
        "organization", "Организация", ("organization", "organisation", "client", "Клиент"), parse=text(200, nfkc=True)
    ),
    Column("port", "Порт", ("port", "snmp port", "Порт SNMP"), parse=whole(1, 65535)),
    Column("community", "SNMP community", ("community", "snmp-community"), parse=text(100)),
    Column("mac", "MAC", ("MAC-адрес", "MAC адрес", "mac address"), parse=_mac),
    Column("host", "Имя хоста", ("host", "hostname", "host name", "Хост"), parse=text(255, nfkc=True)),
)


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row of a preview: its parsed cells, what becomes of it, and all that was found out about it."""

    number: int
    values: Mapping[str, Any]
    meaning: Meaning

    @property
    def verdict(self) -> str:
        """Error, warning or ok, by the worst finding."""
        levels = {finding.level for finding in self.meaning.findings}
        return "error" if "error" in levels else "warning" if "warning" in levels else "ok"

    def shown(self) -> dict[str, Any]:
        """Return the cells that may be shown and kept, with the fields that would change."""
        cells = {key: value for key, value in self.values.items() if key not in SECRET_COLUMNS and value is not None}
        return {**cells, "changes": sorted(self.meaning.fields) if self.meaning.label == UPDATE else []}


@dataclass(slots=True)
class Preview:
    """Every row of a file, judged; `digest` covers what was shown and by which rules of the game."""

    rows: list[JudgedRow] = field(default_factory=list)
    digest: str = ""

    def counts(self) -> dict[str, int]:
        """Return how many rows have each label."""
        return dict(Counter(row.meaning.label for row in self.rows))

    def codes(self) -> dict[str, int]:
        """Return how many rows have each finding."""
        return dict(Counter(code for row in self.rows for code in {one.code for one in row.meaning.findings}))


@dataclass(frozen=True, slots=True)
class Applied:
    """How many printers an import made and changed, and models it made."""

    created: int = 0
    updated: int = 0
    models: int = 0

    def as_json(self) -> dict[str, int]:
        """Return plain JSON."""
        return {"created": self.created, "updated": self.updated, "models": self.models}


def look_through(content: bytes, defaults: Defaults) -> Preview:
    """Judge every row of a spreadsheet and change nothing; SheetError says what is wrong with the file as a whole."""
    rules = RowRules(
        OurFleet.of(OurPrinter(*row) for row in Printer.objects.filter(is_active=True).values_list(*OUR_FIELDS)),
        Catalogue(_catalogue()),
        {name.casefold(): pk for pk, name in Organization.objects.values_list("pk", "name")},
        Networks.parse(settings.PRINTER_NETWORKS),
        defaults,
    )
    seen = Duplicates()
    rows = [_judged(row, rules, seen) for row in _parsed(content)]
    if not rows:
        raise SheetError("NO_ROWS", "The table has a header but no rows.", advice="Fill in a printer per row.")
    told = ([row.number, row.meaning.label, row.meaning.target, sorted(row.meaning.fields)] for row in rows)
    options = [defaults.organization_id, defaults.community, defaults.create_models]
    digest = digest_of([hashlib.sha256(content).digest(), json.dumps(options), *(json.dumps(one) for one in told)])
    return Preview(rows, digest)


def _catalogue() -> list[CatalogueModel]:
    models = apps.get_model("contracts", "DeviceModel")
    return [CatalogueModel(*row) for row in models.objects.values_list("pk", "manufacturer__name", "name")]


def _parsed(content: bytes) -> Iterator[Parsed]:
    with read_table(io.BytesIO(content), header_row=find_header(COLUMNS), limits=LIMITS) as table:
        assert table.header is not None  # noqa: S101 - asked for above; tells the type checker
        match = match_headers(table.header, COLUMNS)
        rows = (row for row in table if not is_numbering(row))
        yield from parse_rows(rows, match.positions, COLUMNS)


def _judged(row: Parsed, rules: RowRules, seen: Duplicates) -> JudgedRow:
    found = tuple(_finding(problem) for problem in row.problems)
    if row.verdict == "error":
        return JudgedRow(row.number, row.values, Meaning(ERROR, findings=found))
    number = normal_serial(str(row.values.get("serial") or ""))
    first = seen.seen(number, ("", row.number)) if number else None
    if first is not None:
        twin = Finding("DUPLICATE_SERIAL", f"Row {first[1]} has the same serial number.", "serial", "warning")
        return JudgedRow(row.number, row.values, Meaning(DUPLICATE, findings=(*found, twin)))
    meaning = rules.judge(row.number, row.values)
    return JudgedRow(row.number, row.values, replace(meaning, findings=(*found, *meaning.findings)))


def _finding(problem: Problem) -> Finding:
    return Finding(problem.code, problem.text, problem.column, problem.level)


def apply_rows(rows: Sequence[JudgedRow], user_id: int | None) -> Applied:
    """Write what new and changed rows mean, all or nothing; AddressTakenError when somebody took an address meanwhile."""
    try:
        with transaction.atomic():
            models = _make_models(rows)
            new = [row.meaning for row in rows if row.meaning.label == NEW]
            changed = [row.meaning for row in rows if row.meaning.label == UPDATE]
            created = Printer.objects.bulk_create(
                [Printer(**_fields(meaning, models)) for meaning in new], batch_size=1000
            )
            audit_added(created, user_id, _("Imported from a spreadsheet."))
            _change(changed, models, user_id)
            transaction.on_commit(tell_sweeper)
    except IntegrityError as error:
        text = _("Somebody else has taken an address of this file meanwhile. Look through it again.")
        raise AddressTakenError(text) from error
    return Applied(len(new), len(changed), len(set(models.values())))


def _make_models(rows: Sequence[JudgedRow]) -> dict[tuple[str, str], int]:
    """Make what the rows want made; the first spelling in the file is the one that is kept."""
    wanted = (row.meaning.new_model for row in rows if row.meaning.label in (NEW, UPDATE) and row.meaning.new_model)
    return {key: find_device_model(*key) for key in dict.fromkeys(wanted)}


def _fields(meaning: Meaning, models: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    made = {"device_model_id": models[meaning.new_model]} if meaning.new_model else {}
    return {**meaning.fields, **made}


def _change(meanings: Sequence[Meaning], models: Mapping[tuple[str, str], int], user_id: int | None) -> None:
    by_pk = {meaning.target: _fields(meaning, models) for meaning in meanings if meaning.target is not None}
    printers = list(Printer.objects.select_for_update(of=("self",)).filter(pk__in=by_pk).order_by("pk"))
    moved = []
    for printer in printers:
        fields = by_pk[printer.pk]
        for name, value in fields.items():
            setattr(printer, name, value)
        printer.version += 1
        printer.last_updated = timezone.now()
        if "ip_address" in fields or "snmp_port" in fields:
            moved.append(printer.pk)
    names = sorted({name.removesuffix("_id") for fields in by_pk.values() for name in fields})
    if printers:
        # An upsert by id: `bulk_update` spends minutes on building its CASE for a whole fleet.
        Printer.objects.bulk_create(
            printers,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*names, "version", "last_updated"],
        )
    PollSchedule.objects.filter(printer__in=moved, lease_token=None).update(
        due_at=timezone.now(), failures=F("failures") * 0
    )
    _audit_changes(printers, by_pk, user_id)


def _audit_changes(printers: Sequence[Printer], by_pk: Mapping[int, Mapping[str, Any]], user_id: int | None) -> None:
    if user_id is None:
        return
    kind = ContentType.objects.get_for_model(Printer)
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                user_id=user_id,
                content_type=kind,
                object_id=str(printer.pk),
                object_repr=str(printer)[:200],
                action_flag=CHANGE,
                change_message=_("Imported from a spreadsheet: %(fields)s.")
                % {"fields": ", ".join(sorted(name.removesuffix("_id") for name in by_pk[printer.pk]))},
            )
            for printer in printers
        ],
        batch_size=1000,
    )
