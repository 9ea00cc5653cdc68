"""Pages of a list at a cost that does not grow with depth: by cursor (keyset), or by skip over an index with a late join."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.error_handling.exceptions import ValidationException
from shared.repositories.rows import AnyRow, AnySelect
from shared.translation import phrase


@dataclass(frozen=True, slots=True)
class Found:
    """A page's rows, how many there are in all, and the cursor of the next page."""

    rows: Sequence[AnyRow]
    total: int
    next_cursor: str | None


def make_cursor(moment: datetime, key: UUID) -> str:
    """Return the place after a row as a text for callers."""
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), str(key)]).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the place a cursor names; raises ValidationException for one we did not make."""
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(moment), UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise ValidationException(phrase("This cursor is not one of ours; begin without one")) from None


@dataclass(frozen=True)
class Listing:
    """How a list is read: `inner` finds keys (with the joins its filters need), `outer` draws the rows of those keys.

    Both are over `key`; rows are in the order of `moment` downwards, then `key` downwards.
    """

    moment: InstrumentedAttribute[datetime]
    key: InstrumentedAttribute[UUID]
    outer: AnySelect

    async def page(
        self,
        session: AsyncSession,
        inner: AnySelect,
        conditions: Sequence[ColumnElement[bool]],
        skip: int,
        limit: int,
        cursor: str | None,
    ) -> Found:
        """Return a page; the last column of `outer` has to be `moment`, the first `key`."""
        order = (self.moment.desc(), self.key.desc())
        keys = inner.where(*conditions)
        total = await session.scalar(select(func.count()).select_from(keys.subquery())) or 0
        if cursor is not None:
            keys = keys.where(tuple_(self.moment, self.key) < tuple_(*read_cursor(cursor)))
            skip = 0
        chosen = keys.order_by(*order).offset(skip).limit(limit + 1).cte("page")
        rows = (await session.execute(self.outer.join(chosen, chosen.c.id == self.key).order_by(*order))).all()
        more = len(rows) > limit
        rows = rows[:limit]
        return Found(rows, total, make_cursor(rows[-1][-1], rows[-1][0]) if more else None)
