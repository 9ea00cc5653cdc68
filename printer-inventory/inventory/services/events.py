"""The timeline of each printer: what changed, from what to what, by whom or by which poll."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from inventory.models import Change, Printer, PrinterEvent

if TYPE_CHECKING:
    from inventory.services.judging import Judged

RECENT: Final = 100


def record(
    printer: Printer,
    change: Change,
    now: datetime,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    user_id: int | None = None,
    poll_id: int | None = None,
    related: Printer | None = None,
    comment: str = "",
) -> PrinterEvent:
    """Write one event; without a user it was the system or the poll."""
    return PrinterEvent.objects.create(
        printer=printer,
        printer_name=str(printer)[:100],
        change=change,
        at=now,
        old_values=dict(old or {}),
        new_values=dict(new or {}),
        related_printer=related,
        comment=comment[:500],
        user_id=user_id,
        poll_id=poll_id,
    )


def note_baselines(accepted: Sequence[Judged], now: datetime) -> None:
    """Write an event for each reading that opened a new epoch by itself."""
    PrinterEvent.objects.bulk_create(
        PrinterEvent(
            printer_id=item.lease.printer_id,
            printer_name=item.lease.address,
            change=Change.BASELINE,
            at=now,
            old_values=dict(item.lease.believed.counters) if item.lease.believed else {},
            new_values=dict(item.reading.counters) if item.reading else {},
            comment="The device tells more than before.",
            poll_id=item.lease.task_id,
        )
        for item in accepted
        if item.is_baseline
    )


def timeline(printer: Printer) -> list[PrinterEvent]:
    """Return what happened to a printer, newest first."""
    return list(PrinterEvent.objects.filter(printer=printer).select_related("user", "related_printer")[:RECENT])
