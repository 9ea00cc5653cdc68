"""Photos of pairs: taken in, put in order, removed and put back; files nobody knows any more are swept."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.inventory_repository import InventoryRepository
from domains.inventory.repositories.photo_repository import PhotoRepository
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, ItemPhoto
from shared.error_handling.error_codes import ErrorCode
from shared.error_handling.exceptions import (
    BusinessRuleViolation,
    ResourceNotFoundException,
    SoleFlipException,
    ValidationException,
)
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.media.pictures import CONTENT_TYPE, BadPictureError, Picture, redraw
from shared.media.store import Store
from shared.repositories import audit
from shared.translation import phrase

JOB = "inventory.sweep_photos"
ROOM = "photos"
MOST = 24
KEPT = timedelta(days=7)
"""How long a removed photo can be put back."""


class PhotoService:
    """Photos within one unit of work; their files lie below `media_root`."""

    def __init__(self, session: AsyncSession, media_root: Path) -> None:
        """Work within one unit of work."""
        self.session, self.store = session, Store(media_root, ROOM)
        self.stored, self.items = PhotoRepository(session), InventoryRepository(session)

    async def all(self, item_id: uuid.UUID) -> Sequence[ItemPhoto]:
        """Return an item's photos in their order; raises ResourceNotFoundException."""
        if await self.stored.number(item_id) is None:
            raise _no_item(item_id)
        return await self.stored.of(item_id)

    async def _item(self, item_id: uuid.UUID) -> InventoryItem:
        item = await self.items.get_for_update(item_id)
        if item is None:
            raise _no_item(item_id)
        return item

    async def add(self, actor: Principal, item_id: uuid.UUID, pictures: Sequence[Picture]) -> list[ItemPhoto]:
        """Keep pictures of an item, after those it has. The same picture again is the one that is there."""
        item = await self._item(item_id)
        known = {row.digest: row for row in await self.stored.of(item.id, removed=True)}
        here = sum(row.removed_at is None for row in known.values())
        place = max((row.position for row in known.values()), default=-1)
        found: list[ItemPhoto] = []
        for picture in pictures:
            digest = await asyncio.to_thread(self.store.put, picture.files)
            row = known.get(digest)
            if row is None or row.removed_at is not None:
                here += 1
            if here > MOST:
                raise BusinessRuleViolation(
                    phrase(
                        "Item %(number)s has %(most)s photos at most; remove some first", number=item.number, most=MOST
                    )
                )
            if row is None:
                place += 1
                row = known[digest] = ItemPhoto(
                    item_id=item.id, digest=digest, content_type=CONTENT_TYPE, width=picture.width, height=picture.height,
                    bytes=len(picture.files["full"]), position=place, by_id=actor.user_id,
                )  # fmt: skip
                self.session.add(row)
            row.removed_at = None
            found.append(row)
        await self.session.flush()
        for row in found:
            await self.session.refresh(row)
        audit.record(self.session, actor, "item.photos.add", "item", item.id, after={"photos": len(found)})
        return found

    async def order(self, actor: Principal, item_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> Sequence[ItemPhoto]:
        """Put an item's photos in an order; the first one is the cover. All of them have to be named, each once."""
        await self._item(item_id)
        rows = {row.id: row for row in await self.stored.of(item_id)}
        if len(ids) != len(rows) or set(ids) != set(rows):
            raise ValidationException(
                phrase("Name every photo of this item once"), field_errors={"photos": "are not those of it"}
            )
        for place, photo_id in enumerate(ids):
            rows[photo_id].position = place
        audit.record(self.session, actor, "item.photos.order", "item", item_id)
        await self.session.flush()
        return [rows[photo_id] for photo_id in ids]

    async def move(self, actor: Principal, photo_id: uuid.UUID, by: int) -> uuid.UUID:
        """Move a photo by so many places (to the front when by far too many); return whose it is."""
        row = await self._photo(photo_id)
        ids = [each.id for each in await self.stored.of(row.item_id)]
        if photo_id in ids:
            place = ids.index(photo_id)
            ids.insert(min(max(place + by, 0), len(ids) - 1), ids.pop(place))
            await self.order(actor, row.item_id, ids)
        return row.item_id

    async def _photo(self, photo_id: uuid.UUID) -> ItemPhoto:
        row = await self.stored.get_by_id(photo_id)
        if row is None:
            raise ResourceNotFoundException(
                phrase("Photo %(photo_id)s not found", photo_id=photo_id), details={"photo_id": str(photo_id)}
            )
        return row

    async def remove(self, actor: Principal, photo_id: uuid.UUID, *, removed: bool) -> uuid.UUID:
        """Remove a photo or put it back; return whose it is."""
        row = await self._photo(photo_id)
        await self._item(row.item_id)
        await self.session.refresh(row)
        if (row.removed_at is not None) == removed:
            return row.item_id
        if not removed and len(await self.stored.of(row.item_id)) >= MOST:
            raise BusinessRuleViolation(
                phrase("This item has %(most)s photos at most; remove another one first", most=MOST)
            )
        row.removed_at = datetime.now(UTC) if removed else None
        audit.record(self.session, actor, f"item.photos.{'remove' if removed else 'restore'}", "item", row.item_id)
        return row.item_id

    async def file(self, photo_id: uuid.UUID, size: str) -> tuple[bytes, str]:
        """Return a photo's file and a name to save it under; raises ResourceNotFoundException for a removed one too."""
        row = await self._photo(photo_id)
        if row.removed_at is not None:
            raise ResourceNotFoundException(phrase("This photo was removed"))
        number = await self.stored.number(row.item_id)
        try:
            data = await asyncio.to_thread(self.store.path(row.digest, size).read_bytes)
        except FileNotFoundError:
            raise ResourceNotFoundException(
                phrase("The file of this photo is gone; restore the media folder from a backup")
            ) from None
        return data, f"item-{number}-{row.position + 1}.jpg"


async def redrawn(uploads: Sequence[tuple[str, bytes]]) -> tuple[list[Picture], list[dict[str, str]]]:
    """Return uploads (name, bytes) as pictures drawn anew, and what is wrong with the others."""
    found, wrong = [], []
    for name, data in uploads:
        try:
            found.append(await asyncio.to_thread(redraw, data))
        except BadPictureError as error:
            wrong.append({"file": name, "error": error.message})
    return found, wrong


def no_picture(wrong: Sequence[dict[str, str]]) -> SoleFlipException:
    """Return the error for an upload of which nothing can be kept."""
    words = "; ".join(f"{each['file']}: {each['error']}" for each in wrong) or "Choose a picture first"
    return SoleFlipException(words, ErrorCode.FILE_FORMAT_ERROR, {"errors": list(wrong)})


def _no_item(item_id: uuid.UUID) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
    )


@job(JOB)
async def sweep(context: JobContext) -> dict[str, Any]:
    """Forget photos removed a week ago, then remove files that no photo knows."""
    async with context.database.unit() as session:
        forgotten = await PhotoRepository(session).forget(datetime.now(UTC) - KEPT)
    await context.progress(1, 2)
    async with context.database.reading() as session:
        known = await PhotoRepository(session).digests()
    files = await asyncio.to_thread(Store(context.settings.media_root, ROOM).sweep, known)
    return {"photos": forgotten, "files": files}


every("40 3 * * *", JOB)
