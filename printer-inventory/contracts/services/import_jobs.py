"""The work of an import: look through its files, judge every row, apply what was decided; chunk by chunk, in flat memory.

Looking through commits chunk by chunk under a lease; whoever takes a dead worker's session begins anew, since nothing but
the preview was written. Applying is one transaction that holds the session's row: either the import is applied or it is not, a
second worker finds the row locked, and a worker that dies leaves everything as it was. Every row is judged again before
it is written; when it would mean something else than was shown, all of it is taken back and shown anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from sheets import Parsed, Problem, SheetError, in_chunks

from contracts.models import ImportFile, ImportRow, ImportSession
from contracts.rules.device_rows import DUPLICATE, ERROR, FOUND_HERE
from contracts.services.applying import apply_chunk
from contracts.services.import_sessions import progress_key, renew_offer, will_apply
from contracts.services.importing_sheets import Judge, Judged, findings_json, rows_of, values_from_json, values_json
from contracts.services.undoing_imports import BuiltOnError, forget_made, undo_chunk

logger = logging.getLogger(__name__)

CHUNK: Final = 1000
LEASE: Final = timedelta(minutes=10)
MOST_ATTEMPTS: Final = 3
State, Task = ImportSession.State, ImportSession.Task


class StaleError(Exception):
    """A row would mean something else now than what was shown."""


class LeaseLostError(Exception):
    """Another worker has this session."""


def run_next(only: int | None = None) -> bool:
    """Work on the oldest session that waits (or `only` that one); return False when none does. Any number of workers may."""
    session = _take(timezone.now(), only)
    if session is None:
        return False
    work = {Task.LOOK.value: _look, Task.APPLY.value: _apply, Task.UNDO.value: _undo}[session.task]
    try:
        work(session)
    except LeaseLostError:
        logger.warning("Import %d was taken over by another worker.", session.pk)
    except SheetError as error:
        _fail(session, str(error))
    except StaleError:
        _show_anew(session)
    except BuiltOnError as error:
        _fail(session, str(error))
    except Exception:
        logger.exception("Import %d has failed.", session.pk)
        _fail(
            session,
            _("It has stopped with an error of ours, and nothing was changed; the log says which. Start it again."),
        )
    return True


def finish(pk: int) -> None:
    """Work on a session here, or wait for the worker that has taken it, until it needs a person again."""
    while ImportSession.objects.filter(pk=pk, state__in=(State.QUEUED, State.RUNNING)).exists():
        if not run_next(pk):
            time.sleep(0.5)


def _take(now: datetime, only: int | None) -> ImportSession | None:
    """Take what is queued, or what a dead worker left; after three dead workers it is lost."""
    with transaction.atomic():
        waits = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lte=now)
        if only is not None:
            waits &= Q(pk=only)
        rows = ImportSession.objects.select_for_update(skip_locked=True, of=("self",)).filter(waits)
        session = rows.select_related("target_status", "service_provider").order_by("uploaded_at", "pk").first()
        if session is None:
            return None
        if session.attempt >= MOST_ATTEMPTS:
            # An import whose undoing did not come about is applied as it was.
            session.state = State.DONE if session.task == Task.UNDO else State.LOST
            session.lease_until = None
            session.reason = _(
                "Three workers in a row stopped in the middle of it. Nothing was changed; start it again."
            )
        else:
            session.state, session.attempt, session.lease_until = State.RUNNING, session.attempt + 1, now + LEASE
        session.save(update_fields=["state", "attempt", "lease_until", "reason"])
    return session if session.state == State.RUNNING else _take(now, only)


def _mine(session: ImportSession) -> Any:
    return ImportSession.objects.filter(pk=session.pk, state=State.RUNNING, attempt=session.attempt)


def _fail(session: ImportSession, reason: str) -> None:
    """End with a reason; a preview that is of no use is dropped, and no contract was touched."""
    with transaction.atomic():
        ended = State.DONE if session.task == Task.UNDO else State.FAILED
        if _mine(session).update(state=ended, reason=reason, lease_until=None):
            if session.task == Task.LOOK:
                session.rows.all().delete()
            ImportFile.objects.filter(session=session).update(content=b"")


def _look(session: ImportSession) -> None:
    session.rows.all().delete()
    judge = Judge(session)
    done = 0
    for file in session.files.order_by("pk"):
        counted = 0
        try:
            for chunk in in_chunks(rows_of(bytes(file.content)), CHUNK):
                counted += len(chunk)
                done += len(chunk)
                _keep(session, file, judge, chunk, done)
        except SheetError as error:
            raise SheetError(error.code, f"{file.original_name}, {error}") from error
        if not counted:
            raise SheetError(
                "NO_ROWS", f"{file.original_name} has a header but no rows.", advice="Fill in a device per row."
            )
        ImportFile.objects.filter(pk=file.pk).update(rows_total=counted)
    _offer(session, done)


def _keep(session: ImportSession, file: ImportFile, judge: Judge, chunk: Sequence[Parsed], done: int) -> None:
    """Judge a chunk and store it: six statements, however many rows it has."""
    twins = _twins(session, file, chunk)
    judged = judge.judge(chunk, twins)
    with transaction.atomic():
        if not _mine(session).update(done=done, total=F("total"), lease_until=timezone.now() + LEASE):
            raise LeaseLostError
        ImportRow.objects.bulk_create([_row(session, file, row) for row in judged], batch_size=CHUNK)


def _twins(session: ImportSession, file: ImportFile, chunk: Sequence[Parsed]) -> dict[int, str]:
    """Return by place in the chunk where the serial number of a row stood before, in this chunk or an earlier one.

    In two organizations the same number may stand when the contracts have it in both; `RowRules` knows, so it is only a twin
    within one organization.
    """
    keys = [
        (str(row.values.get("serial") or "").upper(), str(row.values.get("organization") or "").casefold())
        for row in chunk
    ]
    earlier = session.rows.filter(key__in={key for key, _ in keys if key}).exclude(label__in=(ERROR, DUPLICATE))
    facts = earlier.values_list("key", "values__organization", "number", "file__original_name")
    first = {(key, str(organization).casefold()): _place(name, number) for key, organization, number, name in facts}
    twins = {}
    for place, (row, key) in enumerate(zip(chunk, keys, strict=True)):
        if not key[0] or row.verdict == "error":
            continue
        if key in first:
            twins[place] = first[key]
        first.setdefault(key, _place(file.original_name, row.number))
    return twins


def _place(name: str, number: int) -> str:
    return f"row {number} of {name}"


def _row(session: ImportSession, file: ImportFile, row: Judged) -> ImportRow:
    return ImportRow(
        session=session,
        file=file,
        number=row.number,
        key=row.key,
        values=values_json(row.values),
        **_verdict(row),
    )


def _verdict(row: Judged) -> dict[str, Any]:
    return {
        "label": row.meaning.label,
        "verdict": row.verdict,
        "target": str(row.meaning.target or ""),
        "changes": {name: change.as_json() for name, change in row.meaning.changes.items()},
        "problems": findings_json(row.meaning.findings),
    }


def _offer(session: ImportSession, done: int, reason: str = "") -> None:
    """Say that everything is judged; the bytes of the files are no longer needed."""
    with transaction.atomic():
        mine = _mine(session).select_for_update(of=("self",)).first()
        if mine is None:
            raise LeaseLostError
        mine.state, mine.lease_until, mine.attempt = State.OFFERED, None, 0
        mine.done = mine.total = done
        mine.reason = reason
        mine.save(update_fields=["state", "lease_until", "attempt", "done", "total", "reason"])
        renew_offer(mine)
        ImportFile.objects.filter(session=session).update(content=b"")


def _show_anew(session: ImportSession) -> None:
    """Judge the kept rows by the contracts as they are now; decisions stay where a row still means the same."""
    judge = Judge(session)
    rows = session.rows.exclude(label=DUPLICATE).order_by("pk")
    done = 0
    for chunk in _chunks(rows):
        judged = judge.judge([_parsed(row) for row in chunk], {})
        for row, new in zip(chunk, judged, strict=True):
            if row.label != new.meaning.label:
                row.decision = ImportRow.Decision.PENDING
            for name, value in _verdict(new).items():
                setattr(row, name, value)
        done += len(chunk)
        with transaction.atomic():
            if not _mine(session).update(lease_until=timezone.now() + LEASE):
                raise LeaseLostError
            _rewrite(chunk, ["label", "verdict", "target", "changes", "problems", "decision"])
    _offer(
        session,
        session.rows.count(),
        _("The contracts have changed meanwhile. Nothing was applied; look through it again."),
    )


def _parsed(row: ImportRow) -> Parsed:
    """Return a kept row as it was read; what was wrong with its cells is kept as it was found."""
    kept = (one for one in row.problems if one["code"] not in FOUND_HERE and one["code"] != "FORMULA")
    problems = tuple(Problem(one["code"], one["text"], one["column"], one["level"]) for one in kept)
    return Parsed(row.number, values_from_json(row.values), problems)


def _chunks(rows: Any) -> Iterator[list[ImportRow]]:
    """Yield rows in chunks by their ids: each chunk is one statement, and nothing else stays in memory."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        yield chunk


