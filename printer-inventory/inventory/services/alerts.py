"""What the printers of the fleet complain about now: their alert tables, unfolded, filtered, sorted and cut by the database.

`PrinterState.alerts` and `errors` are the last believed reading's prtAlertTable (RFC 3805) and hrPrinterDetectedErrorState
(RFC 2790). The Printer-MIB's own alert time counts from the device's last start, so since when an alert stands is taken from the
readings that are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from access.reach import organizations
from inventory.services.fleet import DEFAULT_PAGE_SIZE, LONGEST_SEARCH, PAGE_SIZES
from inventory.services.found_devices import number

SEVERITIES: Final = ("critical", "warning", "other")
LOOK_BACK: Final = 50
"""Readings per printer that are looked through for an alert's beginning."""

SORTS: Final = {
    "severity": "a.rank",
    "printer": "p.ip_address, p.snmp_port",
    "organization": "o.name",
    "description": "lower(a.description)",
    "read": "st.last_success_at",
}

UNFOLDED: Final = """
FROM inventory_printerstate st
JOIN inventory_printer p ON p.id = st.printer_id AND p.is_active
LEFT JOIN inventory_organization o ON o.id = p.organization_id
CROSS JOIN LATERAL (
    SELECT 'alert' AS source, x ->> 'index' AS index, coalesce(x ->> 'group', '') AS kind,
           (x ->> 'code')::bigint AS code, coalesce(x ->> 'code_name', '') AS code_name,
           coalesce(x ->> 'description', '') AS description,
           CASE WHEN x ->> 'severity' ILIKE 'critical%%' THEN 'critical'
                WHEN x ->> 'severity' ILIKE 'warning%%' THEN 'warning' ELSE 'other' END AS severity,
           CASE WHEN x ->> 'severity' ILIKE 'critical%%' THEN 0
                WHEN x ->> 'severity' ILIKE 'warning%%' THEN 1 ELSE 2 END AS rank
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(st.alerts) = 'array' THEN st.alerts ELSE '[]' END) AS x
    UNION ALL
    SELECT 'condition', NULL, 'condition', NULL, e.value, e.value, 'warning', 1
    FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(st.errors) = 'array' THEN st.errors ELSE '[]' END) AS e
) a
"""

SINCE_SQL: Final = """
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(wanted)s::jsonb) AS w(place int, printer bigint, needle jsonb)
)
SELECT w.place, min(k.recorded_at) FILTER (WHERE k.recorded_at > coalesce(k.last_without, '-infinity')),
       count(*) FILTER (WHERE k.recorded_at <= coalesce(k.last_without, '-infinity')) > 0
FROM wanted w CROSS JOIN LATERAL (
    SELECT c.recorded_at, max(c.recorded_at) FILTER (WHERE NOT c.reading @> w.needle) OVER () AS last_without
    FROM (SELECT recorded_at, reading FROM inventory_pagecounter
          WHERE printer_id = w.printer ORDER BY recorded_at DESC LIMIT %(back)s) c
) k
GROUP BY w.place
"""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What the list shows; unknown words and numbers out of range are ignored. `kind` is an alert group or "condition"."""

    search: str = ""
    severity: str = ""
    kind: str = ""
    organization: int | None = None
    sort: str = "severity"
    descending: bool = False
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> AlertFilter:
        """Return the filter of a query string."""
        sort = query.get("sort", "severity")
        key = sort.removeprefix("-")
        severity, size = query.get("severity", ""), number(query.get("per_page"))
        return cls(
            search=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            severity=severity if severity in SEVERITIES else "",
            kind=query.get("kind", "").replace("\x00", "").strip()[:60],
            organization=number(query.get("org")),
            sort=key if key in SORTS else "severity",
            descending=sort.startswith("-") and key in SORTS,
            page=number(query.get("page")) or 1,
            page_size=size if size in PAGE_SIZES else DEFAULT_PAGE_SIZE,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.search or self.severity or self.kind or self.organization)


@dataclass(slots=True)
class AlertRow:
    """One alert or condition of one printer. `since` is the first reading that has it without a gap; `before` says that it may
    be older than what was looked through.
    """

    printer_id: int
    address: str
    port: int
    organization: str
    location: str
    source: str
    index: str | None
    kind: str
    code: int | None
    code_name: str
    description: str
    severity: str
    read_at: datetime | None
    since: datetime | None = None
    before: bool = False

    @property
    def printer(self) -> str:
        """The printer's address as people write it."""
        return self.address if self.port == 161 else f"{self.address}:{self.port}"

    @property
    def kind_words(self) -> str:
        """The kind as words."""
        return kind_words(self.kind)


