"""Queries over photos of pairs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import InventoryItem, ItemPhoto
from shared.repositories.base_repository import BaseRepository


class PhotoRepository(BaseRepository[ItemPhoto]):
    """Photos within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(ItemPhoto, session)

    async def of(self, item_id: uuid.UUID, *, removed: bool = False) -> Sequence[ItemPhoto]:
        """Return an item's photos in their order; `removed` ones too, last."""
        statement = select(ItemPhoto).where(ItemPhoto.item_id == item_id)
        if not removed:
            statement = statement.where(ItemPhoto.removed_at.is_(None))
        order = (ItemPhoto.removed_at.nulls_first(), ItemPhoto.position, ItemPhoto.created_at, ItemPhoto.id)
        return (await self.session.scalars(statement.order_by(*order))).all()

    async def covers(self, item_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
        """Return the first photo of each item that has one, in one query."""
        statement = (
            select(ItemPhoto.item_id, ItemPhoto.id)
            .ext(distinct_on(ItemPhoto.item_id))
            .where(ItemPhoto.item_id.in_(item_ids), ItemPhoto.removed_at.is_(None))
            .order_by(ItemPhoto.item_id, ItemPhoto.position, ItemPhoto.created_at, ItemPhoto.id)
        )
        return {row[0]: row[1] for row in await self.session.execute(statement)}

    async def number(self, item_id: uuid.UUID) -> int | None:
        """Return the number on an item's label."""
        return await self.session.scalar(select(InventoryItem.number).where(InventoryItem.id == item_id))

    async def forget(self, removed_before: datetime) -> int:
        """Delete photos removed before a moment; return how many."""
        statement = delete(ItemPhoto).where(ItemPhoto.removed_at < removed_before).returning(ItemPhoto.id)
        return len((await self.session.execute(statement)).all())

    async def digests(self) -> Sequence[str]:
        """Return the digest of every file a row knows."""
        return (await self.session.scalars(select(ItemPhoto.digest).distinct())).all()
