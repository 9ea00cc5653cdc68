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
REFRESHED: Final = ("color", "capacity", "comment")
"""Cells of a file that change a known cartridge."""
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


@dataclass(slots=True)
class CartridgeRow:
    """A row of a file: which model takes which cartridge, and what would become of that.

    `label` is new (the cartridge is), update (a link or a cell is), same, dup_in_file or error; `key` is the cartridge's folded
    name and part number, `cartridge` its id where it is known.
    """

    number: int
    values: Mapping[str, Any]
    label: str
    code: str = ""
    text: str = ""
    model: int | None = None
    key: tuple[str, str] = ("", "")
    cartridge: int | None = None


def judge(content: bytes, *, skip_existing: bool = False) -> list[CartridgeRow]:
    """Return every row of a file with what would become of it; SheetError when the file as a whole cannot be read."""
    by_id, by_name = _models()
    known = {(fold(one.name), fold(one.part_number)): one for one in Cartridge.objects.all()}
    there = set(DeviceModelCartridge.objects.values_list("device_model_id", "cartridge_id"))
    seen: dict[tuple[int, tuple[str, str]], int] = {}
    found = []
    for parsed in _parsed(content):
        row = _model(parsed, by_id, by_name)
        found.append(row)
        if row.model is None:
            continue
        row.key = (fold(str(row.values["name"])), fold(str(row.values.get("part") or "")))
        first = seen.setdefault((row.model, row.key), row.number)
        cartridge = known.get(row.key)
        row.cartridge = cartridge.pk if cartridge else None
        if first != row.number:
            row.label, row.code, row.text = "dup_in_file", "DUPLICATE", f"Row {first} says the same."
        elif cartridge is None:
            row.label = "new"
        elif (row.model, cartridge.pk) not in there or (not skip_existing and _differs(cartridge, row.values)):
            row.label = "update"
    return found


def _differs(cartridge: Cartridge, values: Mapping[str, Any]) -> bool:
    return any(values.get(name) and values[name] != getattr(cartridge, name) for name in REFRESHED)


def import_cartridges(
    content: bytes, *, primary: bool = False, skip_existing: bool = False, dry_run: bool = False
) -> Told:
    """Make cartridges and say which models take them; SheetError when the file as a whole cannot be read.

    A cartridge is told by name and part number together, so two part numbers of one name stay two. `primary` marks what is linked
    as the usual one; `skip_existing` leaves known cartridges as they are, else the file's colour, capacity and comment count.
    """
    with transaction.atomic():
        told = apply_rows(judge(content, skip_existing=skip_existing), primary=primary, skip_existing=skip_existing)
        if dry_run:
            transaction.set_rollback(True)
    return told


def apply_rows(rows: Sequence[CartridgeRow], *, primary: bool, skip_existing: bool) -> Told:
    """Write judged rows in a constant number of statements; what is wrong with the others is told."""
    told = Told(bad=[BadRow(row.number, row.code, row.text) for row in rows if row.label == "error"])
    wanted: dict[tuple[str, str], Mapping[str, Any]] = {}
    links: list[tuple[int, tuple[str, str]]] = []
    for row in rows:
        if row.model is not None:
            wanted.setdefault(row.key, row.values)
            links.append((row.model, row.key))
    _write(wanted, links, told, primary=primary, skip_existing=skip_existing)
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
    row: Parsed, by_id: Mapping[int, tuple[str, str]], by_name: Mapping[tuple[str, str], Sequence[int]]
) -> CartridgeRow:
    """Return a row with the model it is about, or with what is wrong."""

    def wrong(code: str, words: str) -> CartridgeRow:
        return CartridgeRow(row.number, row.values, "error", code, words)

    errors = [problem for problem in row.problems if problem.level == "error"]
    if errors:
        return wrong(errors[0].code, errors[0].text)
    pk, name = row.values.get("model_id"), compact(str(row.values.get("model") or ""))
    maker = compact(str(row.values.get("manufacturer") or ""))
    if isinstance(pk, int):
        if pk not in by_id:
            return wrong("MODEL_NOT_FOUND_BY_ID", f"There is no model with the ID {pk}.")
        if name and by_id[pk][1] != name:
            return wrong("MODEL_NAME_MISMATCH", f"The model with the ID {pk} has another name.")
        return CartridgeRow(row.number, row.values, "same", model=pk)
    if not name:
        return wrong("MISSING_VALUES", "Neither the model's ID nor its name is given.")
    found = by_name.get((maker, name), [])
    if len(found) != 1:
        words = "There is no such model." if not found else "Several makers have this model; name the maker."
        return wrong("MODEL_NOT_FOUND", words)
    return CartridgeRow(row.number, row.values, "same", model=found[0])


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
        for name in REFRESHED:
            if values.get(name):
                setattr(cartridge, name, values[name])
    Cartridge.objects.bulk_create(
        [cartridge for cartridge, _ in rows],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(REFRESHED),
    )
