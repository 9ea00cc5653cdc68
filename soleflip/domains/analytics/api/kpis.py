"""/api/v1/analytics: key figures. Forecasts have a module of their own beside this one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from domains.analytics.services.kpi_service import KpiService
from shared.api.dependencies import Reader, SessionDep

PREFIX = "/api/v1/analytics"
router = APIRouter(prefix=PREFIX, tags=["analytics"])

Days = Annotated[int, Query(ge=7, le=1825)]


@router.get("/kpis")
async def kpis(_reader: Reader, session: SessionDep, days: Days = 90) -> dict[str, Any]:
    """Key figures of the last days."""
    return await KpiService(session).kpis(days)


@router.get("/size-curve")
async def size_curve(_reader: Reader, session: SessionDep, days: Days = 365) -> list[dict[str, Any]]:
    """Sales by size."""
    return await KpiService(session).size_curve(days)
