"""/api/v1/dashboard: one page of figures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from domains.dashboard.services.dashboard_service import DashboardService
from shared.api.dependencies import Reader, SessionDep
from shared.api.operations import request_figures
from shared.config.settings import VERSION
from shared.monitoring.health import Health

PREFIX = "/api/v1/dashboard"
router = APIRouter(prefix=PREFIX, tags=["dashboard"])


@router.get("/metrics")
async def metrics(_reader: Reader, session: SessionDep, request: Request) -> dict[str, Any]:
    """Stock, sales, system and requests."""
    watch: Health = request.app.state.health
    summary = await watch.summary()
    return {
        "timestamp": datetime.now(UTC),
        **await DashboardService(session).metrics(),
        "system": {
            "status": summary["status"],
            "uptime_seconds": summary["uptime_seconds"],
            "environment": summary["environment"],
            "version": VERSION,
        },
        "performance": request_figures(request.app.state.metrics),
    }


@router.get("/weeks")
async def weeks(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """A year of weeks for the plot."""
    return await DashboardService(session).weeks()


@router.get("/system-status")
async def system_status(_reader: Reader, request: Request) -> dict[str, Any]:
    """Health, as when last looked at."""
    watch: Health = request.app.state.health
    return await watch.summary()
