"""Key rotation: every encrypted value is read with any key and written with the first."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Base
from shared.security.fields import EncryptedText


async def rotate_fields(session: AsyncSession) -> dict[str, int]:
    """Encrypt every value anew and return how many per column; raises UnreadableFieldError when a key is missing."""
    counted: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, EncryptedText):
                continue
            rows = (
                await session.execute(select(table.c.id, column).where(column.is_not(None)).with_for_update())
            ).all()
            for key, value in rows:
                await session.execute(update(table).where(table.c.id == key).values({column: value}))
            counted[f"{table.fullname}.{column.name}"] = len(rows)
    return counted
