"""The list of doubtful readings: filters and pages in a constant number of queries, and what to suggest for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Upper

from inventory.models import Doubt, Printer, Quarantine, Resolution
from inventory.rules.history import CONTRACT
from inventory.rules.identity import normal_serial
from inventory.services.resolving import ACTIONS

PAGE_SIZE: Final = 50
AGES: Final = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
COUNTER_ORDER: Final = (
    *CONTRACT, "bw", "color", "a3", "a4", "print", "print_bw", "print_color", "copy", "copy_bw", "copy_color",
    "fax", "fax_bw", "fax_color", "scan", "scan_bw", "scan_color", "duplex", "simplex",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoubtFilter:
    """What the list shows; made from a query string, in which unknown words are ignored."""

    kind: str = ""
    organization: int | None = None
    older: str = ""
    resolved: bool = False
    page: int = 1

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> DoubtFilter:
        """Return the filter of a query string."""
        kind, older = query.get("kind", ""), query.get("older", "")
        return cls(
            kind=kind if kind in Doubt.values else "",
            organization=_number(query.get("org", "")),
            older=older if older in AGES else "",
            resolved=query.get("state") == "resolved",
            page=_number(query.get("page", "")) or 1,
        )

    def query(self, **changes: Any) -> str:
        """Return the query string with some fields changed, from page 1 unless the page is given."""
        one = replace(self, **{"page": 1, **changes})
        values = {
            "kind": one.kind,
            "org": one.organization or "",
            "older": one.older,
            "state": "resolved" if one.resolved else "",
            "page": "" if one.page == 1 else one.page,
        }
        return urlencode({key: value for key, value in values.items() if value})

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but open or resolved is asked for."""
        return bool(self.kind or self.organization or self.older)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a side by side comparison; `kind` is that of a finding, "changed", or empty."""

    name: str
    expected: Any
    got: Any
    kind: str = ""


def select(chosen: DoubtFilter, now: datetime) -> QuerySet[Quarantine]:
    """Return the doubts of a filter, newest first."""
    query = Q(resolved_at__isnull=not chosen.resolved)
    if chosen.kind:
        query &= Q(kind=chosen.kind)
    if chosen.organization:
        query &= Q(printer__organization=chosen.organization)
    if chosen.older:
        query &= Q(first_seen_at__lt=now - AGES[chosen.older])
    order = "-resolved_at" if chosen.resolved else "-last_seen_at"
    return Quarantine.objects.filter(query).order_by(order, "-pk")


def with_facts(rows: QuerySet[Quarantine]) -> QuerySet[Quarantine]:
    """Join what the pages show; of the readings only what is compared, not the whole."""
    return (
        rows.select_related("printer__organization", "printer__device_model__manufacturer", "counter", "resolved_by")
        .defer("counter__reading")
        .annotate(
            got_serial=KeyTransform("serial", "counter__reading"),
            got_mac=KeyTransform("mac", "counter__reading"),
            got_model=KeyTransform("model", "counter__reading"),
            got_manufacturer=KeyTransform("manufacturer", "counter__reading"),
            got_counters=KeyTransform("counters", "counter__reading"),
        )
    )


def open_count() -> int:
    """Return how many doubts wait for a person."""
    return Quarantine.objects.filter(resolved_at=None).count()


def open_doubts(printer: Printer) -> list[Quarantine]:
    """Return what waits for a person at one printer."""
    return list(Quarantine.objects.filter(printer=printer, resolved_at=None))


def elsewhere(doubts: Sequence[Any]) -> dict[int, Printer]:
    """Return, by doubt, the other active printer of ours that has the serial number that answered: one query for all."""
    wanted = {
        doubt.pk: serial
        for doubt in doubts
        if doubt.kind == Doubt.DEVICE and (serial := normal_serial(doubt.got_serial))
    }
    if not wanted:
        return {}
    rows = Printer.objects.filter(is_active=True).annotate(upper=Upper("serial_number"))
    found = {printer.upper: printer for printer in rows.filter(upper__in=set(wanted.values())).order_by("-pk")}
    own = {doubt.pk: doubt.printer_id for doubt in doubts}
    return {pk: found[serial] for pk, serial in wanted.items() if serial in found and found[serial].pk != own[pk]}


def actions_for(doubt: Quarantine, other: Printer | None) -> list[Resolution]:
    """Return what can be done about a doubt, the suggestion first."""
    return [one for one in ACTIONS[doubt.kind] if one != Resolution.MOVED or other is not None]


def differences(doubt: Any) -> list[Difference]:
    """Return what was expected beside what the device said: identity first, then counters in the order of the bill."""
    expected = doubt.expected
    lines = [
        _line("serial", expected.get("serial", ""), doubt.got_serial or ""),
        _line("mac", expected.get("mac", ""), doubt.got_mac or ""),
    ]
    # Another device counts other pages; that says nothing about either of them.
    doubted = [] if doubt.kind == Doubt.DEVICE else doubt.findings
    kinds = {one["counter"]: one["kind"] for one in doubted}
    counter = doubt.counter
    derived = {name: getattr(counter, "total_pages" if name == "total" else name) for name in CONTRACT}
    before = {**expected.get("counters", {}), **expected.get("derived", {})}
    now = {**doubt.got_counters, **derived}
    names = [name for name in COUNTER_ORDER if before.get(name) is not None or now.get(name) is not None]
    return lines + [Difference(name, before.get(name), now.get(name), kinds.get(name, "")) for name in names]


def _line(name: str, expected: str, got: str) -> Difference:
    same = expected.replace(":", "").upper() == got.replace(":", "").upper()
    return Difference(name, expected, got, "" if same or not expected else "changed")


def _number(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text) or None


def clients() -> list[dict[str, Any]]:
    """Return the organizations that have open doubts, by name."""
    rows = Quarantine.objects.filter(resolved_at=None, printer__organization__isnull=False).order_by()
    names = rows.values_list("printer__organization", "printer__organization__name").distinct()
    return [{"pk": pk, "name": name} for pk, name in sorted(names, key=lambda row: str(row[1]))]
