"""The work of an export: lease it, write its rows into pieces, end it; begin anew after a death.

Any number of workers may call `run_next`. An export belongs to the one whose token stands in its row; every write is fenced by
it, so that of two workers that both believe to own an export only one can store a piece.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from sheets import csv_style, stream_table
from sheets.errors import SheetError

from access.reach import as_user
from inventory.models import Export, ExportPiece, JobState
from inventory.services import export_table
from inventory.services.exports import selected
from inventory.services.sweeping import worker_name

logger = logging.getLogger(__name__)

PIECE_BYTES: Final = 512 * 1024


class LeaseLostError(Exception):
    """Another worker has taken the export over; this one must not write any more."""


class StopAskedError(Exception):
    """Somebody has asked for the export to stop."""


def run_next() -> bool:
    """Make one waiting export; return False when none waits."""
    now = timezone.now()
    give_up_on_lost(now)
    token = uuid.uuid4()
    export = _lease(token, now)
    if export is None:
        return False
    work = _Work(export, token)
    try:
        with (
            translation.override(export.language),
            timezone.override(ZoneInfo(export.zone)),
            as_user(export.requested_by),
        ):
            work.write()
            work.end(JobState.DONE)
    except StopAskedError:
        work.end(JobState.STOPPED, _("Stopped by hand."))
    except SheetError as error:
        work.end(JobState.FAILED, str(error))
    except LeaseLostError:
        logger.warning("Export %d was taken over by another worker.", export.pk)
    return True


def give_up_on_lost(now: datetime) -> int:
    """End exports whose workers died too often as lost; return how many."""
    reason = f"{settings.POLL_MAX_ATTEMPTS} workers in a row stopped in the middle of it. Ask for it again."
    rows = Export.objects.filter(state=JobState.RUNNING, lease_until__lte=now, attempt__gte=settings.POLL_MAX_ATTEMPTS)
    return rows.update(state=JobState.LOST, finished_at=now, reason=reason, lease_token=None, lease_until=None)


def _lease(token: uuid.UUID, now: datetime) -> Export | None:
    """Take the oldest export that waits or whose worker is dead, and throw away what the dead one wrote."""
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lte=now)
    with transaction.atomic():
        export = (
            Export.objects.select_related("requested_by")
            .select_for_update(skip_locked=True, of=("self",))
            .filter(free)
            .order_by("requested_at", "pk")
            .first()
        )
        if export is None:
            return None
        export.attempt += 1
        export.state, export.done, export.size = JobState.RUNNING, 0, 0
        export.started_at = export.started_at or now
        export.lease_token, export.lease_until = token, now + settings.POLL_LEASE
        export.worker = worker_name()[:100]
        with as_user(export.requested_by):
            export.total = selected(export.query, now).count()
        export.save()
        ExportPiece.objects.filter(export=export).delete()
    return export


class _Work:
    """One worker's hold on one export."""

    def __init__(self, export: Export, token: uuid.UUID) -> None:
        self._export = export
        self._mine = Export.objects.filter(pk=export.pk, lease_token=token)
        self._pieces = 0

    def write(self) -> None:
        """Write the whole file; rows and pieces are in memory only a few at a time."""
        export = self._export
        fields = export_table.columns(export.columns)
        found = selected(export.query, timezone.now())
        buffer = bytearray()
        for part in stream_table(
            export_table.outs(fields),
            self._counted(export_table.rows(found, fields)),
            kind="csv" if export.kind == Export.Kind.CSV else "xlsx",
            sheet=_("Printers"),
            csv_as=csv_style(export.language),
            zone=ZoneInfo(export.zone),
        ):
            buffer += part
            if len(buffer) >= PIECE_BYTES:
                self._store(bytes(buffer))
                buffer.clear()
        if buffer:
            self._store(bytes(buffer))

    def end(self, state: JobState, reason: str = "") -> None:
        """Write how it ended; a file that is not whole is thrown away."""
        with transaction.atomic():
            self._touch(state=state, reason=reason, finished_at=timezone.now(), lease_token=None, lease_until=None)
            if state != JobState.DONE:
                ExportPiece.objects.filter(export=self._export).delete()

    def _counted(self, rows: Iterator[list[object]]) -> Iterator[list[object]]:
        """Pass rows on; say every few hundred how far it is, and look whether to stop."""
        written = 0
        for written, row in enumerate(rows, 1):
            yield row
            if written % export_table.CHUNK == 0:
                self._touch(done=written)
                if self._mine.filter(stop_asked=True).exists():
                    raise StopAskedError
        # Printers may have come or gone since they were counted: what was written is what there was.
        self._touch(done=written, total=written)

    def _store(self, content: bytes) -> None:
        with transaction.atomic():
            self._touch(size=F("size") + len(content))
            ExportPiece.objects.create(export=self._export, number=self._pieces, content=content)
        self._pieces += 1

    def _touch(self, **values: Any) -> None:
        """Write into the row and prolong the lease; raise LeaseLostError when it is another's by now."""
        lease = {"lease_until": timezone.now() + settings.POLL_LEASE}
        if not self._mine.update(**{**lease, **values}):
            raise LeaseLostError
