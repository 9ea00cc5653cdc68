"""What the models of a month can print, read from the database each time: no process keeps an old answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sheets.parsers import fold

from inventory.rules.identity import normal_serial
from monthly_report.models import PrinterModelSpec, SerialEditOverride
from monthly_report.rules.editing import Spec

FREE: Final = Spec()


def specs() -> dict[str, Spec]:
    """Return every specification by folded name, in one query; there are as many as models, not as rows."""
    fields = ("model_name", "is_color", "paper_format", "enforce", "allow_manual_edit")
    return {fold(name): Spec(*values) for name, *values in PrinterModelSpec.objects.values_list(*fields)}


def spec_of(known: Mapping[str, Spec], name: str) -> Spec:
    """Return a model's specification; one that is not known allows everything."""
    return known.get(fold(name), FREE)


def add_missing(names: Iterable[str]) -> int:
    """Make a specification, not enforced, for each model without one; return how many."""
    known = specs()
    wanted = {fold(name): " ".join(name.split()) for name in names if name.strip()}
    new = [PrinterModelSpec(model_name=name, enforce=False) for key, name in wanted.items() if key not in known]
    PrinterModelSpec.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def overrides(serials: Iterable[str], now: datetime) -> dict[str, bool]:
    """Return the decisions that still hold for these serial numbers, by `normal_serial`."""
    wanted = {normal_serial(serial) for serial in serials} - {""}
    rows = SerialEditOverride.objects.filter(serial_number__in=wanted)
    return {row.serial_number: row.allow_manual_edit for row in rows if row.is_active(now)}
