"""The second phase of an import: applied exactly once, and only as it was shown.

The rules are a small state machine over a frozen record; a system keeps that record in a row of its own and moves it
with one conditional statement, so that of two clicks, two tabs or two workers only one goes on:

1. `offer(digest)` when the preview is complete. The page carries `token`; `digest` covers what was shown
   (`digest_of`: the files' bytes, the decisions, the version of the data it was judged against).
2. `start(record, token, digest, now, lease)` when the person says so. Store the result by
   `UPDATE ... SET state, attempt, lease_until WHERE id = ? AND state = ? AND attempt = ?` with the old values; one row
   changed means that it is ours.
3. `extend` between chunks; `finish` or `fail` at the end, stored by the same kind of statement.

A worker that dies leaves `running` behind; once the lease is over the record counts as lost and may be started again.
Each attempt must therefore be one transaction, or chunks that find out what is already applied.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["offered", "running", "done", "failed"]


class ApplyRefusedError(ValueError):
    """An import may not be applied (again); `code` is ALREADY_APPLIED, RUNNING, STALE or WRONG_TOKEN."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the code beside the text."""
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class ApplyRecord:
    """Where an import stands. `attempt` grows with each start; `reason` says why it failed."""

    token: str
    digest: str
    state: State = "offered"
    attempt: int = 0
    lease_until: datetime | None = None
    reason: str = ""

    def is_lost(self, now: datetime) -> bool:
        """Say whether its worker has not been heard of within the lease."""
        return self.state == "running" and self.lease_until is not None and self.lease_until <= now


def digest_of(parts: Iterable[str | bytes]) -> str:
    """Return one SHA-256 over parts, each with its length, so that no two lists of parts look alike."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def offer(digest: str) -> ApplyRecord:
    """Return the record of a preview that may be applied, with a fresh token."""
    return ApplyRecord(token=secrets.token_urlsafe(24), digest=digest)


def start(record: ApplyRecord, token: str, digest: str, now: datetime, lease: timedelta) -> ApplyRecord:
    """Return the record of a running import, or raise ApplyRefusedError and leave everything as it is.

    `digest` is computed anew from what would be applied now: a decision changed in another tab makes it STALE.
    A failed import may be tried again, a done one never.
    """
    if not hmac.compare_digest(record.token.encode(), token.encode()):
        raise ApplyRefusedError("WRONG_TOKEN", "This page belongs to another preview. Open the import anew.")
    if record.state == "done":
        raise ApplyRefusedError("ALREADY_APPLIED", "This import has been applied already.")
    if record.state == "running" and not record.is_lost(now):
        raise ApplyRefusedError("RUNNING", "This import is being applied.")
    if not hmac.compare_digest(record.digest, digest):
        raise ApplyRefusedError("STALE", "The preview is out of date. Look through it again.")
    return replace(record, state="running", attempt=record.attempt + 1, lease_until=now + lease, reason="")


def extend(record: ApplyRecord, now: datetime, lease: timedelta) -> ApplyRecord:
    """Return a running import with a longer lease; a lost one may belong to another worker and raises RUNNING."""
    if record.state != "running" or record.is_lost(now):
        raise ApplyRefusedError("RUNNING", "This attempt is over; another one may have begun.")
    return replace(record, lease_until=now + lease)


def finish(record: ApplyRecord) -> ApplyRecord:
    """Return the record of an import that has been applied."""
    return _end(record, "done", "")


def fail(record: ApplyRecord, reason: str) -> ApplyRecord:
    """Return the record of an import that changed nothing (or can be repeated), with the reason a person reads."""
    return _end(record, "failed", reason)


def _end(record: ApplyRecord, state: State, reason: str) -> ApplyRecord:
    if record.state != "running":
        raise ApplyRefusedError("ALREADY_APPLIED", f"An import that is {record.state} cannot end.")
    return replace(record, state=state, lease_until=None, reason=reason)
