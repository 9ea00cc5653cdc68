"""/api/v1/metabase and /api/v1/budibase: what those tools load, made from our schema."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from domains.integration.repositories.report_repository import ReportRepository
from domains.integration.services import artefacts
from shared.api.dependencies import Admin, Reader, SessionDep, SettingsDep
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.translation import phrase

router = APIRouter(prefix="/api/v1", tags=["other tools"])


class AppIn(BaseModel):
    """A Budibase app to check."""

    model_config = ConfigDict(extra="allow")

    name: str = ""


@router.get("/metabase/views/status")
async def views(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """The views reports are made from; they are plain views, so always current."""
    counts = await ReportRepository(session).counts(artefacts.VIEWS)
    return [{"name": name, "schema": "analytics", "rows": count, "refresh": "always current"} for name, count in counts]


@router.get("/metabase/dashboards")
async def dashboards(_reader: Reader) -> list[dict[str, Any]]:
    """Dashboards to make in Metabase."""
    return [
        {"name": name, "title": found["title"], "questions": len(found["questions"])}
        for name, found in artefacts.DASHBOARDS.items()
    ]


@router.get("/metabase/dashboards/{name}")
async def dashboard(name: str, _reader: Reader) -> dict[str, Any]:
    """One dashboard with its questions in SQL."""
    if name not in artefacts.DASHBOARDS:
        raise ResourceNotFoundException(phrase("There is no such dashboard"))
    return {"name": name, **artefacts.DASHBOARDS[name]}


@router.get("/budibase/config/generate")
async def generate(_admin: Admin, settings: SettingsDep) -> dict[str, Any]:
    """A Budibase app over our API; its key is entered in Budibase."""
    return artefacts.budibase(settings.base_url)


@router.post("/budibase/config/validate")
async def validate(body: AppIn, request: Request, _admin: Admin) -> dict[str, Any]:
    """What is wrong with an app: addresses we do not serve, screens without a query."""
    wrong = artefacts.check_budibase(body.model_dump(), request.app.openapi()["paths"])
    return {"valid": not wrong, "errors": wrong[:50]}


@router.get("/budibase/config/download/{kind}")
async def download(kind: Literal["budibase", "n8n", "metabase"], _admin: Admin, settings: SettingsDep) -> Response:
    """An artefact as a file."""
    made = artefacts.DASHBOARDS
    if kind != "metabase":
        made = (artefacts.budibase if kind == "budibase" else artefacts.n8n)(settings.base_url)
    headers = {"content-disposition": f'attachment; filename="soleflip-{kind}.json"'}
    return Response(to_json(made, indent=1), media_type="application/json", headers=headers)
