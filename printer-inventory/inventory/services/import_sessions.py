"""The import wizard's sessions: a preview kept in rows, applied exactly once and only as it was shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from sheets import ApplyRecord, ApplyRefusedError, finish, offer, start

from inventory.models import Organization, PrinterImport, PrinterImportRow
from inventory.rules.printer_rows import Defaults
from inventory.services.importing_sheets import Applied, Preview, apply_rows, look_through

KEEP_UNAPPLIED: Final = timedelta(days=7)
APPLY_LEASE: Final = timedelta(minutes=10)


def open_session(
    name: str,
    content: bytes,
    organization: Organization | None,
    community: str,
    user_id: int | None,
    *,
    create_models: bool,
) -> PrinterImport:
    """Look through an uploaded file and keep the preview; SheetError when it cannot be read, and nothing is kept then."""
    preview = look_through(content, Defaults(organization.pk if organization else None, community, create_models))
    record = offer(preview.digest)
    with transaction.atomic():
        session = PrinterImport.objects.create(
            file_name=name[-200:],
            content=content,
            organization=organization,
            community=community,
            create_models=create_models,
            uploaded_by_id=user_id,
            counts=preview.counts(),
            token=record.token,
            digest=record.digest,
        )
        _keep_rows(session, preview)
    return session


def forget_old(now: datetime, keep_days: int) -> int:
    """Delete imports of more than `keep_days` ago, and unapplied files of more than a week; return how many."""
    applied = Q(uploaded_at__lt=now - timedelta(days=keep_days))
    unapplied = Q(state=PrinterImport.State.OFFERED, uploaded_at__lt=now - KEEP_UNAPPLIED)
    old = PrinterImport.objects.filter(applied | unapplied)
    ids = list(old.values_list("pk", flat=True))
    old.delete()
    return len(ids)


def apply_session(pk: int, token: str, user_id: int | None) -> Applied:
    """Apply a preview; ApplyRefusedError with ALREADY_APPLIED, WRONG_TOKEN or STALE, AddressTakenError for a race.

    The whole of it is one transaction that holds the session's row: of two clicks the second one waits and is refused, and a
    worker that dies leaves the preview as it was. When the fleet has changed so that rows would mean something else, the preview
    is made anew (STALE) and nothing is applied.
    """
    stale: ApplyRefusedError | None = None
    with transaction.atomic():
        session = PrinterImport.objects.select_for_update(of=("self",)).get(pk=pk)
        record = record_of(session)
        if record.state == "done":
            raise ApplyRefusedError("ALREADY_APPLIED", "This import has been applied already.")
        preview = look_through(bytes(session.content), defaults_of(session))
        try:
            record = start(record, token, preview.digest, timezone.now(), APPLY_LEASE)
        except ApplyRefusedError as error:
            if error.code != "STALE":
                raise
            stale = error
            _renew(session, preview)
        else:
            applied = apply_rows(preview.rows, user_id)
            _close(session, finish(record), applied)
    if stale is not None:
        raise stale
    return applied


def record_of(session: PrinterImport) -> ApplyRecord:
    """Return a session's state as `sheets.applying` knows it."""
    state = PrinterImport.State(session.state).value
    return ApplyRecord(session.token, session.digest, state, session.attempt, session.lease_until, session.reason)  # type: ignore[arg-type] # the enum has exactly these words


def defaults_of(session: PrinterImport) -> Defaults:
    """Return what holds for rows that do not say it themselves."""
    return Defaults(session.organization_id, session.community, session.create_models)


def _renew(session: PrinterImport, preview: Preview) -> None:
    record = offer(preview.digest)
    session.token, session.digest, session.counts = record.token, record.digest, preview.counts()
    session.save(update_fields=["token", "digest", "counts"])
    session.rows.all().delete()
    _keep_rows(session, preview)


def _close(session: PrinterImport, record: ApplyRecord, applied: Applied) -> None:
    """Write the end; the file is no longer needed, and it may hold communities."""
    session.state, session.attempt = record.state, record.attempt
    session.content, session.community = b"", ""
    session.result, session.applied_at = applied.as_json(), timezone.now()
    session.save(update_fields=["state", "attempt", "content", "community", "result", "applied_at"])


def _keep_rows(session: PrinterImport, preview: Preview) -> None:
    PrinterImportRow.objects.bulk_create(
        [
            PrinterImportRow(
                session=session,
                number=row.number,
                label=row.meaning.label,
                verdict=row.verdict,
                target=str(row.meaning.target or ""),
                values=row.shown(),
                problems=[
                    {"code": one.code, "text": one.text, "column": one.column, "level": one.level}
                    for one in row.meaning.findings
                ],
            )
            for row in preview.rows
        ],
        batch_size=1000,
    )
