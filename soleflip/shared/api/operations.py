"""Health and metrics."""

from __future__ import annotations

from secrets import compare_digest
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from shared.error_handling.exceptions import AuthenticationException
from shared.monitoring.health import Health
from shared.monitoring.metrics import Metrics

router = APIRouter(tags=["operations"])


@router.get("/health")
async def health(request: Request) -> Response:
    """How everything was when last looked at, at most ten seconds ago; 503 when something has failed."""
    watch: Health = request.app.state.health
    found = await watch.summary()
    return JSONResponse(found, 503 if found["status"] == "failed" else 200)


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Whether requests can be served now; looks at the database and Redis."""
    watch: Health = request.app.state.health
    await watch.look()
    failed = any(found["status"] == "failed" for found in watch.found.values())
    body = {"status": "not_ready" if failed else "ready", "checks": watch.found}
    return JSONResponse(body, 503 if failed else 200)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


@router.get("/metrics")
async def metrics(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
    """Figures for Prometheus; for this machine, or with `Authorization: Bearer METRICS_TOKEN`."""
    told = request.app.state.settings.metrics_token.get_secret_value()
    peer = request.client.host if request.client else ""
    by_token = bool(told) and compare_digest(authorization.encode(), f"Bearer {told}".encode())
    if not by_token and (told or peer not in ("127.0.0.1", "::1") or "x-forwarded-for" in request.headers):
        raise AuthenticationException("Metrics are for this machine, or for who knows METRICS_TOKEN")
    figures: Metrics = request.app.state.metrics
    watch: Health = request.app.state.health
    figures.uptime.set(watch.uptime)
    return Response(figures.text(), media_type="text/plain; version=0.0.4")


def request_figures(metrics: Metrics) -> dict[str, Any]:
    """Return this process's requests in three numbers."""
    total = metrics.total or 1
    return {
        "total_requests": metrics.total,
        "error_rate": round(metrics.errors / total, 4),
        "avg_response_time": round(metrics.total_seconds / total, 4),
    }