def _rewrite(rows: Sequence[ImportRow], fields: Iterable[str]) -> None:
    """Write fields of rows that exist, in one statement: an upsert by id."""
    ImportRow.objects.bulk_create(
        rows, batch_size=CHUNK, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
    )


def _apply(session: ImportSession) -> None:
    """Apply what is decided, all or nothing."""
    session.made = {}
    try:
        with transaction.atomic():
            locked = _mine(session).select_for_update(of=("self",)).first()
            if locked is None:
                raise LeaseLostError
            totals = _apply_rows(session, lambda done: cache.set(progress_key(session.pk), done, 600))
            locked.state, locked.lease_until, locked.applied_at = State.DONE, None, timezone.now()
            locked.done, locked.result, locked.made = sum(totals.values()), totals, session.made
            locked.save(update_fields=["state", "lease_until", "applied_at", "done", "result", "made"])
    except IntegrityError as error:
        # Somebody took a serial number between our look and our write.
        raise StaleError from error
    finally:
        cache.delete(progress_key(session.pk))


def _apply_rows(session: ImportSession, told: Callable[[int], None]) -> dict[str, int]:
    totals = {"created": 0, "updated": 0}
    for chunk in _chunks(session.rows.filter(will_apply()).order_by("pk")):
        judged = Judge(session).judge([_parsed(row) for row in chunk], {})
        for row, now in zip(chunk, judged, strict=True):
            if now.meaning.shown() != _shown(row):
                raise StaleError
        created, updated = apply_chunk(session, chunk, judged)
        totals["created"] += created
        totals["updated"] += updated
        _rewrite(chunk, ["applied_device", "written"])
        told(sum(totals.values()))
    return totals


def _undo(session: ImportSession) -> None:
    """Take an applied import back, all or nothing."""
    try:
        with transaction.atomic():
            locked = _mine(session).select_for_update(of=("self",)).first()
            if locked is None:
                raise LeaseLostError
            done = 0
            for chunk in _chunks(session.rows.exclude(written=None).order_by("pk")):
                undo_chunk(session, chunk, session.undone_by_id)
                done += len(chunk)
                cache.set(progress_key(session.pk), done, 600)
            session.rows.exclude(written=None).update(written=None)
            forget_made(session)
            locked.state, locked.lease_until, locked.undone_at, locked.done = State.DONE, None, timezone.now(), done
            locked.save(update_fields=["state", "lease_until", "undone_at", "done"])
    except IntegrityError as error:
        raise BuiltOnError(_("A serial number that the import had changed is in use elsewhere by now.")) from error
    finally:
        cache.delete(progress_key(session.pk))


def _shown(row: ImportRow) -> tuple[str, int | None, dict[str, str]]:
    return row.label, int(row.target) if row.target else None, {name: one["new"] for name, one in row.changes.items()}
