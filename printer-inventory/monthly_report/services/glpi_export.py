"""Exports of a month's counters to GLPI: asked for, decided on, stopped. `glpi_export_jobs` does what waits for GLPI."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from access import reach
from inventory.models import OPEN_STATES, JobState
from inventory.services.broker import wake
from monthly_report.models import GlpiExport, GlpiExportRow, MonthControl, MonthlyReport
from monthly_report.rules import glpi_export as rules
from monthly_report.rules.figures import ENDS

Status = GlpiExportRow.Status
FIELDS: Final = ("device_key", "part", "serial_number", "equipment_model", "organization_id", "device_ip", *ENDS)


class NotNowError(Exception):
    """It cannot be done just now; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a month with all its rows: the pages to be written, and WAITING or why it is left out."""

    key: str
    serial: str
    model: str
    organizations: tuple[int, ...]
    pages: int | None
    status: str


def latest_closed(now: datetime) -> date | None:
    """Return the latest month with rows that is closed, whoever asks: an older one would set counters back."""
    opened = MonthControl.objects.filter(edit_until__gt=now).values("month")
    with reach.as_user(None):
        return (
            MonthlyReport.objects.exclude(month__in=opened).order_by("-month").values_list("month", flat=True).first()
        )


def devices(month: date) -> list[Device]:
    """Return the devices of a month by all of their rows, whoever asks: half a device has a wrong total."""
    by_key: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with reach.as_user(None):
        for row in MonthlyReport.objects.filter(month=month).order_by("order_number", "pk").values(*FIELDS):
            by_key[row["device_key"]].append(row)
    return [_device(key, rows) for key, rows in by_key.items()]


def _device(key: str, rows: list[dict[str, Any]]) -> Device:
    parts = [
        rules.DeviceRow(
            row["part"], tuple(row[name] for name in ENDS), row["serial_number"], row["device_ip"] is not None
        )
        for row in rows
    ]
    serial = next((row["serial_number"].strip() for row in rows if row["serial_number"].strip()), "")
    organizations = tuple(row["organization_id"] for row in rows)
    return Device(key, serial, rows[0]["equipment_model"], organizations, rules.total(parts), rules.judge(parts))


def start(month: date, user_id: int | None) -> GlpiExport:
    """Make an export of a month, within the reach of whoever asks, to be looked up. Raise NotNowError while another is open.

    Whoever asks has to be allowed to see the month.
    """
    limit = reach.organizations()
    try:
        with transaction.atomic():
            made: GlpiExport = GlpiExport.objects.create(month=month, requested_by_id=user_id)
            rows = (_row(made, one, limit) for one in devices(month))
            GlpiExportRow.objects.bulk_create([row for row in rows if row is not None], batch_size=1000)
            transaction.on_commit(tell_worker)
    except IntegrityError as error:
        raise NotNowError(_("Another export to GLPI is under way: wait for its end, or stop it.")) from error
    return made


def _row(export: GlpiExport, one: Device, limit: list[int] | None) -> GlpiExportRow | None:
    mine = [each for each in one.organizations if limit is None or each in limit]
    if not mine:
        return None
    whole = len(mine) == len(one.organizations)
    return GlpiExportRow(
        export=export,
        device_key=one.key,
        serial_number=one.serial,
        organization_id=mine[0],
        equipment_model=one.model,
        pages=one.pages if whole else None,
        status=one.status if whole else Status.OTHERS,
    )


def write(pk: int, falls: Collection[int], user_id: int | None, now: datetime) -> int:
    """Have an export written: all that rises, and of what falls the rows in `falls`. Return how many wait; NotNowError."""
    with transaction.atomic():
        export = GlpiExport.objects.select_for_update(of=("self",)).get(pk=pk)
        if export.is_open or export.looked_at is None:
            raise NotNowError(_("It is not looked up yet, or under way already."))
        rows = GlpiExportRow.objects.filter(export=export)
        rows.filter(Q(status=Status.RISE) | Q(status=Status.FALL, pk__in=falls)).update(status=Status.DUE)
        due = rows.filter(status=Status.DUE).count()
        if not due:
            raise NotNowError(_("Nothing is to be written. A lower counter is written only when its box is ticked."))
        export.task, export.written_by_id = GlpiExport.Task.WRITE, user_id
        _queue(export, now)
    return due


def go_on(pk: int, now: datetime) -> None:
    """Have the rest done of an export that was stopped, failed or lost; raise NotNowError when there is none."""
    with transaction.atomic():
        export = GlpiExport.objects.select_for_update(of=("self",)).get(pk=pk)
        if export.is_open or export.state == JobState.DONE:
            raise NotNowError(_("Nothing of it is left to be done."))
        _queue(export, now)


def _queue(export: GlpiExport, now: datetime) -> None:
    export.state, export.requested_at, export.attempt = JobState.QUEUED, now, 0
    export.reason, export.finished_at, export.total = "", None, 0
    try:
        with transaction.atomic():
            export.save()
    except IntegrityError as error:
        raise NotNowError(_("Another export to GLPI is under way: wait for its end, or stop it.")) from error
    transaction.on_commit(tell_worker)


def stop(pk: int, now: datetime) -> int:
    """End what is queued or under way; what was written stays written, and a worker notices before its next device."""
    reason = _("Stopped by hand; what was done until then is kept.")
    jobs = GlpiExport.objects.filter(pk=pk, state__in=OPEN_STATES)
    return jobs.update(state=JobState.STOPPED, finished_at=now, reason=reason, lease_until=None)


def tell_worker() -> None:
    """Wake a worker; if the broker is away, the next tick finds the export."""
    wake("monthly_report.tasks.run_glpi_export", "low_priority")
