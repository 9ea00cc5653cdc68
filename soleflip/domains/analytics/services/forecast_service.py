"""Forecasts: asked for as a run, made by the worker from weekly sales, stored with the accuracy of every model tried."""

from __future__ import annotations

import asyncio
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from domains.analytics.repositories.forecast_repository import ForecastRepository
from shared.database.models import ForecastAccuracy, ForecastRun, SalesForecast
from shared.database.words import JobState
from shared.error_handling.exceptions import ResourceNotFoundException, ValidationException
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories.jobs import JobRepository
from shared.rules import demand, forecasting
from shared.rules.money import ZERO, cents
from shared.translation import Word, phrase

JOB, ALL = "analytics.forecast", "analytics.forecast_all"
AUTO = "auto"
LEAST_WEEKS, MOST_WEEKS, PRICE_WEEKS = 8, 208, 13
FRESH = timedelta(hours=20)
PRODUCTS = 12


@dataclass(frozen=True)
class Made:
    """A forecast: the chosen model, its weeks with their range, and every model's errors in the backtest."""

    model: str
    expected: forecasting.Series
    low: forecasting.Series
    high: forecasting.Series
    errors: Mapping[str, forecasting.Series]
    mase: Mapping[str, float]
    scale: float


def make(history: forecasting.Series, weeks: int, asked: str, prior: Mapping[str, float], level: float) -> Made:
    """Forecast `weeks` from weekly history; the model asked for, or the one the backtest chooses."""
    models = forecasting.usable()
    chosen = forecasting.choose(history, min(weeks, 8), models, prior or None)
    name = chosen.model if asked == AUTO or asked not in models else asked
    expected = models[name](history, weeks)
    errors = chosen.every.get(name, np.zeros((0, weeks)))
    low, high = forecasting.interval(expected, errors, level)
    return Made(name, expected, low, high, chosen.every, chosen.mase, forecasting.scale_of(history))


