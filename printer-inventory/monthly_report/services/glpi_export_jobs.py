"""The work on an export to GLPI: look its devices up, write their counters.

Each device is stored as soon as it is done, so a worker that dies between GLPI's yes
and our row leaves one device that GLPI has already: whoever goes on sees that and writes nothing twice. No transaction is open
while GLPI is waited for. Nothing is written that differs from what the person saw, on either side.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from webshell.templatetags.webshell import number as shown

from inventory.glpi_server import GlpiError, GlpiRefusedError, KnownPrinter, Session
from inventory.services.glpi_server import connect
from inventory.services.leased_work import SLICE_SECONDS, Desk
from monthly_report.models import GlpiExport, GlpiExportRow
from monthly_report.rules import glpi_export as rules
from monthly_report.services.glpi_export import Device, devices, latest_closed

CHUNK: Final = 20
FOUND: Final = ("status", "glpi_printer_id", "glpi_name", "before", "error")
Status = GlpiExportRow.Status


DESK: Final = Desk(
    GlpiExport,
    lost=gettext_lazy("Three workers in a row stopped in the middle of it. Let it go on."),
    failures=(GlpiError,),
)


def run_next(seconds: float = SLICE_SECONDS) -> bool:
    """Work on the export that waits for about `seconds`; return False when none does."""
    return DESK.run_next({GlpiExport.Task.LOOK: _look, GlpiExport.Task.WRITE: _write}, seconds)


def _store(job: GlpiExport, rows: Sequence[GlpiExportRow], names: Sequence[str]) -> None:
    """Keep rows and how far the export is; StoppedError when it is no longer ours."""
    job.done += len(rows)
    with transaction.atomic():
        DESK.renew(job)
        GlpiExportRow.objects.bulk_update(rows, names)


def _begin(job: GlpiExport, waiting: QuerySet[GlpiExportRow]) -> None:
    """Count what is to be done, once per request."""
    left = waiting.count()
    job.total = job.total or left
    job.done = job.total - left
    _store(job, [], FOUND)


def _look(job: GlpiExport, deadline: float) -> bool:
    """Look devices up in GLPI; return whether all are done. Raise GlpiError when GLPI cannot be asked."""
    waiting = job.rows.filter(status=Status.WAITING).order_by("pk")
    _begin(job, waiting)
    with connect() as glpi:
        while chunk := list(waiting[:CHUNK]):
            found = glpi.find([row.serial_number for row in chunk])
            for row in chunk:
                _compare(row, found[row.serial_number])
            _store(job, chunk, FOUND)
            if time.monotonic() > deadline and waiting.exists():
                return False
    known = job.rows.exclude(glpi_printer_id=None).order_by()
    shared = known.values("glpi_printer_id").annotate(n=Count("pk")).filter(n__gt=1).values("glpi_printer_id")
    known.filter(glpi_printer_id__in=list(shared.values_list("glpi_printer_id", flat=True))).update(
        status=Status.SHARED
    )
    return bool(DESK.mine(job).update(looked_at=timezone.now()))


def _compare(row: GlpiExportRow, found: Sequence[KnownPrinter]) -> None:
    """Write on a row what GLPI knows of its device."""
    row.status = rules.compare(row.pages or 0, [one.counter for one in found])
    if len(found) == 1:
        row.glpi_printer_id, row.glpi_name, row.before = found[0].id, found[0].name, found[0].counter
    elif found:
        names = ", ".join(one.name or str(one.id) for one in found[:5])
        row.error = (_("GLPI has this serial number on several printers: %(names)s.") % {"names": names})[:500]


def _write(job: GlpiExport, deadline: float) -> bool:
    """Write the counters that wait; return whether all are done. Raise GlpiError when GLPI cannot be asked."""
    if latest_closed(timezone.now()) != job.month:
        raise GlpiError(_("This is not the latest closed month any more. Start a new export."))
    waiting = job.rows.filter(status=Status.DUE).order_by("pk")
    _begin(job, waiting)
    today = {one.key: one for one in devices(job.month)}
    with connect() as glpi:
        while chunk := list(waiting[:CHUNK]):
            found = glpi.find([row.serial_number for row in chunk])
            for row in chunk:
                _write_one(glpi, row, today.get(row.device_key), found[row.serial_number])
                _store(job, [row], ("status", "after", "written_at", "error"))
            if time.monotonic() > deadline and waiting.exists():
                return False
    return True


def _write_one(glpi: Session, row: GlpiExportRow, device: Device | None, found: Sequence[KnownPrinter]) -> None:
    """Write one counter and note what became of it. A value that is there already was written before a worker died."""
    why = _changed(row, device, found)
    if why:
        row.status, row.error = Status.CHANGED, why
        return
    try:
        if found[0].counter != row.pages:
            glpi.write_counter(found[0].id, row.pages or 0)
    except GlpiRefusedError as error:
        row.status, row.error = Status.REFUSED, str(error)[:500]
        return
    row.status, row.after, row.written_at, row.error = Status.WRITTEN, row.pages, timezone.now(), ""


def _changed(row: GlpiExportRow, device: Device | None, found: Sequence[KnownPrinter]) -> str:
    """Return what differs from what the person saw who had it written; "" for nothing."""
    if device is None or device.status != rules.WAITING or device.pages != row.pages:
        return _("The month has other counters now.")
    if [one.id for one in found] != [row.glpi_printer_id]:
        return _("GLPI has this serial number elsewhere now.")
    now = found[0].counter
    if now not in (row.before, row.pages):
        return _("GLPI has %(pages)s now.") % {"pages": "–" if now is None else shown(now)}
    return ""
