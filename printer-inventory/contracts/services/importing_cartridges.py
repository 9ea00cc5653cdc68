"""Spreadsheets of cartridges and the models that take them: read within limits, judged row by row, applied all or nothing."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from sheets import Column, Limits, Parsed, SheetError, find_header, match_headers, parse_rows, read_table
from sheets.parsers import choice, text, whole

from contracts.models import Cartridge, DeviceModel, DeviceModelCartridge
from contracts.rules.device_rows import fold
from inventory.rules.model_match import compact

LIMITS: Final = Limits(file_bytes=10 * 2**20, unpacked_bytes=100 * 2**20, rows=50_000, columns=64, cells=500_000)
COLORS: Final = {
    **dict.fromkeys(("черный", "чёрный", "black", "k", "bk", "ч/б"), "black"),
    **dict.fromkeys(("голубой", "синий", "cyan", "c"), "cyan"),
    **dict.fromkeys(("пурпурный", "розовый", "magenta", "m"), "magenta"),
    **dict.fromkeys(("желтый", "жёлтый", "yellow", "y"), "yellow"),
    **dict.fromkeys(("цветной", "трехцветный", "трёхцветный", "триколор", "color", "colour", "tricolor"), "color"),
}
COLUMNS: Final = (
    Column("model_id", "ID модели", ("ID", "model id", "device model id"), parse=whole(1), code="INVALID_MODEL_ID"),
    Column("manufacturer", "Производитель", ("vendor", "бренд", "manufacturer"), parse=text(128, nfkc=True)),
    Column(
        "model", "Модель", ("Модель оборудования", "model", "device model", "модель устройства"), parse=text(128, nfkc=True)
    ),
    Column(
        "name", "Картридж", ("название картриджа", "cartridge name", "cartridge", "toner", "тонер"),
        parse=text(128, nfkc=True), required=True, when_empty="MISSING_VALUES",
    ),
    Column("part", "Артикул", ("part number", "pn", "партномер", "p/n"), parse=text(64, nfkc=True)),
    Column("color", "Цвет", ("color", "colour"), parse=choice(COLORS, other="other")),
    Column("capacity", "Ресурс", ("capacity", "yield"), parse=text(64)),
    Column("comment", "Комментарий", ("примечание", "comment"), parse=text(255)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out, and why."""

    number: int
    code: str
    text: str


@dataclass(slots=True)
class Told:
    """What an import did, or would do."""

    cartridges: int = 0
    links: int = 0
    known: int = 0
    bad: list[BadRow] = field(default_factory=list)


def import_cartridges(
    content: bytes, *, primary: bool = False, skip_existing: bool = False, dry_run: bool = False
) -> Told:
    """Make cartridges and say which models take them; SheetError when the file as a whole cannot be read.

    A cartridge is told by name and part number together, so two part numbers of one name stay two. `primary` marks what is linked
    as the usual one; `skip_existing` leaves known cartridges as they are, else the file's colour, capacity and comment count.
    """
    told = Told()
    by_id, by_name = _models()
    wanted: dict[tuple[str, str], Mapping[str, Any]] = {}
    links: list[tuple[int, tuple[str, str]]] = []
    for row in _parsed(content):
        model = _model(row, by_id, by_name, told)
        if model is None:
            continue
        key = (fold(str(row.values["name"])), fold(str(row.values.get("part") or "")))
        wanted.setdefault(key, row.values)
        links.append((model, key))
    with transaction.atomic():
        _write(wanted, links, told, primary=primary, skip_existing=skip_existing)
        if dry_run:
            transaction.set_rollback(True)
    return told


def _parsed(content: bytes) -> Iterator[Parsed]:
    with read_table(io.BytesIO(content), header_row=find_header(COLUMNS), limits=LIMITS) as table:
        assert table.header is not None  # noqa: S101 - asked for above; tells the type checker
        match = match_headers(table.header, COLUMNS)
        if "model_id" not in match.positions and "model" not in match.positions:
            raise SheetError("NO_MODEL_COLUMN", "There is no column for the model.", advice="Add ID модели, or Модель.")
        yield from parse_rows(table, match.positions, COLUMNS)