def kind_words(kind: str) -> str:
    """Return a MIB name such as `markerSupplies` or `marker_supplies` as words."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).replace("_", " ").strip()
    return spaced.capitalize() or _("Unknown")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many rows the filter lets through, and of all of them how many of each severity and kind."""

    total: int
    severities: dict[str, int]
    kinds: dict[str, int]
    printers: int


def figures(chosen: AlertFilter) -> Figures:
    """Count in one query: the counts by severity and kind leave these two filters aside, so that they can be chosen from."""
    where, facts = _where(chosen, every=True)
    narrow, more = _where(chosen)
    inside = narrow.removeprefix("WHERE ") or "TRUE"
    sql = f"""SELECT a.severity, a.kind, count(*), count(*) FILTER (WHERE {inside}), count(DISTINCT p.id)
        {UNFOLDED} {where} GROUP BY a.severity, a.kind"""
    severities: dict[str, int] = {}
    kinds: dict[str, int] = {}
    total = printers = 0
    with connection.cursor() as cursor:
        cursor.execute(sql, {**facts, **more})
        for severity, kind, count, fitting, devices in cursor.fetchall():
            severities[severity] = severities.get(severity, 0) + count
            kinds[kind] = kinds.get(kind, 0) + count
            total, printers = total + fitting, printers + devices
    return Figures(total, severities, dict(sorted(kinds.items(), key=lambda one: (-one[1], one[0]))), printers)


def page_of(chosen: AlertFilter, page: int) -> list[AlertRow]:
    """Return one page of alerts with since when each stands, in two queries."""
    where, facts = _where(chosen)
    direction = "DESC NULLS LAST" if chosen.descending else "ASC NULLS LAST"
    order = ", ".join(f"{part} {direction}" for part in SORTS[chosen.sort].split(", "))
    sql = f"""SELECT p.id, host(p.ip_address), p.snmp_port, coalesce(o.name, ''), p.location, a.source, a.index, a.kind, a.code,
        a.code_name, a.description, a.severity, st.last_success_at
        {UNFOLDED} {where} ORDER BY {order}, p.ip_address, p.id, a.source, a.index, a.description
        LIMIT %(limit)s OFFSET %(offset)s"""
    facts |= {"limit": chosen.page_size, "offset": (page - 1) * chosen.page_size}
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        rows = [AlertRow(*row) for row in cursor.fetchall()]
    _add_since(rows)
    return rows


def _where(chosen: AlertFilter, *, every: bool = False) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    facts: dict[str, Any] = {}
    if (reach := organizations()) is not None:
        parts.append("p.organization_id = ANY(%(reach)s::bigint[])")
        facts["reach"] = reach
    if chosen.organization:
        parts.append("p.organization_id = %(org)s")
        facts["org"] = chosen.organization
    for place, word in enumerate(chosen.search.split()):
        parts.append(
            f"(host(p.ip_address) || ' ' || p.serial_number || ' ' || p.hostname || ' ' || p.location || ' ' || "
            f"coalesce(o.name, '') || ' ' || a.description || ' ' || a.code_name) ILIKE %(word{place})s"
        )
        facts[f"word{place}"] = f"%{_literal(word)}%"
    if chosen.severity and not every:
        parts.append("a.severity = %(severity)s")
        facts["severity"] = chosen.severity
    if chosen.kind and not every:
        parts.append("a.kind = %(kind)s")
        facts["kind"] = chosen.kind
    return ("WHERE " + " AND ".join(parts) if parts else ""), facts


def _literal(word: str) -> str:
    """Return a word whose wildcards of LIKE mean themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _add_since(rows: Sequence[AlertRow]) -> None:

    wanted = [{"place": place, "printer": row.printer_id, "needle": _needle(row)} for place, row in enumerate(rows)]
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(SINCE_SQL, {"wanted": json.dumps(wanted), "back": LOOK_BACK})
        for place, since, known in cursor.fetchall():
            rows[place].since, rows[place].before = since, not known


def _needle(row: AlertRow) -> dict[str, Any]:
    """Return what a reading contains while this alert stands."""
    if row.source == "condition":
        return {"errors": [row.code_name]}
    return {"alerts": [{"index": row.index, "code": row.code}]}
