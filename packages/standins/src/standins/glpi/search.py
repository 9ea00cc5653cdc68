"""`GET /search/Printer` and the ranges of every list, as GLPI's search engine answers them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from standins.glpi.refusals import Refusal
from standins.glpi.world import KnownPrinter
from standins.wire import Reply, json_reply

MOST: Final = 1000
_CRITERION: Final = re.compile(r"criteria\[(\d{1,4})\]\[(\w+)\]")
_RANGE: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")

Columns = dict[int, Callable[[KnownPrinter], Any]]
COLUMNS: Final[Columns] = {
    1: lambda one: one.name,
    2: lambda one: one.id,
    5: lambda one: one.serial,
    12: lambda one: one.counter,
    80: lambda one: f"Entity {one.entity}",
    126: lambda one: list(one.addresses) if len(one.addresses) > 1 else "".join(one.addresses) or None,
}
"""Search options of a printer: name, id, serial number, current counter of pages, entity, IP."""


def search(printers: Sequence[KnownPrinter], query: str, label_field: int | None) -> Reply:
    """Answer a search over what a session may see; raises Refusal."""
    columns = COLUMNS if label_field is None else {**COLUMNS, label_field: lambda one: one.label}
    pairs = parse_qsl(query, keep_blank_values=True)
    criteria = _criteria(pairs, columns)
    found = [one for one in printers if _fits(one, criteria, columns)]
    forced = [
        int(value) for name, value in pairs if name.startswith("forcedisplay[") and value.isascii() and value.isdigit()
    ]
    shown = list(dict.fromkeys([1, 80, *(int(each["field"]) for each in criteria), *forced]))
    rows = [{str(number): columns[number](one) for number in shown if number in columns} for one in found]
    params = dict(pairs)
    head = {"sort": params.get("sort", "1"), "order": params.get("order", "ASC")}
    chosen, first, last = cut(rows, params)
    body: dict[str, Any] = {"totalcount": len(rows), "count": len(chosen), **head}
    if chosen:
        body |= {"data": chosen, "content-range": f"{first}-{last}/{len(rows)}"}
    return ranged(body, len(chosen), first, last, len(rows))


def cut(rows: Sequence[Any], params: dict[str, str]) -> tuple[list[Any], int, int]:
    """Return what of a list the parameter `range` asks for, with its first and last place; 50 without one."""
    asked = _RANGE.fullmatch(params.get("range", "0-49"))
    if asked is None:
        raise Refusal("ERROR", "range must be in format : [start-end] with integers")
    first, last = int(asked[1]), int(asked[2])
    if first > len(rows):
        raise Refusal("ERROR_RANGE_EXCEED_TOTAL", f"Provided range exceed total count of data: {len(rows)}")
    chosen = list(rows[first : min(last + 1, first + MOST)])
    return chosen, first, first + max(len(chosen) - 1, 0)


def ranged(body: Any, count: int, first: int, last: int, total: int) -> Reply:
    """Return a list's answer: 206 when there is more than was asked for."""
    headers = {"Content-Range": f"{first}-{last}/{total}", "Accept-Range": f"Printer {MOST}"}
    return json_reply(body, 206 if count < total else 200, headers)


def _criteria(pairs: Sequence[tuple[str, str]], columns: Columns) -> list[dict[str, str]]:
    """Return the criteria by their numbers; a criterion without a known field is refused."""
    found: dict[int, dict[str, str]] = {}
    for name, value in pairs:
        if (part := _CRITERION.fullmatch(name)) is not None:
            found.setdefault(int(part[1]), {})[part[2]] = value
        elif name.startswith("criteria"):
            raise Refusal("ERROR", "this stand-in knows flat criteria only")
    criteria = [found[place] for place in sorted(found)]
    for each in criteria:
        field = each.get("field", "")
        if not (field.isascii() and field.isdigit() and int(field) in columns):
            raise Refusal("ERROR", "Bad field ID in search criteria")
        if each.setdefault("searchtype", "contains") not in ("contains", "notcontains", "equals"):
            raise Refusal("ERROR", "Bad searchtype in search criteria")
    return criteria


def _fits(one: KnownPrinter, criteria: Sequence[dict[str, str]], columns: Columns) -> bool:
    """Join criteria as SQL does: AND binds more tightly than OR; no criterion finds everything."""
    groups: list[bool] = []
    for place, each in enumerate(criteria):
        value = str(columns[int(each["field"])](one) or "")
        fits = _matches(value, each["searchtype"], each.get("value", ""))
        if place and each.get("link", "AND").upper() == "AND":
            groups[-1] = groups[-1] and fits
        else:
            groups.append(fits)
    return any(groups) if criteria else True


def _matches(value: str, how: str, wanted: str) -> bool:
    """Compare as GLPI does: whatever the case; in `contains` ^ and $ hold the text to the value's ends."""
    value, wanted = value.casefold(), wanted.casefold()
    if how == "equals":
        return value == wanted
    start, end = wanted.startswith("^"), wanted.endswith("$")
    text = wanted.removeprefix("^").removesuffix("$")
    if start and end:
        inside = value == text
    elif start:
        inside = value.startswith(text)
    else:
        inside = value.endswith(text) if end else text in value
    return inside == (how == "contains")