def _models() -> tuple[dict[int, tuple[str, str]], dict[tuple[str, str], list[int]]]:
    by_id, by_name = {}, {}  # type: dict[int, tuple[str, str]], dict[tuple[str, str], list[int]]
    for pk, maker, name in DeviceModel.objects.values_list("pk", "manufacturer__name", "name"):
        key = (compact(maker), compact(name))
        by_id[pk] = key
        for one in (key, ("", key[1])):
            by_name.setdefault(one, []).append(pk)
    return by_id, by_name


def _model(
    row: Parsed,
    by_id: Mapping[int, tuple[str, str]],
    by_name: Mapping[tuple[str, str], Sequence[int]],
    told: Told,
) -> int | None:
    """Return the model a row is about; what is wrong with the row is told."""
    errors = [problem for problem in row.problems if problem.level == "error"]
    if errors:
        told.bad.append(BadRow(row.number, errors[0].code, errors[0].text))
        return None
    pk, name = row.values.get("model_id"), compact(str(row.values.get("model") or ""))
    maker = compact(str(row.values.get("manufacturer") or ""))
    if isinstance(pk, int):
        if pk not in by_id:
            told.bad.append(BadRow(row.number, "MODEL_NOT_FOUND_BY_ID", f"There is no model with the ID {pk}."))
            return None
        if name and by_id[pk][1] != name:
            told.bad.append(BadRow(row.number, "MODEL_NAME_MISMATCH", f"The model with the ID {pk} has another name."))
            return None
        return pk
    if not name:
        told.bad.append(BadRow(row.number, "MISSING_VALUES", "Neither the model's ID nor its name is given."))
        return None
    found = by_name.get((maker, name), [])
    if len(found) != 1:
        text_ = "There is no such model." if not found else "Several makers have this model; name the maker."
        told.bad.append(BadRow(row.number, "MODEL_NOT_FOUND", text_))
        return None
    return found[0]


def _write(
    wanted: Mapping[tuple[str, str], Mapping[str, Any]],
    links: Iterable[tuple[int, tuple[str, str]]],
    told: Told,
    *,
    primary: bool,
    skip_existing: bool,
) -> None:
    known = {(fold(one.name), fold(one.part_number)): one for one in Cartridge.objects.all()}
    new = {key: _cartridge(values) for key, values in wanted.items() if key not in known}
    told.cartridges, told.known = len(new), len(wanted) - len(new)
    if not skip_existing:
        _refresh([(known[key], values) for key, values in wanted.items() if key in known])
    known |= dict(zip(new, Cartridge.objects.bulk_create(new.values(), batch_size=1000), strict=True))
    pairs = dict.fromkeys((model, known[key].pk) for model, key in links)
    there = set(DeviceModelCartridge.objects.values_list("device_model_id", "cartridge_id"))
    rows = [
        DeviceModelCartridge(device_model_id=model, cartridge_id=pk, is_primary=primary)
        for model, pk in pairs
        if (model, pk) not in there
    ]
    told.links = len(DeviceModelCartridge.objects.bulk_create(rows, batch_size=1000))


def _cartridge(values: Mapping[str, Any]) -> Cartridge:
    return Cartridge(
        name=str(values["name"]),
        part_number=str(values.get("part") or ""),
        color=str(values.get("color") or "other"),
        capacity=str(values.get("capacity") or ""),
        comment=str(values.get("comment") or ""),
    )


def _refresh(rows: Sequence[tuple[Cartridge, Mapping[str, Any]]]) -> None:
    """Let filled cells change known cartridges; an empty one leaves them."""
    for cartridge, values in rows:
        for name in ("color", "capacity", "comment"):
            if values.get(name):
                setattr(cartridge, name, values[name])
    Cartridge.objects.bulk_create(
        [cartridge for cartridge, _ in rows],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["color", "capacity", "comment"],
    )