class ForecastService:
    """Forecasts within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, ForecastRepository(session)

    async def ask(
        self, level: str, target_id: uuid.UUID | None, days: int, model: str, confidence: float, by: uuid.UUID | None
    ) -> ForecastRun:
        """Ask for a forecast: the run of today if there is one, else a new one for the worker."""
        if await self.stored.name_of(level, target_id) is None:
            raise ResourceNotFoundException(
                phrase("There is no such %(level)s", level=Word(level)), details={f"{level}_id": str(target_id)}
            )
        if model != AUTO and model not in forecasting.MODELS:
            raise ValidationException(
                phrase("No such model"), field_errors={"model": f"one of {', '.join(forecasting.MODELS)}"}
            )
        found = await self.stored.known(level, target_id, days, model, datetime.now(UTC) - FRESH)
        if found is not None:
            return found
        run = ForecastRun(
            id=uuid.uuid4(), level=level, target_id=target_id, horizon_days=days, asked_model=model,
            state=JobState.QUEUED, by_id=by,
        )  # fmt: skip
        self.stored.add(run)
        await self.session.flush()
        arguments = {"run_id": str(run.id), "confidence": confidence}
        await JobRepository(self.session).ask(JOB, arguments, by, f"forecast:{run.id}")
        return run

    async def history(
        self, level: str, target_id: uuid.UUID | None, today: date
    ) -> tuple[list[date], list[float], Decimal]:
        """Return the weeks up to the last whole one, pieces sold in each (zeros and all), and the mean price of late."""
        monday = today - timedelta(days=today.weekday())
        rows = await self.stored.weeks(level, target_id, monday)
        if not rows:
            return [], [], ZERO
        sold = {week: (float(pieces), revenue) for week, pieces, revenue in rows}
        first = max(rows[0][0], monday - timedelta(weeks=MOST_WEEKS))
        weeks = [first + timedelta(weeks=step) for step in range((monday - first).days // 7)]
        late = [sold[week] for week in weeks[-PRICE_WEEKS:] if week in sold] or [sold[rows[-1][0]]]
        pieces = sum(each[0] for each in late)
        price = sum((each[1] for each in late), ZERO) / Decimal(str(pieces)) if pieces else ZERO
        return weeks, [sold.get(week, (0.0, ZERO))[0] for week in weeks], cents(price)

    async def shown(self, run_id: uuid.UUID) -> dict[str, Any]:
        """Return a run in the documents' form; raises ResourceNotFoundException."""
        run = await self.stored.run(run_id)
        if run is None:
            raise ResourceNotFoundException(phrase("Forecast %(run_id)s not found", run_id=run_id))
        name = await self.stored.name_of(run.level, run.target_id)
        head = {"run_id": run.id, "state": run.state, "reason": run.reason, "name": name, "level": run.level}
        if run.state is not JobState.DONE:
            return head
        ahead = await self.stored.weeks_of(run_id)
        accuracy = await self.stored.accuracy_of(run_id)
        until = (run.history_until or datetime.now(UTC).date()) + timedelta(weeks=1)
        weeks, units, _ = await self.history(run.level, run.target_id, until)
        total = sum((each.forecasted_units for each in ahead), ZERO)
        trend, strength = demand.trend(units)
        return {
            **head,
            "forecast": {
                "target_id": run.target_id, "target_type": run.level, "forecast_date": run.created_at,
                "horizon_days": run.horizon_days, "predicted_sales": total,
                "predicted_revenue": sum((each.forecasted_revenue for each in ahead), ZERO),
                "confidence_interval_lower": sum((each.confidence_lower or ZERO for each in ahead), ZERO),
                "confidence_interval_upper": sum((each.confidence_upper or ZERO for each in ahead), ZERO),
                "model_used": run.chosen_model, "accuracy_score": run.mase, "trend": trend,
                "seasonality_factor": demand.season(units), "series_class": run.series_class,
            },
            "weeks": [
                {"week": each.forecast_date, "units": each.forecasted_units, "lower": each.confidence_lower,
                 "upper": each.confidence_upper, "revenue": each.forecasted_revenue}
                for each in ahead
            ],
            "historical_data": [{"week": week, "units": sold} for week, sold in zip(weeks, units, strict=True)],
            "key_insights": insights(run, trend, strength),
            "recommendations": advice(run, trend),
            "model_performance": {
                "mase": run.mase, "naive_mase": run.naive_mase,
                "models": [
                    {"model": each.model_name, "mase": each.mase, "rmsse": each.rmsse, "mae": each.mae, "rmse": each.rmse,
                     "mape": each.mape, "bias": each.bias, "coverage": each.coverage, "evaluated": each.records_evaluated}
                    for each in accuracy
                ],
            },
        }  # fmt: skip

    def keep(self, run: ForecastRun, made: Made, weeks: Sequence[date], price: Decimal, today: date) -> None:
        """Store a forecast with the accuracy of every model."""
        run.chosen_model, run.state, run.finished_at = made.model, JobState.DONE, datetime.now(UTC)
        run.mase, run.naive_mase = _number(made.mase.get(made.model)), _number(made.mase.get("naive"))
        run.history_from, run.history_until = weeks[0], weeks[-1]
        columns = {
            level: run.target_id if run.level == level else None
            for level in ("product", "brand", "category", "platform")
        }
        for step, units in enumerate(made.expected):
            self.stored.add(
                SalesForecast(
                    forecast_run_id=run.id, forecast_level=run.level, forecast_horizon="weekly",
                    forecast_date=weeks[-1] + timedelta(weeks=step + 1), forecasted_units=Decimal(f"{units:.3f}"),
                    forecasted_revenue=cents(Decimal(f"{units:.3f}") * price),
                    confidence_lower=Decimal(f"{made.low[step]:.3f}"), confidence_upper=Decimal(f"{made.high[step]:.3f}"),
                    model_name=made.model, model_version=forecasting.MODEL_VERSION,
                    **{f"{name}_id": value for name, value in columns.items()},
                )
            )  # fmt: skip
        for name, errors in made.errors.items():
            self.stored.add(_accuracy(run, name, errors, made, today))


