"""Sessions of the contracts' import: opened with files, decided on row by row, asked to be applied. A worker does the work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.db.models import CharField, Count, Q, QuerySet
from django.db.models.functions import Cast
from sheets import ApplyRefusedError, Parsed, digest_of, offer

from contracts.models import ContractDevice, ContractStatus, ImportFile, ImportRow, ImportSession, ServiceProvider
from contracts.rules.device_rows import APPLIED_BY_ITSELF, DUPLICATE, MOVED, fold
from contracts.services.importing_sheets import Judge, findings_json, values_from_json, words
from inventory.services.broker import wake

KEEP_UNAPPLIED: Final = timedelta(days=7)
MOST_FILES: Final = 20
Decision = ImportRow.Decision
State, Task = ImportSession.State, ImportSession.Task


def open_session(
    name: str,
    files: Sequence[tuple[str, bytes]],
    status: ContractStatus,
    provider: ServiceProvider | None,
    user_id: int | None,
    *,
    create_cities: bool = True,
    create_models: bool = False,
) -> ImportSession:
    """Keep uploaded files ((name, bytes); the last of one name counts) and queue their look-through."""
    with transaction.atomic():
        session = ImportSession.objects.create(
            name=name[:200],
            target_status=status,
            service_provider=provider,
            create_cities=create_cities,
            create_models=create_models,
            uploaded_by_id=user_id,
        )
        kept = {file_name[-200:]: content for file_name, content in files[:MOST_FILES]}
        for file_name, content in kept.items():
            ImportFile.objects.create(session=session, original_name=file_name, content=content)
        transaction.on_commit(tell_worker)
    return session


def tell_worker() -> None:
    """Wake a worker; if the broker is away, the next tick finds the session."""
    wake("contracts.tasks.run_imports", "low_priority")


def will_apply() -> Q:
    """Return the condition of the rows that an import applies."""
    decided = Q(label__in=(*APPLIED_BY_ITSELF, MOVED), decision=Decision.APPLY)
    return decided | Q(label__in=APPLIED_BY_ITSELF, decision=Decision.PENDING)


def renew_offer(session: ImportSession) -> None:
    """Give a looked-through session a token for what is decided now; the caller holds its row and saves nothing else."""
    record = offer(digest_of([str(session.pk), str(session.version)]))
    session.token, session.digest = record.token, record.digest
    session.counts = count(session)
    session.save(update_fields=["token", "digest", "counts", "version"])


def count(session: ImportSession) -> dict[str, int]:
    """Return how many rows have each label, and how many would be applied."""
    counts = dict(session.rows.order_by().values_list("label").annotate(n=Count("pk")))
    return {**counts, "apply": session.rows.filter(will_apply()).count()}


def decide(session_pk: int, rows: Sequence[int] | str, decision: str) -> int:
    """Decide on rows (ids, or a label for all of its rows) while the session is looked through; return how many.

    To apply a row that stands twice puts it in the place of its twin, which becomes the one that stands twice.
    """
    with transaction.atomic():
        session = _offered(session_pk)
        chosen = session.rows.exclude(label="error")
        chosen = chosen.filter(label=rows) if isinstance(rows, str) else chosen.filter(pk__in=list(rows))
        if decision == Decision.APPLY:
            for row in chosen.filter(label=DUPLICATE).order_by("pk")[:1000]:
                _put_in_place(session, row)
        changed = chosen.exclude(label=DUPLICATE).update(decision=decision)
        session.version += 1
        renew_offer(session)
    return changed


def _offered(pk: int) -> ImportSession:
    session = ImportSession.objects.select_for_update(of=("self",)).get(pk=pk)
    if session.state == State.DONE:
        raise ApplyRefusedError("ALREADY_APPLIED", "This import has been applied already.")
    if session.state != State.OFFERED:
        raise ApplyRefusedError("RUNNING", "This import is being worked on.")
    return session


def _put_in_place(session: ImportSession, row: ImportRow) -> None:
    """Judge a row as if it stood alone, and let its twin be the one that is left out."""
    first = session.rows.filter(key=row.key).exclude(label__in=("error", DUPLICATE)).first()
    (judged,) = Judge(session).judge([Parsed(row.number, values_from_json(row.values))], {})
    row.label, row.target = judged.meaning.label, str(judged.meaning.target or "")
    row.changes = {name: change.as_json() for name, change in judged.meaning.changes.items()}
    row.problems, row.verdict, row.decision = findings_json(judged.meaning.findings), judged.verdict, Decision.APPLY
    row.save()
    if first is not None:
        first.label, first.decision, first.changes, first.target = DUPLICATE, Decision.PENDING, {}, ""
        first.verdict = "warning"
        text = f"Row {row.number} was chosen in its place."
        first.problems = [{"code": "DUPLICATE", "text": text, "column": "serial", "level": "warning"}]
        first.save()


def ask_apply(session_pk: int, token: str) -> ImportSession:
    """Queue a session to be applied; ApplyRefusedError with ALREADY_APPLIED, RUNNING, WRONG_TOKEN or NOTHING."""
    with transaction.atomic():
        session = _offered(session_pk)
        if token != session.token:
            raise ApplyRefusedError(
                "WRONG_TOKEN", "The decisions have changed in another window. Look through them again."
            )
        if not session.rows.filter(will_apply()).exists():
            raise ApplyRefusedError("NOTHING", "No row would add or change a device.")
        session.state, session.task, session.done, session.attempt = State.QUEUED, Task.APPLY, 0, 0
        session.total, session.reason = session.counts.get("apply", 0), ""
        session.save(update_fields=["state", "task", "done", "total", "attempt", "reason"])
        transaction.on_commit(tell_worker)
    return session


def ask_undo(session_pk: int, user_id: int | None) -> ImportSession:
    """Queue an applied session to be taken back; ApplyRefusedError with NOT_APPLIED or RUNNING."""
    with transaction.atomic():
        session = ImportSession.objects.select_for_update(of=("self",)).get(pk=session_pk)
        if session.state in (State.QUEUED, State.RUNNING):
            raise ApplyRefusedError("RUNNING", "This import is being worked on.")
        if not session.can_undo:
            raise ApplyRefusedError("NOT_APPLIED", "This import has not been applied, or has been undone already.")
        session.state, session.task, session.attempt, session.reason = State.QUEUED, Task.UNDO, 0, ""
        session.done, session.undone_by_id = 0, user_id
        session.total = session.rows.exclude(written=None).count()
        session.save(update_fields=["state", "task", "done", "total", "attempt", "reason", "undone_by"])
        transaction.on_commit(tell_worker)
    return session


def progress(session: ImportSession) -> dict[str, object]:
    """Return how far a session is: state, rows done, rows in all, reason."""
    state = "done" if session.state in (State.OFFERED, State.DONE) else session.state
    told = cache.get(progress_key(session.pk)) if session.state == State.RUNNING else None
    done = told if isinstance(told, int) else session.done
    return {"state": state, "done": done, "total": session.total, "reason": session.reason}


def progress_key(pk: int) -> str:
    """Return where the rows that are applied so far are told; the transaction that applies them cannot."""
    return f"contracts.import.{pk}"


def missing_devices(session: ImportSession) -> QuerySet[ContractDevice]:
    """Return the devices under contract with the organizations of the files that stand in none of their rows."""
    rows = session.rows.exclude(label="error")
    known = words().organizations
    names = rows.order_by().values_list("values__organization", flat=True).distinct()
    touched = {known.get(fold(str(name))) for name in names}
    devices = ContractDevice.objects.annotate(name=Cast("pk", CharField())).filter(is_active=True)
    seen = Q(name__in=rows.exclude(target="").values("target")) | Q(
        pk__in=rows.filter(applied_device__isnull=False).values("applied_device")
    )
    return (
        devices.filter(organization__in=[pk for pk in touched if pk is not None])
        .exclude(seen)
        .order_by("organization__name", "city__name", "address", "pk")
    )


def forget_old(now: datetime, keep_days: int) -> int:
    """Delete imports of more than `keep_days` ago, and unapplied ones of more than a week; return how many."""
    applied = Q(uploaded_at__lt=now - timedelta(days=keep_days))
    unapplied = ~Q(state=State.DONE) & Q(uploaded_at__lt=now - KEEP_UNAPPLIED)
    ids = list(
        ImportSession.objects.filter(applied | unapplied).exclude(state=State.RUNNING).values_list("pk", flat=True)
    )
    ImportSession.objects.filter(pk__in=ids).delete()
    return len(ids)
