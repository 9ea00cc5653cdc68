"""/api/v1/inventory: photos of pairs; and their page, made for the phone in the stock room."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from domains.inventory.services.inventory_service import InventoryService
from domains.inventory.services.photo_service import MOST, PhotoService, no_picture, redrawn
from shared.api.dependencies import Reader, SessionDep, SettingsDep, Writer
from shared.auth.principal import Need, Principal
from shared.config.settings import Settings
from shared.error_handling.exceptions import SoleFlipException
from shared.media.pictures import CONTENT_TYPE, LARGEST_BYTES, TAKEN
from shared.web.pages import Looking, render, to_login

PREFIX = "/api/v1/inventory"
router = APIRouter(tags=["inventory"])
AT_ONCE = 12
SERVED = {
    "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=31536000, immutable", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
"""A picture is a picture, to everybody and for good: what is kept under its id never changes."""

Files = Annotated[list[UploadFile], File(min_length=1, max_length=AT_ONCE, description="JPEG, PNG, WebP or AVIF")]
Size = Literal["full", "card", "tiny"]


class PhotoOut(BaseModel):
    """A photo; `width` and `height` are those of the full size. The first one of an item is its cover."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    item_id: uuid.UUID
    width: int
    height: int
    bytes: int
    position: int
    created_at: datetime


class Uploaded(BaseModel):
    """Photos that were kept, and what was wrong with the other files."""

    photos: list[PhotoOut]
    errors: list[dict[str, str]]


class OrderIn(BaseModel):
    """Every photo of an item, once."""

    model_config = ConfigDict(extra="forbid")

    photos: list[uuid.UUID] = Field(max_length=MOST)


async def _take_in(
    actor: Principal, session: SessionDep, settings: Settings, item_id: uuid.UUID, files: list[UploadFile]
) -> Uploaded:
    service = PhotoService(session, settings.media_root)
    await service.all(item_id)
    uploads = [((file.filename or "file")[:100], await file.read(LARGEST_BYTES + 1)) for file in files]
    pictures, wrong = await redrawn(uploads)
    if not pictures:
        raise no_picture(wrong)
    kept = await service.add(actor, item_id, pictures)
    return Uploaded(photos=[PhotoOut.model_validate(row) for row in kept], errors=wrong)


@router.get(f"{PREFIX}/items/{{item_id}}/photos")
async def photos(item_id: uuid.UUID, _reader: Reader, session: SessionDep, settings: SettingsDep) -> list[PhotoOut]:
    """An item's photos, its cover first."""
    rows = await PhotoService(session, settings.media_root).all(item_id)
    return [PhotoOut.model_validate(row) for row in rows]


@router.post(f"{PREFIX}/items/{{item_id}}/photos", status_code=201)
async def upload(
    item_id: uuid.UUID, writer: Writer, session: SessionDep, settings: SettingsDep, files: Files
) -> Uploaded:
    """Add photos: each is drawn anew, without anything else its file carried. Bad files are named, the others kept."""
    return await _take_in(writer, session, settings, item_id, files)


@router.put(f"{PREFIX}/items/{{item_id}}/photos/order")
async def order(
    item_id: uuid.UUID, body: OrderIn, writer: Writer, session: SessionDep, settings: SettingsDep
) -> list[PhotoOut]:
    """Put an item's photos in order."""
    rows = await PhotoService(session, settings.media_root).order(writer, item_id, body.photos)
    return [PhotoOut.model_validate(row) for row in rows]


@router.delete(f"{PREFIX}/photos/{{photo_id}}", status_code=204)
async def remove(photo_id: uuid.UUID, writer: Writer, session: SessionDep, settings: SettingsDep) -> None:
    """Remove a photo; for a week it can be put back."""
    await PhotoService(session, settings.media_root).remove(writer, photo_id, removed=True)


@router.post(f"{PREFIX}/photos/{{photo_id}}/restore", status_code=204)
async def restore(photo_id: uuid.UUID, writer: Writer, session: SessionDep, settings: SettingsDep) -> None:
    """Put a photo back."""
    await PhotoService(session, settings.media_root).remove(writer, photo_id, removed=False)


@router.get(f"{PREFIX}/photos/{{photo_id}}/file", response_class=Response)
async def file(
    photo_id: uuid.UUID, _reader: Reader, session: SessionDep, settings: SettingsDep, size: Size = "full"
) -> Response:
    """A photo as JPEG: full (2048 pixels), card (480) or tiny (128)."""
    data, name = await PhotoService(session, settings.media_root).file(photo_id, size)
    headers = {**SERVED, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(data, media_type=CONTENT_TYPE, headers=headers)


@router.get("/inventory/{item_id}/photos", include_in_schema=False)
async def page(
    request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep, settings: SettingsDep,
    undo: uuid.UUID | None = None,
) -> Response:  # fmt: skip
    """The page."""
    return to_login() if looking is None else await _page(request, looking, session, settings, item_id, undo=undo)


async def _page(
    request: Request, looking: Principal, session: SessionDep, settings: Settings, item_id: uuid.UUID, status: int = 200,
    **more: Any,
) -> Response:  # fmt: skip
    rows = await PhotoService(session, settings.media_root).all(item_id)
    return render(
        request, "photos.html", looking, status, item=await InventoryService(session).get(item_id), photos=rows, most=MOST,
        formats=", ".join(TAKEN), accept=",".join(f"image/{name.lower()}" for name in TAKEN), at_once=AT_ONCE,
        may_write=looking.may(Need.WRITE), **{"undo": None, "wrong": [], **more},
    )  # fmt: skip


@router.post("/inventory/{item_id}/photos", include_in_schema=False)
async def upload_by_form(
    request: Request, item_id: uuid.UUID, looking: Looking, session: SessionDep, settings: SettingsDep, files: Files
) -> Response:
    """Add photos; what was wrong with some of them is said, the others are kept."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    try:
        found = await _take_in(looking, session, settings, item_id, [each for each in files if each.size])
    except SoleFlipException as error:
        await session.rollback()
        return await _page(request, looking, session, settings, item_id, error.status_code, message=error.message)
    if found.errors:
        return await _page(request, looking, session, settings, item_id, wrong=found.errors)
    return RedirectResponse(f"/inventory/{item_id}/photos", 303)


@router.post("/inventory/{item_id}/photos/{photo_id}", include_in_schema=False)
async def change_by_form(
    item_id: uuid.UUID, photo_id: uuid.UUID, looking: Looking, session: SessionDep, settings: SettingsDep,
    action: Annotated[Literal["cover", "earlier", "later", "remove", "restore"], Form()],
) -> Response:  # fmt: skip
    """Move a photo, remove it (the next page offers to undo it), or put it back."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    service = PhotoService(session, settings.media_root)
    if action in ("remove", "restore"):
        await service.remove(looking, photo_id, removed=action == "remove")
    else:
        await service.move(looking, photo_id, {"cover": -MOST, "earlier": -1, "later": 1}[action])
    return RedirectResponse(f"/inventory/{item_id}/photos{f'?undo={photo_id}' if action == 'remove' else ''}", 303)
