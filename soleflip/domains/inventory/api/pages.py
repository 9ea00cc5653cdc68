"""The stock as a page, with quick add for who stands in the stock room."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domains.inventory.repositories.inventory_repository import ItemFilter
from domains.inventory.repositories.photo_repository import PhotoRepository
from domains.inventory.services.inventory_service import InventoryService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need, Principal
from shared.database.words import ItemStatus
from shared.error_handling.exceptions import SoleFlipException
from shared.rules.import_values import BadValue, amount
from shared.translation import gettext_noop
from shared.web.pages import Looking, render, to_login

router = APIRouter(include_in_schema=False)
PAGE = 50
STATUSES = frozenset(word.value for word in ItemStatus)


@router.get("/inventory")
async def inventory(
    request: Request,
    looking: Looking,
    session: SessionDep,
    q: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[str | None, Query(max_length=40)] = None,
    consigned: bool | None = None,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The list."""
    if looking is None:
        return to_login()
    chosen = ItemFilter(q=q or None, status=status if status in STATUSES else None, consigned=consigned)
    return await _page(request, looking, session, chosen, skip)


async def _page(
    request: Request,
    looking: Principal,
    session: SessionDep,
    chosen: ItemFilter,
    skip: int = 0,
    status: int = 200,
    **more: Any,
) -> Response:
    items, total, _ = await InventoryService(session).list(chosen, skip, PAGE, None)
    covers = await PhotoRepository(session).covers([item["id"] for item in items])
    owned = None if chosen.consigned is None else str(chosen.consigned).lower()
    asked = {"q": chosen.q, "status": chosen.status, "consigned": owned}
    query = urlencode({name: value for name, value in asked.items() if value})
    return render(
        request, "inventory.html", looking, status, items=items, covers=covers,
        total=total, shown=len(items), skip=skip, chosen=chosen,
        query=f"{query}&" if query else "", may_write=looking.may(Need.WRITE), **{"told": {}, **more},
    )  # fmt: skip


def _paid(text: str) -> Decimal:
    found = amount(text)
    if found is None or found < 0:
        raise BadValue(gettext_noop("Enter what you paid, such as 119.00"))
    return round(found, 2)


@router.post("/inventory")
async def quick_add(
    request: Request,
    looking: Looking,
    session: SessionDep,
    sku: Annotated[str, Form(max_length=100)],
    size: Annotated[str, Form(max_length=20)],
    gross_purchase_price: Annotated[str, Form(max_length=20)],
    location: Annotated[str, Form(max_length=50)] = "",
) -> Response:
    """Add one pair; what was typed stays in the form when something is wrong with it."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    told = {
        "sku": sku.strip(),
        "size": size.strip(),
        "gross_purchase_price": gross_purchase_price,
        "location": location.strip(),
    }
    try:
        values: dict[str, Any] = {
            "sku": told["sku"],
            "size": told["size"],
            "gross_purchase_price": _paid(gross_purchase_price),
        }
        if told["location"]:
            values["location"] = told["location"]
        await InventoryService(session).create(looking, values)
    except (SoleFlipException, BadValue) as error:
        await session.rollback()
        return await _page(request, looking, session, ItemFilter(), status=400, told=told, message=str(error))
    return RedirectResponse("/inventory", 303)


@router.post("/inventory/{item_id}/release")
async def release(item_id: uuid.UUID, looking: Looking, session: SessionDep) -> Response:
    """Let go what is held back of a pair."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await InventoryService(session).release_all(looking, item_id)
    return RedirectResponse(f"/pricing/items/{item_id}", 303)
