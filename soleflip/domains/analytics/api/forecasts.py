"""/api/v1/analytics: forecasts (made by the worker), models with their accuracy, trends and insights."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from domains.analytics.services.forecast_service import ForecastService
from domains.analytics.services.trend_service import TrendService
from shared.api.dependencies import Reader, SessionDep, Writer
from shared.database.words import JobState

router = APIRouter(prefix="/api/v1/analytics", tags=["analytics"])

Model = Literal[
    "auto", "naive", "seasonal_naive", "linear_trend", "exponential_smoothing", "arima", "tsb", "theta", "window", "even",
    "random_forest", "gradient_boost", "ensemble",
]  # fmt: skip
MODELS = {
    "linear_trend": ("Linear trend", "A line through the last year", "steady growth", "fast"),
    "seasonal_naive": ("Seasonal naive", "The same weeks of last year", "a strong season", "fast"),
    "exponential_smoothing": ("Exponential smoothing", "Recent weeks count more", "changing levels", "fast"),
    "arima": ("ARIMA(2,0,1)", "Each week follows from the two before", "short swings", "fast"),
    "random_forest": ("Random forest", "Trees over lags and the season", "many influences", "slow"),
    "gradient_boost": ("Gradient boosting", "Trees that mend each other's errors", "many influences", "slow"),
    "ensemble": ("Ensemble", "The mean of Theta and boosted trees", "the usual choice", "slow"),
}


class ForecastIn(BaseModel):
    """What is to be forecast; without a target all sales. `auto` lets the backtest choose the model."""

    model_config = ConfigDict(extra="forbid")

    product_id: uuid.UUID | None = None
    brand_id: uuid.UUID | None = None
    category_id: uuid.UUID | None = None
    platform_id: uuid.UUID | None = None
    horizon_days: int = Field(30, ge=7, le=182)
    model: Model = "ensemble"
    confidence_level: float = Field(0.95, ge=0.5, le=0.99)

    @model_validator(mode="after")
    def one_target(self) -> ForecastIn:
        """Refuse two targets."""
        if sum(each is not None for each in (self.product_id, self.brand_id, self.category_id, self.platform_id)) > 1:
            raise ValueError("give one of product_id, brand_id, category_id, platform_id")
        return self

    @property
    def target(self) -> tuple[str, uuid.UUID | None]:
        """Return level and id."""
        told = {
            "product": self.product_id,
            "brand": self.brand_id,
            "category": self.category_id,
            "platform": self.platform_id,
        }
        return next(((level, key) for level, key in told.items() if key is not None), ("overall", None))


@router.post(
    "/forecast/sales", responses={202: {"description": "The worker makes it; look at `GET /forecast/runs/{run_id}`"}}
)
async def forecast(body: ForecastIn, writer: Writer, session: SessionDep, response: Response) -> dict[str, Any]:
    """A forecast: today's if it was made already (200), else asked of the worker (202)."""
    service = ForecastService(session)
    run = await service.ask(*body.target, body.horizon_days, body.model, body.confidence_level, writer.user_id)
    response.status_code = 200 if run.state is JobState.DONE else 202
    return await service.shown(run.id)


@router.get("/forecast/runs/{run_id}")
async def forecast_run(run_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """A forecast with its weeks, its range, and how every model did in the backtest."""
    return await ForecastService(session).shown(run_id)


@router.get("/models")
async def models(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """The models, each with its mean error in this shop's own backtests (MASE: below 1 beats repeating the last week)."""
    known = await ForecastService(session).stored.prior(datetime.now(UTC).date() - timedelta(days=60))
    return [
        {"id": name, "name": title, "description": what, "best_for": best, "speed": speed,
         "accuracy": round(known[name], 4) if name in known else None}
        for name, (title, what, best, speed) in MODELS.items()
    ]  # fmt: skip


@router.get("/performance/models")
async def performance(
    _reader: Reader, session: SessionDep, days: Annotated[int, Query(ge=1, le=730)] = 90
) -> list[dict[str, Any]]:
    """How the models did in this shop's backtests, the best first; the naive one is there to compare."""
    rows = await ForecastService(session).stored.performance(datetime.now(UTC).date() - timedelta(days=days))
    names = ("model", "runs", "mase", "mae", "rmse", "bias", "chosen")
    return [dict(zip(names, row, strict=True)) for row in rows]


@router.get("/trends/market")
async def trends(
    _reader: Reader, session: SessionDep, days_back: Annotated[int, Query(ge=30, le=730)] = 90
) -> list[dict[str, Any]]:
    """The shop's sales by 30 days, each against the 30 before."""
    return await TrendService(session).market(days_back)


@router.get("/insights/predictive")
async def insights(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """What the last 90 days suggest."""
    return await TrendService(session).predictive()
