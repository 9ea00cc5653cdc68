"""The import wizard of a month: a preview kept in rows, applied exactly once and only as shown, undone in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from sheets import ApplyRecord, ApplyRefusedError, finish, offer, start

from monthly_report.models import (
    BulkChangeLog,
    CounterChangeLog,
    MonthControl,
    MonthImport,
    MonthImportRow,
    MonthlyReport,
)
from monthly_report.rules.figures import COUNTERS
from monthly_report.rules.month_rows import ERROR
from monthly_report.services import live
from monthly_report.services.editing import Editor
from monthly_report.services.importing import WRITTEN, Applied, Preview, apply_preview, look_through, upsert
from monthly_report.services.months import locked_control, touched

APPLY_LEASE: Final = timedelta(minutes=10)
BATCH: Final = 2000


class UndoRefusedError(Exception):
    """The month has been changed since the import, so that undoing it would lose work."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for beside the file."""

    month: date
    replace: bool = False
    edit_until: datetime | None = None
    is_published: bool = False


def open_session(name: str, content: bytes, wanted: Wanted, user_id: int | None) -> MonthImport:
    """Look through an uploaded file and keep the preview; SheetError when it cannot be read, and nothing is kept then."""
    preview = look_through(content, wanted.month, replace=wanted.replace)
    record = offer(preview.digest)
    with transaction.atomic():
        session = MonthImport.objects.create(
            month=wanted.month,
            file_name=name[-200:],
            content=content,
            replace_month=wanted.replace,
            edit_until=wanted.edit_until,
            is_published=wanted.is_published,
            uploaded_by_id=user_id,
            counts=preview.counts(),
            token=record.token,
            digest=record.digest,
        )
        _keep_rows(session, preview)
    return session


def apply_session(pk: int, token: str, editor: Editor, *, leave_out_errors: bool) -> Applied:
    """Apply a preview; ApplyRefusedError with ALREADY_APPLIED, WRONG_TOKEN, STALE or ERRORS.

    One transaction holds the import and the month: of two clicks the second one waits and is refused, and whatever fails
    leaves the month as it was. Where the month has changed so that rows would mean something else, the preview is made
    anew (STALE) and nothing is applied. Rows with errors are only left out when that was said (ERRORS).
    """
    refused: ApplyRefusedError | None = None
    with transaction.atomic():
        session = MonthImport.objects.select_for_update(of=("self",)).get(pk=pk)
        record = record_of(session)
        if record.state == "done":
            raise ApplyRefusedError("ALREADY_APPLIED", "This import has been applied already.")
        control = locked_control(session.month)
        preview = look_through(bytes(session.content), session.month, replace=session.replace_month)
        if preview.counts().get(ERROR) and not leave_out_errors:
            raise ApplyRefusedError("ERRORS", "Some rows have errors. Correct them, or leave these rows out.")
        try:
            record = start(record, token, preview.digest, timezone.now(), APPLY_LEASE)
        except ApplyRefusedError as error:
            if error.code != "STALE":
                raise
            refused = error
            _renew(session, preview)
        else:
            applied = apply_preview(preview, session.month, editor, timezone.now())
            _close(session, control, finish(record), applied)
    if refused is not None:
        raise refused
    return applied


def undo_session(pk: int, editor: Editor, now: datetime) -> None:
    """Give the month back what an import took or changed; UndoRefusedError once anything else has changed it."""
    with transaction.atomic():
        session = MonthImport.objects.select_for_update(of=("self",)).get(pk=pk)
        control = locked_control(session.month)
        undo = session.undo
        if undo is None or session.undone_at is not None or _built_on(session):
            raise UndoRefusedError
        MonthlyReport.objects.filter(pk__in=undo["created"]).delete()
        _give_back(undo)
        BulkChangeLog.objects.create(
            user_id=editor.user_id,
            operation_type=BulkChangeLog.Operation.UPLOAD_UNDONE,
            month=session.month,
            records_affected=sum(len(undo[name]) for name in ("created", "changed", "removed")),
            operation_params={"import": session.pk, "file": session.file_name},
            started_at=now,
            finished_at=now,
        )
        window = undo["control"]
        MonthControl.objects.filter(pk=control.pk).update(
            edit_until=window["edit_until"], is_published=window["is_published"]
        )
        touched(control)
        session.undone_at, session.undo = now, None
        session.save(update_fields=["undone_at", "undo"])
        transaction.on_commit(lambda: live.rows_changed(session.month, [0] * (live.MOST_IDS + 1), "import"))


