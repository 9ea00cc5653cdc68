"""Deriving contract figures again from raw readings after the rule has changed: in chunks, in constant memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from inventory.models import PageCounter
from inventory.polling.reading import from_json
from inventory.rules.derive import RULE_VERSION, DerivedCounters, derive
from inventory.services.believing import derived_of

CHUNK: Final = 500

UPDATE_SQL = """
WITH rows AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS r(id bigint, bw_a4 bigint, color_a4 bigint, bw_a3 bigint, color_a3 bigint, total bigint)
), states AS (
    UPDATE inventory_printerstate st
    SET bw_a4 = r.bw_a4, color_a4 = r.color_a4, bw_a3 = r.bw_a3, color_a3 = r.color_a3, total_pages = r.total,
        rule_version = %(version)s
    FROM rows r WHERE st.counter_id = r.id
), days AS (
    UPDATE inventory_dailyreading d
    SET bw_a4 = r.bw_a4, color_a4 = r.color_a4, bw_a3 = r.bw_a3, color_a3 = r.color_a3, total_pages = r.total
    FROM rows r JOIN inventory_pagecounter k ON k.id = r.id
    WHERE d.printer_id = k.printer_id AND d.epoch = k.epoch AND d.read_at = k.recorded_at
      AND d.day BETWEEN k.recorded_at::date - 1 AND k.recorded_at::date + 1
)
UPDATE inventory_pagecounter c
SET bw_a4 = r.bw_a4, color_a4 = r.color_a4, bw_a3 = r.bw_a3, color_a3 = r.color_a3, total_pages = r.total,
    rule_version = %(version)s
FROM rows r WHERE c.id = r.id
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One reading whose figures differ by the new rule: the values before and after, by name."""

    counter_id: int
    printer_id: int
    read_at: datetime
    old: DerivedCounters
    new: DerivedCounters

    def differences(self) -> dict[str, tuple[int | None, int | None]]:
        """Return (before, after) of the figures that differ."""
        before, after = asdict(self.old), asdict(self.new)
        return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


@dataclass(slots=True)
class Recomputed:
    """How many readings were looked at, and how many of them changed."""

    seen: int = 0
    changed: int = 0


def recompute(
    result: Recomputed, *, printer_id: int | None = None, since: datetime | None = None, dry_run: bool = False
) -> Iterator[Change]:
    """Derive the readings of older rules again and yield what changes, counting into `result`.

    Each chunk is one transaction; stopped half way, the rest still carries its old version and is found the next time.
    """
    rows = PageCounter.objects.filter(rule_version__lt=RULE_VERSION)
    if printer_id is not None:
        rows = rows.filter(printer=printer_id)
    if since is not None:
        rows = rows.filter(recorded_at__gte=since)
    last = 0
    while True:
        with transaction.atomic():
            chunk = list(rows.filter(pk__gt=last).order_by("pk").select_for_update(of=("self",))[:CHUNK])
            if not chunk:
                return
            last = chunk[-1].pk
            derived = [(counter, derive(from_json(counter.reading))) for counter in chunk]
            if not dry_run:
                _write([{"id": counter.pk, **asdict(new)} for counter, new in derived])
        result.seen += len(chunk)
        for counter, new in derived:
            old = derived_of(counter)
            if old != new:
                result.changed += 1
                yield Change(counter.pk, counter.printer_id, counter.recorded_at, old, new)


def _write(rows: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_SQL, {"rows": json.dumps(rows), "version": RULE_VERSION})
