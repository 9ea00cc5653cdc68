"""Answers kept under an `Idempotency-Key`: written in the unit of work they are the answer of, given again for a day."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import IdempotentAnswer
from shared.security.encryption import decrypt, encrypt

KEPT = timedelta(hours=24)
HEADERS = ("content-type", "location", "etag")
"""Headers that belong to the answer and not to the exchange."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What a key stands for: one person's key at one route."""

    user_id: uuid.UUID
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, to which request."""

    request_hash: str
    status: int
    headers: dict[str, str]
    body: bytes


class IdempotentAnswers:
    """Kept answers within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session: the one that does what the request asks for."""
        self.session = session

    async def claim(self, slot: Slot) -> bool:
        """Take a slot until the unit ends, however it ends; False when another request holds it now."""
        name = f"{slot.user_id} {slot.route} {slot.key}"
        taken = select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))
        return bool(await self.session.scalar(taken))

    async def find(self, slot: Slot) -> Answer | None:
        """Return what was answered under a slot within the last day."""
        statement = select(IdempotentAnswer).where(
            IdempotentAnswer.user_id == slot.user_id,
            IdempotentAnswer.route == slot.route,
            IdempotentAnswer.key == slot.key,
            IdempotentAnswer.created_at > func.now() - KEPT,
        )
        row = (await self.session.scalars(statement)).one_or_none()
        if row is None or row.status is None or row.body is None:
            return None
        head, _, body = decrypt(row.body.decode()).partition("\n")
        return Answer(row.request_hash, row.status, json.loads(head), body.encode("latin-1"))

    async def keep(self, slot: Slot, answer: Answer) -> None:
        """Store an answer, encrypted: it may hold a key that is shown once."""
        headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        told = {
            "request_hash": answer.request_hash,
            "status": answer.status,
            "body": encrypt(f"{json.dumps(headers)}\n{answer.body.decode('latin-1')}").encode(),
            "created_at": func.now(),
        }
        names = {"user_id": slot.user_id, "route": slot.route, "key": slot.key}
        statement = insert(IdempotentAnswer).values(id=uuid.uuid4(), **names, **told)
        await self.session.execute(statement.on_conflict_do_update(index_elements=list(names), set_=told))

    async def sweep(self) -> None:
        """Remove what is older than a day."""
        await self.session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < func.now() - KEPT))
