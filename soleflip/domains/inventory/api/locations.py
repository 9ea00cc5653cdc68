"""/api/v1/inventory/locations: places goods lie at; labels; size runs."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from domains.inventory.repositories.inventory_repository import InventoryRepository, LocationRepository
from domains.inventory.services.inventory_service import InventoryService
from domains.inventory.services.labels import label
from shared.api.dependencies import Reader, SessionDep, Writer
from shared.database.models import Location
from shared.error_handling.exceptions import DuplicateResourceException
from shared.rules import sizes
from shared.translation import phrase

PREFIX = "/api/v1/inventory"
router = APIRouter(prefix=PREFIX, tags=["inventory"])


class LocationIn(BaseModel):
    """A place."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=50, pattern=r"^[\w./-]+$")
    name: str = Field(min_length=1, max_length=100)
    kind: str = Field("shelf", max_length=20)
    parent_id: uuid.UUID | None = None


@router.get("/locations")
async def locations(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """Every place and how much lies there."""
    names = ("id", "code", "name", "kind", "parent_id", "items")
    return [dict(zip(names, row, strict=True)) for row in await LocationRepository(session).counted()]


@router.post("/locations", status_code=201)
async def create_location(body: LocationIn, _writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Make a place."""
    places = LocationRepository(session)
    if await places.find_one(Location.code == body.code):
        raise DuplicateResourceException(phrase("There is a location %(code)s already", code=body.code))
    made = await places.create(**body.model_dump())
    return {"id": made.id, **body.model_dump()}


@router.get("/items/{item_id}/label")
async def item_label(item_id: uuid.UUID, _reader: Reader, session: SessionDep) -> Response:
    """The item's label to print: its number as Code 128 and QR, as SVG."""
    found = await InventoryService(session).get(item_id)
    return Response(
        label(found["number"], found["product_name"], found["size"], found["sku"]), media_type="image/svg+xml"
    )


@router.get("/products/{product_id}/size-run")
async def size_run(product_id: uuid.UUID, _reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """A product's sizes with stock, sales and average prices."""
    names = ("size", "region", "eu", "on_hand", "listed", "sold", "average_cost", "average_list_price")
    return [dict(zip(names, row, strict=True)) for row in await InventoryRepository(session).size_run(product_id)]


@router.get("/size-chart")
async def size_chart(
    _reader: Reader,
    us_from: Annotated[str, Query(pattern=r"^\d{1,2}(\.5)?$")] = "3.5",
    us_until: Annotated[str, Query(pattern=r"^\d{1,2}(\.5)?$")] = "15",
) -> list[dict[str, str]]:
    """The size run in US, UK, EU and centimetres."""
    return sizes.run(us_from, us_until)