def _accuracy(run: ForecastRun, name: str, errors: forecasting.Series, made: Made, today: date) -> ForecastAccuracy:
    found = np.abs(errors)
    return ForecastAccuracy(
        forecast_run_id=run.id, model_name=name, forecast_level=run.level, forecast_horizon="weekly", accuracy_date=today,
        mase=_number(made.mase[name]), mae=_number(float(found.mean())), rmse=_number(float(np.sqrt((errors**2).mean()))),
        rmsse=_number(float(np.sqrt((errors**2).mean())) / made.scale), bias=_number(float(-errors.mean())),
        coverage=_number(forecasting.coverage(errors)), records_evaluated=int(errors.size),
        evaluation_period_days=int(errors.shape[0]) * 7 * max(1, errors.shape[1] // 4) if errors.size else 0,
    )  # fmt: skip


def _number(value: float | None) -> Decimal | None:
    return None if value is None or not math.isfinite(value) else Decimal(f"{min(value, 9999.0):.4f}")


def insights(run: ForecastRun, trend: str, strength: float) -> list[str]:
    """Say what the figures mean."""
    found = [
        f"Sales are {trend}" + (f" by {abs(strength):.0%} against the quarter before" if trend != "stable" else "")
    ]
    kinds = {
        "smooth": "Sales come evenly", "erratic": "Sales come every week, in very different numbers",
        "intermittent": "Weeks without a sale are usual", "lumpy": "Sales are rare and come in lumps",
    }  # fmt: skip
    if run.series_class in kinds:
        found.append(kinds[run.series_class])
    if run.mase is None:
        found.append("The history is too short to check the forecast against; take it as a guess")
    elif run.naive_mase is not None and run.mase > run.naive_mase:
        found.append(
            f"This model did worse than repeating the last week ({run.mase} against {run.naive_mase}): choose another"
        )
    elif run.naive_mase:
        found.append(f"In the backtest it erred {1 - run.mase / run.naive_mase:.0%} less than repeating the last week")
    return found


def advice(run: ForecastRun, trend: str) -> list[str]:
    """Say what could be done."""
    if run.mase is None or (run.naive_mase is not None and run.mase > run.naive_mase):
        return ["Buy by what is in demand now rather than by this forecast"]
    return {
        "rising": ["Buy before the stock runs out", "Hold prices: demand carries them"],
        "falling": ["Buy less than last quarter", "Lower prices of what has been here longest"],
    }.get(trend, ["Buy what is sold, no more"])


@job(JOB)
async def forecast(context: JobContext) -> dict[str, Any]:
    """Make one forecast; it is counted in a thread, so that the worker goes on meanwhile."""
    run_id = uuid.UUID(context.arguments["run_id"])
    today = datetime.now(UTC).date()
    async with context.database.unit() as session:
        service = ForecastService(session)
        run = await service.stored.run(run_id)
        if run is None or run.state is JobState.DONE:
            return {}
        run.state = JobState.RUNNING
        weeks, units, price = await service.history(run.level, run.target_id, today)
        prior = await service.stored.prior(today - timedelta(days=60))
        ahead, asked = math.ceil(run.horizon_days / 7), run.asked_model
    if len(weeks) < LEAST_WEEKS:
        return await _end(context, run_id, f"only {len(weeks)} weeks of sales are known; {LEAST_WEEKS} are needed")
    counting = asyncio.create_task(
        asyncio.to_thread(make, np.array(units), ahead, asked, prior, float(context.arguments.get("confidence", 0.95)))
    )
    while not counting.done():
        await asyncio.wait([counting], timeout=10)
        await context.progress(0, 1, "choosing a model")
    made = await counting
    async with context.database.unit() as session:
        service = ForecastService(session)
        run = await service.stored.run(run_id)
        if run is not None and run.state is not JobState.DONE:
            run.series_class = demand.kind(units)
            service.keep(run, made, weeks, price, today)
    return {"model": made.model}


async def _end(context: JobContext, run_id: uuid.UUID, reason: str) -> dict[str, Any]:
    async with context.database.unit() as session:
        run = await ForecastRepository(session).run(run_id)
        if run is not None:
            run.state, run.reason, run.finished_at = JobState.FAILED, reason, datetime.now(UTC)
    return {"reason": reason}


@job(ALL)
async def forecast_all(context: JobContext) -> dict[str, Any]:
    """Ask for the forecasts shown on the page: all sales, and what sells most."""
    async with context.database.unit() as session:
        service = ForecastService(session)
        targets: list[tuple[str, uuid.UUID | None]] = [("overall", None)]
        sold = await service.stored.best_sellers(datetime.now(UTC) - timedelta(days=365), PRODUCTS)
        targets += [("product", each) for each in sold]
        for level, target in targets:
            await service.ask(level, target, 56, AUTO, 0.95, None)
    return {"asked": len(targets)}


every("40 4 * * *", ALL)