def record_of(session: MonthImport) -> ApplyRecord:
    """Return a session's state as `sheets.applying` knows it."""
    state = MonthImport.State(session.state).value
    return ApplyRecord(session.token, session.digest, state, session.attempt, session.lease_until, session.reason)  # type: ignore[arg-type] # the enum has exactly these words


def _built_on(session: MonthImport) -> bool:
    """Say whether people have changed the month since an import; what polls filled in does not count, they do it again."""
    later = {"month": session.month}
    by_people = CounterChangeLog.objects.filter(**later, timestamp__gt=session.applied_at)
    at_once = BulkChangeLog.objects.filter(**later, started_at__gt=session.applied_at)
    return by_people.exists() or at_once.exclude(operation_type=BulkChangeLog.Operation.BULK_SYNC).exists()


def _give_back(undo: Mapping[str, Any]) -> None:
    rows = {row.pk: row for row in MonthlyReport.objects.filter(pk__in=[one["id"] for one in undo["changed"]])}
    for before in undo["changed"]:
        row = rows[before["id"]]
        for name in WRITTEN:
            if name in before:
                setattr(row, name, before[name])
        row.version += 1
    upsert(list(rows.values()))
    MonthlyReport.objects.bulk_create([MonthlyReport(**row) for row in undo["removed"]], batch_size=BATCH)


def _renew(session: MonthImport, preview: Preview) -> None:
    record = offer(preview.digest)
    session.token, session.digest, session.counts = record.token, record.digest, preview.counts()
    session.save(update_fields=["token", "digest", "counts"])
    session.rows.all().delete()
    _keep_rows(session, preview)


def _close(session: MonthImport, control: MonthControl, record: ApplyRecord, applied: Applied) -> None:
    """Write the end; the file is no longer needed."""
    window = {
        "edit_until": control.edit_until.isoformat() if control.edit_until else None,
        "is_published": control.is_published,
    }
    MonthControl.objects.filter(pk=control.pk).update(
        edit_until=session.edit_until, is_published=session.is_published, revision=control.revision + 1
    )
    session.state, session.attempt, session.content = record.state, record.attempt, b""
    session.result, session.applied_at = applied.as_json(), timezone.now()
    session.undo = {**applied.undo, "control": window}
    session.save(update_fields=["state", "attempt", "content", "result", "applied_at", "undo"])
    transaction.on_commit(lambda: live.rows_changed(session.month, [0] * (live.MOST_IDS + 1), "import"))


def _keep_rows(session: MonthImport, preview: Preview) -> None:
    MonthImportRow.objects.bulk_create(
        [
            MonthImportRow(
                session=session,
                number=meaning.row.number,
                label=meaning.label,
                verdict=meaning.verdict,
                target=meaning.key[1] if meaning.key else "",
                values={**meaning.row.values, "changes": _changes(meaning.fields) if meaning.label == "update" else []},
                problems=[
                    {"code": one.code, "text": one.text, "column": one.column, "level": one.level}
                    for one in meaning.findings
                ],
            )
            for meaning in preview.rows
        ],
        batch_size=BATCH,
    )


def _changes(fields: Mapping[str, Any]) -> list[str]:
    """Return the names of what would change, counters last."""
    shown = (name for name in fields if not name.endswith("_manual"))
    return sorted(shown, key=lambda name: (name in COUNTERS, name))
