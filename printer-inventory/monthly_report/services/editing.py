"""Cells edited by people: allowed or refused by one rule, never written over somebody else's change, always audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from monthly_report.models import CounterChangeLog, MonthlyReport
from monthly_report.rules.downtime import DOWNTIME, stands
from monthly_report.rules.editing import Person, RowFacts, clean_hours, clean_value, refusals
from monthly_report.rules.figures import COUNTERS, ENDS, KINDS
from monthly_report.services import live, specs
from monthly_report.services.months import locked_control, touched

MISSING: Final = object()
Figure = int | float | None
"""A counter, hours of downtime, or an empty cell."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Who edits, and from where; `person` is what of editing they may do."""

    person: Person
    user_id: int | None = None
    name: str = ""
    ip_address: str | None = None
    user_agent: str = ""


class ConflictError(Exception):
    """Somebody else has changed the same cells since they were shown; `row` is what stands there now."""

    def __init__(self, row: MonthlyReport, fields: Sequence[str]) -> None:
        """Keep the row and the cells in question."""
        super().__init__(", ".join(fields))
        self.row = row
        self.fields = tuple(fields)


class BadValueError(ValueError):
    """Values that are no counters; `problems` has a sentence per field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the sentences."""
        super().__init__("; ".join(f"{name} {text}" for name, text in problems.items()))
        self.problems = dict(problems)


@dataclass(slots=True)
class Edited:
    """What an edit did: the row after it, fields written, fields refused with the reason's word."""

    row: MonthlyReport
    updated: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    changes: list[CounterChangeLog] = field(default_factory=list)


def editor_of(user: Any, ip_address: str | None = None, user_agent: str = "") -> Editor:
    """Return a signed-in user as an editor."""
    person = Person(
        user.has_perm("monthly_report.edit_counters_start"),
        user.has_perm("monthly_report.edit_counters_end"),
        user.has_perm("monthly_report.override_auto_lock"),
    )
    return Editor(person, user.pk, user.get_full_name() or user.get_username(), ip_address, user_agent[:500])


def refusals_of(
    rows: Sequence[MonthlyReport], person: Person, now: datetime, *, is_open: bool
) -> dict[int, dict[str, str]]:
    """Return for each row the fields that may not be edited, with the reason's word; two queries for all."""
    known = specs.specs()
    decided = specs.overrides((row.serial_number for row in rows), now)
    fresh = settings.AUTO_LOCK_FRESHNESS
    return {
        row.pk: refusals(
            facts_of(row, decided),
            specs.spec_of(known, row.equipment_model),
            person,
            is_open=is_open,
            now=now,
            fresh=fresh,
        )
        for row in rows
    }


def facts_of(row: MonthlyReport, decided: Mapping[str, bool]) -> RowFacts:
    """Return what a row is judged by."""
    has_auto = any(getattr(row, f"{kind}_end_auto") for kind in KINDS)
    return RowFacts(row.part, row.inventory_last_ok, has_auto, decided.get(row.device_key.removeprefix("S:")))


def edit_cells(
    pk: int, values: Mapping[str, object], seen: Mapping[str, object], editor: Editor, now: datetime
) -> Edited:
    """Write counters and hours of downtime into a row; hours left empty are given back to the days that count them.

    `seen` is what the person saw in these cells: where something else stands now, nothing is written (ConflictError).
    Cells that may not be edited are left and named. BadValueError for what is no counter; DoesNotExist for no such row.
    """
    wanted = _clean(values)
    with transaction.atomic():
        month = MonthlyReport.objects.values_list("month", flat=True).get(pk=pk)
        control = locked_control(month)
        row = MonthlyReport.objects.select_for_update(of=("self",)).get(pk=pk)
        _refuse_conflict(row, wanted, _clean(seen))
        edited = Edited(row)
        refused = refusals_of([row], editor.person, now, is_open=control.is_open(now))[pk]
        edited.refused = {name: refused[name] for name in wanted if name in refused}
        new = {name: value for name, value in wanted.items() if name not in refused and _differs(row, name, value)}
        if new:
            _write(edited, new, editor, now)
            touched(control)
            transaction.on_commit(lambda: live.rows_changed(month, [pk], "edit", editor.name))
        row.refresh_from_db()
    return edited


def _clean(values: Mapping[str, object]) -> dict[str, Figure]:
    cleaned: dict[str, Figure] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        if name not in COUNTERS and name != DOWNTIME:
            problems[name] = "is no counter"
            continue
        try:
            cleaned[name] = clean_hours(value) if name == DOWNTIME else clean_value(value)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise BadValueError(problems)
    return cleaned


def _differs(row: MonthlyReport, name: str, value: Figure) -> bool:
    """Say whether a typed figure changes a row; the hours that were counted, typed by a person, are theirs from now on."""
    if name == DOWNTIME:
        return row.actual_downtime_manual if value is None else row.actual_downtime != value
    return bool(getattr(row, name) != value)


def _refuse_conflict(row: MonthlyReport, wanted: Mapping[str, Figure], seen: Mapping[str, Figure]) -> None:
    others = [
        name
        for name, value in wanted.items()
        if (before := seen.get(name, MISSING)) is not MISSING and getattr(row, name) not in (before, value)
    ]
    if others:
        raise ConflictError(row, others)


def _write(edited: Edited, typed: Mapping[str, Figure], editor: Editor, now: datetime) -> None:
    row = edited.row
    new = dict(typed)
    marks = {f"{name}_manual": True for name in new if name in ENDS}
    if DOWNTIME in new:
        marks[f"{DOWNTIME}_manual"] = new[DOWNTIME] is not None
        if new[DOWNTIME] is None:
            new[DOWNTIME] = stands(row.actual_downtime_auto, 0.0, manual=False)
    source = CounterChangeLog.Source.MANUAL
    edited.changes = [log_change(row, name, value, source, now, editor) for name, value in new.items()]
    for name, value in {**new, **marks}.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*new, *marks, "version"])
    CounterChangeLog.objects.bulk_create(edited.changes)
    edited.updated = list(new)


def log_change(
    row: MonthlyReport, name: str, value: Figure, source: str, now: datetime, editor: Editor, comment: str = ""
) -> CounterChangeLog:
    """Return the unsaved audit row of one figure that is about to change."""
    kind = "hours" if name == DOWNTIME else "value"
    return CounterChangeLog(
        monthly_report=row,
        month=row.month,
        device_key=row.device_key,
        part=row.part,
        serial_number=row.serial_number,
        user_id=editor.user_id,
        field_name=name,
        **{f"old_{kind}": getattr(row, name), f"new_{kind}": value},
        timestamp=now,
        ip_address=editor.ip_address,
        user_agent=editor.user_agent,
        change_source=source,
        comment=comment,
    )
