"""The list of contract devices: filters per column, order and pages, each page in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.utils.datastructures import MultiValueDict

from contracts.models import ContractDevice
from contracts.services.columns import BY_KEY, COLUMNS, Column

PAGE_SIZES: Final = (25, 50, 100, 250, 500, 1000)
DEFAULT_PAGE_SIZE: Final = 100
LONGEST_TEXT: Final = 128
MOST_VALUES: Final = 200
MOST_CHOICES: Final = 200
NONE: Final = "none"
DEFAULT_SORT: Final = "organization"


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What the list shows; made from a query string, in which unknown words and numbers out of range are ignored.

    `values` holds per column the values that are let through (ids, first days of months, texts; "none" for empty), `parts` a
    part of the text, whatever its case.
    """

    search: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    active: str = "true"
    sort: str = DEFAULT_SORT
    descending: bool = False
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    def without(self, key: str) -> DeviceFilter:
        """Return the filter without one column."""
        return replace(
            self,
            values={name: value for name, value in self.values.items() if name != key},
            parts={name: value for name, value in self.parts.items() if name != key},
            page=1,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Return the query string's pairs, leaving out what is as usual."""
        pairs = [("q", self.search)] if self.search else []
        pairs += [(f"{key}__in", value) for key, values in self.values.items() for value in values]
        pairs += list(self.parts.items())
        if self.active != "true":
            pairs.append(("active", self.active))
        if (self.sort, self.descending) != (DEFAULT_SORT, False):
            pairs.append(("sort", ("-" if self.descending else "") + self.sort))
        if self.page_size != DEFAULT_PAGE_SIZE:
            pairs.append(("per_page", str(self.page_size)))
        if self.page != 1:
            pairs.append(("page", str(self.page)))
        return pairs

    def query(self, **changes: Any) -> str:
        """Return the query string with some fields changed, on page 1 unless the page is given."""
        return urlencode(replace(self, **{"page": 1, **changes}).pairs())

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but order and page differs from the plain list."""
        return bool(self.search or self.values or self.parts or self.active != "true")


def parse_filter(query: MultiValueDict[str, str]) -> DeviceFilter:
    """Return the filter of a query string; `city=3`, `city__in=3&city__in=4` and `city__in=3||4` say the same."""
    values: dict[str, tuple[str, ...]] = {}
    parts: dict[str, str] = {}
    for column in COLUMNS:
        raw = [part for text in query.getlist(f"{column.key}__in") for part in text.split("||")]
        plain = _clean(query.get(column.key, ""))
        if column.kind == "text":
            if plain:
                parts[column.key] = plain
        elif plain:
            raw += query.getlist(column.key)
        chosen = tuple(dict.fromkeys(value for text in raw[:MOST_VALUES] if (value := _value(column, text))))
        if chosen:
            values[column.key] = chosen
    sort = query.get("sort", "")
    key = sort.removeprefix("-")
    known = key in BY_KEY and bool(BY_KEY[key].sort)
    size = query.get("per_page", "")
    active = query.get("active", "")
    return DeviceFilter(
        search=_clean(query.get("q", "")),
        values=values,
        parts=parts,
        active=active if active in ("false", "all") else "true",
        sort=key if known else DEFAULT_SORT,
        descending=known and sort.startswith("-"),
        page=_page(query.get("page", "")),
        page_size=int(size) if size in map(str, PAGE_SIZES) else DEFAULT_PAGE_SIZE,
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_TEXT]


def _page(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 7 else 1


def _value(column: Column, text: str) -> str:
    """Return a value that may be compared with this column, or nothing."""
    text = _clean(text) if column.kind != "text" else text.replace("\x00", "")[:255]
    if column.kind == "link":
        return text if text in ("linked", NONE) else ""
    if text == NONE:
        return NONE
    if column.kind == "reference":
        return text if text.isascii() and text.isdigit() and len(text) <= 18 else ""
    if column.kind == "month":
        try:
            return date.fromisoformat(f"{text[:7]}-01").isoformat()
        except ValueError:
            return ""
    return text


def select(chosen: DeviceFilter) -> QuerySet[ContractDevice]:
    """Return the devices of a filter, in order, without paging and without joins for showing."""
    names = BY_KEY[chosen.sort].sort
    order = [
        F(name).desc(nulls_last=True) if chosen.descending else F(name).asc(nulls_last=True)
        for name in (names if chosen.sort != DEFAULT_SORT else (*names, "city__name", "address", "room_number"))
    ]
    return ContractDevice.objects.filter(_conditions(chosen)).order_by(*order, "pk")


def with_facts(rows: QuerySet[ContractDevice]) -> QuerySet[ContractDevice]:
    """Join what a row shows; no query is made per row."""
    return rows.select_related(
        "organization", "city", "model__manufacturer", "status", "service_provider", "printer__status"
    )


def page_of(rows: QuerySet[ContractDevice], chosen: DeviceFilter) -> QuerySet[ContractDevice]:
    """Return one page: narrow rows are sorted and cut first, the wide ones are joined to what is left."""
    start = (chosen.page - 1) * chosen.page_size
    cut = rows.values("pk")[start : start + chosen.page_size]
    return with_facts(ContractDevice.objects.filter(pk__in=cut)).order_by(*rows.query.order_by)


def _conditions(chosen: DeviceFilter) -> Q:
    query = _search(chosen.search)
    if chosen.active != "all":
        query &= Q(is_active=chosen.active == "true")
    for key, part in chosen.parts.items():
        query &= Q(**{f"{BY_KEY[key].field}__icontains": part})
    for key, values in chosen.values.items():
        query &= _among(BY_KEY[key], values)
    return query


def _among(column: Column, values: tuple[str, ...]) -> Q:
    empty = NONE in values
    if column.kind == "link":
        wanted = {value == "linked" for value in values}
        return Q() if len(wanted) == 2 else Q(printer__isnull=wanted != {True})
    some = Q(**{f"{column.field}__in": [value for value in values if value != NONE]})
    if not empty:
        return some
    return some | (Q(**{column.field: ""}) if column.kind == "text" else Q(**{f"{column.field}__isnull": True}))


def _search(text: str) -> Q:
    query = Q()
    for word in text.split():
        query &= (
            Q(serial_number__icontains=word)
            | Q(address__icontains=word)
            | Q(room_number__icontains=word)
            | Q(organization__name__icontains=word)
            | Q(city__name__icontains=word)
            | Q(model__name__icontains=word)
            | Q(model__manufacturer__name__icontains=word)
            | Q(comment__icontains=word)
        )
    return query


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a column that the other filters leave, how many devices have it, and whether it is chosen."""

    value: str
    label: str
    count: int
    chosen: bool


def choices(chosen: DeviceFilter, key: str, part: str = "") -> list[Choice]:
    """Return the values a column has under the filters of all other columns, most frequent first, at most 200.

    Chosen values come first and always. `part` narrows by a part of the text. One query.
    """
    column = BY_KEY[key]
    picked = chosen.values.get(key, ())
    rows = ContractDevice.objects.filter(_conditions(chosen.without(key)))
    shown = column.shown_by or column.field
    if part and column.kind in ("reference", "text"):
        rows = rows.filter(**{f"{shown}__icontains": _clean(part)})
    if column.kind == "link":
        counts = rows.aggregate(linked=Count("printer"), all=Count("pk"))
        facts = [("linked", "linked", counts["linked"]), (NONE, NONE, counts["all"] - counts["linked"])]
    else:
        names = list(dict.fromkeys((column.field, shown)))
        known = [value for value in picked if value != NONE]
        chosen_first = Case(When(**{f"{column.field}__in": known}, then=0), default=1)
        found = (
            rows.order_by()
            .values_list(*names)
            .annotate(n=Count("pk"))
            .order_by(chosen_first, "-n", shown)[:MOST_CHOICES]
        )
        facts = [(_text(row[0]), _text(row[-2]), row[-1]) for row in found]
    listed = [Choice(value, label, count, value in picked) for value, label, count in facts]
    return sorted(listed, key=lambda one: not one.chosen)


def _text(value: object) -> str:
    if value is None or value == "":
        return NONE
    return value.isoformat() if isinstance(value, date) else str(value)
