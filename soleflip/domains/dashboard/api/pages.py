"""The front page: figures, a plot of the year, the latest sales."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domains.dashboard.services.dashboard_service import DashboardService
from shared.api.dependencies import SessionDep
from shared.repositories.jobs import JobRepository
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, said, to_login

router = APIRouter(include_in_schema=False)
JOB_NAMES = {
    "demo.story": _("The demo seller's year is being written"),
    "analytics.forecast": _("A forecast is being made"),
    "analytics.forecast_all": _("Forecasts are being asked for"),
    "pricing.fetch_market": _("StockX's market is being fetched"),
    "pricing.decide": _("Prices are being decided"),
    "inventory.listing_changes": _("Listings are being changed"),
    "integration.import": _("A file is being imported"),
    "orders.sync_stockx": _("Orders are being pulled from StockX"),
    "inventory.sync_listings": _("Listings are being pulled from StockX"),
}
"""What people call jobs; another kind is shown by its own word."""


@router.get("/")
async def dashboard(request: Request, looking: Looking, session: SessionDep) -> Response:
    """The dashboard."""
    if looking is None:
        return to_login()
    service = DashboardService(session)
    weeks, say = await service.weeks(), said(request, looking)
    plot = {
        "labels": [say.short_day(each["week"]) for each in weeks] if any(each["orders"] for each in weeks) else [],
        "unit": "€",
        "title": say.gettext(_("Revenue and profit by week")),
        "series": [
            {"label": say.gettext(_("Revenue")), "values": [float(each["revenue"]) for each in weeks]},
            {"label": say.gettext(_("Profit")), "values": [float(each["profit"]) for each in weeks]},
        ],
    }
    jobs = await JobRepository(session).under_way(20)
    return render(
        request, "dashboard.html", looking, figures=await service.metrics(), weeks=plot, jobs=jobs, job_names=JOB_NAMES
    )
