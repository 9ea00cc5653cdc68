"""The two phases of a cartridge import: a preview kept in rows, decided on, applied once and only as shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from sheets import ApplyRefusedError, digest_of, offer

from contracts.models import CartridgeImport, CartridgeImportRow, ImportRow
from contracts.services.importing_cartridges import CartridgeRow, Told, apply_rows, judge

APPLIED: Final = ("new", "update")
KEEP_UNAPPLIED: Final = timedelta(days=7)
Decision, State = ImportRow.Decision, CartridgeImport.State


def open_session(
    name: str, content: bytes, user_id: int | None, *, primary: bool = False, skip_existing: bool = False
) -> CartridgeImport:
    """Read a file and keep its preview; SheetError when it cannot be read. Nothing is changed."""
    rows = judge(content, skip_existing=skip_existing)
    with transaction.atomic():
        session = CartridgeImport.objects.create(
            file_name=name[-200:], content=content, uploaded_by_id=user_id, primary=primary, skip_existing=skip_existing
        )
        _show(session, rows)
    return session


def decide(pk: int, ids: Sequence[int] | str, decision: str) -> int:
    """Leave rows out (ids, or all with a label), or take them in again; return how many. ApplyRefusedError once applied."""
    with transaction.atomic():
        session = _offered(pk)
        rows = session.rows.filter(label__in=APPLIED)
        rows = rows.filter(label=ids) if isinstance(ids, str) else rows.filter(pk__in=list(ids))
        changed = rows.update(decision=decision)
        _count(session)
    return changed


def apply_session(pk: int, token: str) -> Told:
    """Write what is decided, once. ApplyRefusedError with ALREADY_APPLIED, WRONG_TOKEN, NOTHING, or STALE and a new preview."""
    stale = False
    with transaction.atomic():
        session = _offered(pk)
        if token != session.token:
            raise ApplyRefusedError("WRONG_TOKEN", "The decisions have changed in another window.")
        rows = judge(bytes(session.content), skip_existing=session.skip_existing)
        shown = session.rows.order_by("number")
        if [(one.number, one.label, str(one.cartridge or "")) for one in rows] != list(
            shown.values_list("number", "label", "target")
        ):
            stale = True
            _show(session, rows)
        else:
            wanted = set(
                shown.filter(label__in=APPLIED).exclude(decision=Decision.SKIP).values_list("number", flat=True)
            )
            if not wanted:
                raise ApplyRefusedError("NOTHING", "No row would add or change a cartridge.")
            told = _close(session, [one for one in rows if one.number in wanted])
    if stale:
        raise ApplyRefusedError("STALE", "The catalogue has changed meanwhile.")
    return told


def _close(session: CartridgeImport, rows: Sequence[CartridgeRow]) -> Told:
    told = apply_rows(rows, primary=session.primary, skip_existing=session.skip_existing)
    session.state, session.applied_at, session.content = State.DONE, timezone.now(), b""
    session.result = {"cartridges": told.cartridges, "known": told.known, "links": told.links}
    session.save(update_fields=["state", "applied_at", "content", "result"])
    return told


def _offered(pk: int) -> CartridgeImport:
    session = CartridgeImport.objects.select_for_update(of=("self",)).get(pk=pk)
    if session.state != State.OFFERED:
        raise ApplyRefusedError("ALREADY_APPLIED", "This import has been applied already.")
    return session


def _show(session: CartridgeImport, rows: Sequence[CartridgeRow]) -> None:
    """Keep a preview, in place of an older one; decisions on rows that mean the same stay."""
    skipped = set(session.rows.filter(decision=Decision.SKIP).values_list("number", "label"))
    session.rows.all().delete()
    verdicts = {"error": "error", "dup_in_file": "warning"}
    CartridgeImportRow.objects.bulk_create(
        [
            CartridgeImportRow(
                session=session,
                number=row.number,
                label=row.label,
                verdict=verdicts.get(row.label, "ok"),
                target=str(row.cartridge or ""),
                values=dict(row.values),
                problems=[{"code": row.code, "text": row.text, "column": "", "level": verdicts[row.label]}]
                if row.code
                else [],
                decision=Decision.SKIP if (row.number, row.label) in skipped else Decision.PENDING,
            )
            for row in rows
        ],
        batch_size=1000,
    )
    _count(session)


def _count(session: CartridgeImport) -> None:
    """Count the rows anew and give what is decided now a token of its own."""
    facts = list(session.rows.order_by("number").values_list("number", "label", "decision"))
    counts = Counter(label for _, label, _ in facts)
    counts["apply"] = sum(label in APPLIED and decision != Decision.SKIP for _, label, decision in facts)
    record = offer(digest_of([str(session.pk), *(f"{number}{label}{decision}" for number, label, decision in facts)]))
    session.token, session.digest, session.counts = record.token, record.digest, dict(counts)
    session.save(update_fields=["token", "digest", "counts"])


def forget_old(now: datetime, keep_days: int) -> int:
    """Delete imports of more than `keep_days` ago, and unapplied ones of more than a week; return how many."""
    old = Q(uploaded_at__lt=now - timedelta(days=keep_days))
    unapplied = ~Q(state=State.DONE) & Q(uploaded_at__lt=now - KEEP_UNAPPLIED)
    ids = list(CartridgeImport.objects.filter(old | unapplied).values_list("pk", flat=True))
    CartridgeImport.objects.filter(pk__in=ids).delete()
    return len(ids)
