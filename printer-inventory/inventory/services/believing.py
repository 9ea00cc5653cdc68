"""Making a stored reading the one that is believed, without asking the printer again, and taking that back."""

from __future__ import annotations

from typing import Any

from inventory.models import InventoryTask, PageCounter, PrinterState, Verdict
from inventory.polling.reading import from_json
from inventory.rules.derive import DerivedCounters
from inventory.services import rollups
from inventory.services.storing import lowest_percent, state_values


def believe(counter: PageCounter, match_rule: str, epoch: int) -> None:
    """Give a doubted reading the verdict SUCCESS, put it into an epoch and let the printer stand as it says."""
    InventoryTask.objects.filter(pk=counter.task_id).update(
        status=Verdict.SUCCESS, error_message="", match_rule=match_rule
    )
    PageCounter.objects.filter(pk=counter.pk).update(epoch=epoch)
    counter.epoch = epoch
    stand(counter)
    PrinterState.objects.filter(pk=counter.printer_id).update(last_verdict=Verdict.SUCCESS, last_error="")
    rollups.refresh(counter.printer_id, counter.recorded_at)


def doubt_again(counter: PageCounter, verdict: str, reason: str, before: PageCounter | None, epoch: int) -> None:
    """Take `believe` back: the reading's verdict, and how the printer stood with the reading `before`."""
    InventoryTask.objects.filter(pk=counter.task_id).update(status=verdict, error_message=reason, match_rule="")
    PageCounter.objects.filter(pk=counter.pk).update(epoch=epoch)
    if before is not None:
        stand(before)
    else:
        PrinterState.objects.filter(pk=counter.printer_id).update(**_blank(epoch))
    PrinterState.objects.filter(pk=counter.printer_id).update(last_verdict=verdict, last_error=reason)
    rollups.refresh(counter.printer_id, counter.recorded_at)


def stand(counter: PageCounter) -> None:
    """Let a printer stand as a stored reading says."""
    reading = from_json(counter.reading)
    values = state_values(counter.reading, derived_of(counter), counter.pk, counter.epoch, lowest_percent(reading))
    values["rule_version"] = counter.rule_version
    values["total_pages"] = values.pop("total")
    values["lowest_percent"] = values.pop("lowest")
    values["printer_status"] = values["printer_status"][:40]
    values["firmware"] = values["firmware"][:200]
    PrinterState.objects.filter(pk=counter.printer_id).update(**values, last_success_at=counter.recorded_at)


def derived_of(counter: PageCounter) -> DerivedCounters:
    """Return the figures that were derived from a stored reading."""
    return DerivedCounters(counter.bw_a4, counter.color_a4, counter.bw_a3, counter.color_a3, counter.total_pages)


def _blank(epoch: int) -> dict[str, Any]:
    """Return the state of a printer that has never been read."""
    numbers = ("counter_id", "counters", "rule_version", "bw_a4", "color_a4", "bw_a3", "color_a3", "total_pages")
    return {
        **dict.fromkeys(numbers),
        "epoch": epoch,
        "last_success_at": None,
        "lowest_percent": None,
        "pages_per_hour": None,
        "supplies": [],
        "errors": [],
        "alerts": [],
        "warnings": [],
        "printer_status": "",
        "console": "",
        "firmware": "",
    }
