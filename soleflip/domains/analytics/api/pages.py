"""Forecasts as a page: the total and what sells most, each with its range and how good the model was."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domains.analytics.services.forecast_service import ALL, ForecastService
from domains.analytics.services.trend_service import TrendService
from shared.api.dependencies import SessionDep
from shared.auth.principal import Need
from shared.repositories.jobs import JobRepository
from shared.translation import Speech
from shared.translation import gettext_noop as _
from shared.web.pages import Looking, render, said, to_login

router = APIRouter(include_in_schema=False)
SHOWN, PAST = 9, 52


@router.get("/forecasts")
async def forecasts(request: Request, looking: Looking, session: SessionDep) -> Response:
    """The page."""
    if looking is None:
        return to_login()
    service = ForecastService(session)
    runs = sorted(await service.stored.latest(60), key=lambda run: run.level != "overall")[:SHOWN]
    shown = [await service.shown(run.id) for run in runs]
    return render(
        request, "forecasts.html", looking, forecasts=[{**each, "plot": plot(each, said(request, looking))} for each in shown],
        insights=await TrendService(session).predictive(said(request, looking)), may_write=looking.may(Need.WRITE),
        waiting=await service.stored.waiting(),
    )  # fmt: skip


@router.post("/forecasts")
async def forecast_now(looking: Looking, session: SessionDep) -> Response:
    """Ask the worker for forecasts."""
    if looking is None:
        return to_login()
    looking.require(Need.WRITE)
    await JobRepository(session).ask(ALL, {}, looking.user_id)
    return RedirectResponse("/forecasts", 303)


def plot(found: dict[str, Any], say: Speech) -> dict[str, Any]:
    """Return a forecast as a plot: weeks sold, weeks to come, the range between its two edges."""
    past, ahead = found["historical_data"][-PAST:], found["weeks"]
    gap: list[float | None] = [None] * (len(past) - 1)
    last = [float(past[-1]["units"])] if past else []

    def line(name: str) -> list[float | None]:
        return [*gap, *last, *(float(each[name]) for each in ahead)]

    sold = [*(each["units"] for each in past), *[None] * len(ahead)]
    return {
        "times": [_seconds(each["week"]) for each in (*past, *ahead)], "min": 0, "bands": [[2, 3]],
        "series": [
            {"label": say.gettext(_("Sold")), "values": sold, "color": "--plot-1"},
            {"label": say.gettext(_("Expected")), "values": line("units"), "color": "--plot-3"},
            {"label": say.gettext(_("At most")), "values": line("upper"), "color": "--plot-3"},
            {"label": say.gettext(_("At least")), "values": line("lower"), "color": "--plot-3"},
        ],
    }  # fmt: skip


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(12), UTC).timestamp())
