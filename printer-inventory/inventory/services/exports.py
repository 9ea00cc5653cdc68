"""Exports as jobs: asked for, followed, stopped, fetched, forgotten. `exporting` does the work."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import OPEN_STATES, Export, ExportPiece, JobState, Printer
from inventory.services import export_table, fleet
from inventory.services.broker import wake

logger = logging.getLogger(__name__)

DIRECT_ROWS: Final = 2000
"""More rows than this are a job: nobody looks at a browser that waits."""
KEEP_FILE: Final = timedelta(days=1)


def selected(query: str, now: datetime) -> QuerySet[Printer]:
    """Return the printers that the list with this query string shows, on all its pages, in its order."""
    values = parse_qs(query)
    chosen = fleet.parse_filter({name: texts[-1] for name, texts in values.items()}, values.get("org", []))
    return fleet.select(chosen, now)


def request_export(
    user_id: int,
    kind: str,
    query: str,
    columns: Sequence[str],
    *,
    language: str,
    zone: str,
    now: datetime | None = None,
) -> Export:
    """Ask for a file; the same one asked for again while it is being made is followed, not made twice."""
    now = now or timezone.now()
    wish: dict[str, Any] = {
        "requested_by_id": user_id,
        "kind": kind,
        "query": query,
        "columns": export_table.known(columns),
    }
    wish |= {"language": language, "zone": zone}
    with transaction.atomic():
        running = Export.objects.filter(**wish, state__in=OPEN_STATES, stop_asked=False).first()
        if running is not None:
            return running
        made = Export.objects.create(**wish, requested_at=now, total=selected(query, now).count())
        transaction.on_commit(tell_exporter)
    return made


def tell_exporter() -> None:
    """Wake a worker; without a broker the next tick finds the row."""
    wake("inventory.tasks.run_exports", "exports")


def stop(export: Export, now: datetime) -> bool:
    """Stop an export: at once while it waits, at its next rows while it runs. Return whether there was something to stop."""
    waiting = Export.objects.filter(pk=export.pk, state=JobState.QUEUED)
    if waiting.update(state=JobState.STOPPED, finished_at=now, reason=_("Stopped before it started.")):
        return True
    return bool(Export.objects.filter(pk=export.pk, state=JobState.RUNNING).update(stop_asked=True))


def job_of(export: Export) -> dict[str, Any]:
    """Return the job progress JSON of all systems."""
    return {
        "state": str(export.state),
        "done": export.done,
        "total": export.total,
        "text": _("%(done)s of %(total)s rows") % {"done": export.done, "total": export.total},
        "reason": export.reason,
    }


def content(export: Export) -> Iterator[bytes]:
    """Yield the file of a finished export, piece by piece."""
    numbers = ExportPiece.objects.filter(export=export).values_list("number", flat=True).order_by("number")
    for number in list(numbers):
        yield bytes(ExportPiece.objects.values_list("content", flat=True).get(export=export, number=number))


def forget_old(now: datetime, days: int) -> int:
    """Delete files after a day and rows after `days`; return how many exports lost their file or their row."""
    old = Export.objects.exclude(state__in=OPEN_STATES)
    files = ExportPiece.objects.filter(export__in=old.filter(finished_at__lt=now - KEEP_FILE))
    emptied = files.values("export").distinct().count()
    files.delete()
    gone, _counts = old.filter(finished_at__lt=now - timedelta(days=days)).delete()
    return emptied + gone
