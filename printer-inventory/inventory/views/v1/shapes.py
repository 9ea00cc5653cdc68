"""Rows to schemas."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse

from inventory.models import Export, InventoryTask, JobState, PageCounter, Printer
from inventory.services import exports
from inventory.views.v1.schemas import (
    Counters,
    ExportOut,
    ModelOut,
    Named,
    PollOut,
    PrinterOut,
    ReadingOut,
    State,
    StatusOut,
    SupplyOut,
)

SUPPLY_FACTS = ("description", "kind", "color", "percent", "state", "part_number", "is_receptacle")


def printer_out(printer: Printer) -> PrinterOut:
    """Return a printer that was loaded by `fleet.with_facts`."""
    client, model = printer.organization, printer.device_model
    return PrinterOut(
        id=printer.pk,
        ip_address=printer.ip_address,
        snmp_port=printer.snmp_port,
        web_port=printer.web_port,
        snmp_version=printer.snmp_version,
        snmp_v3_user=printer.snmp_v3_user,
        snmp_v3_auth_protocol=printer.snmp_v3_auth_protocol,
        snmp_v3_priv_protocol=printer.snmp_v3_priv_protocol,
        polling_method=printer.polling_method,
        serial_number=printer.serial_number,
        mac_address=printer.mac_address,
        hostname=printer.hostname,
        location=printer.location,
        organization=Named(id=client.pk, name=client.name) if client else None,
        model=ModelOut(
            id=model.pk, name=model.name, manufacturer=Named(id=model.manufacturer.pk, name=model.manufacturer.name)
        )
        if model
        else None,
        match_rule=printer.last_match_rule,
        is_active=printer.is_active,
        version=printer.version,
        created_at=printer.created_at,
        last_updated=printer.last_updated,
        status=_status_out(printer),
    )


def etag_of(printer: Printer) -> str:
    """Return the tag of a printer: its version, a dot, and when it was last asked. `If-Match` compares the version alone."""
    asked = printer.status.last_attempt_at
    open_task = printer.schedule.open_task
    return f'"{printer.version}.{int(asked.timestamp() * 1000) if asked else 0}.{open_task.state if open_task else ""}"'


def _status_out(printer: Printer) -> StatusOut:
    status, task = printer.status, printer.schedule.open_task
    return StatusOut(
        verdict=status.last_verdict,
        error=status.last_error,
        last_attempt_at=status.last_attempt_at,
        last_success_at=status.last_success_at,
        counters=_counters(status),
        supplies=[_supply(one) for one in status.supplies],
        lowest_percent=status.lowest_percent,
        device_status=status.printer_status,
        display=status.console,
        firmware=status.firmware,
        open_poll=cast("State", task.state) if task else None,
    )


def _supply(supply: dict[str, Any]) -> SupplyOut:
    return SupplyOut(**{name: supply[name] for name in SUPPLY_FACTS if supply.get(name) is not None})


def _counters(row: Any) -> Counters:
    return Counters(
        total=row.total_pages, bw_a4=row.bw_a4, color_a4=row.color_a4, bw_a3=row.bw_a3, color_a3=row.color_a3
    )


def reading_out(counter: PageCounter) -> ReadingOut:
    """Return a reading that was loaded with its poll."""
    return ReadingOut(
        poll_id=counter.task_id,
        recorded_at=counter.recorded_at,
        verdict=counter.task.status,
        counters=_counters(counter),
        epoch=counter.epoch,
        rule_version=counter.rule_version,
    )


def poll_out(task: InventoryTask) -> PollOut:
    """Return a poll."""
    return PollOut(
        id=task.pk,
        printer_id=task.printer_id,
        state=cast("State", task.state),
        verdict=task.status,
        reason=task.error_message,
        trigger=task.trigger,
        attempt=task.attempt,
        match_rule=task.match_rule,
        due_at=task.due_at,
        requested_at=task.task_timestamp,
        started_at=task.started_at,
        finished_at=task.finished_at,
    )


def export_out(export: Export) -> ExportOut:
    """Return an export with its progress."""
    ready = export.state == JobState.DONE
    return ExportOut(
        id=export.pk,
        format=export.kind,
        size=export.size,
        requested_at=export.requested_at,
        finished_at=export.finished_at,
        download_url=reverse("api-1:download_export", args=[export.pk]) if ready else None,
        **exports.job_of(export),
    )
