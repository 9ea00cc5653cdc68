"""Queries behind forecasts and trends: weekly sales, runs with their weeks and their accuracy."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    Brand,
    Category,
    ForecastAccuracy,
    ForecastRun,
    Order,
    Platform,
    Product,
    SalesForecast,
)
from shared.database.words import JobState
from shared.repositories.figures import ENDED
from shared.repositories.rows import AnyRow, AnySelect

NAMED: dict[str, Any] = {"product": Product, "brand": Brand, "category": Category, "platform": Platform}


class ForecastRepository:
    """Forecasts within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def name_of(self, level: str, target_id: uuid.UUID | None) -> str | None:
        """Return what a forecast is of; None when there is no such thing."""
        if level == "overall" or target_id is None:
            return "All sales"
        found = await self.session.get(NAMED[level], target_id)
        return None if found is None else str(found.name)

    def _of(self, level: str, target_id: uuid.UUID | None) -> list[ColumnElement[bool]]:
        lasting: list[ColumnElement[bool]] = [Order.status.not_in(ENDED)]
        match level:
            case "product":
                lasting.append(Order.product_id == target_id)
            case "brand":
                lasting.append(Order.product_id.in_(select(Product.id).where(Product.brand_id == target_id)))
            case "category":
                lasting.append(Order.product_id.in_(select(Product.id).where(Product.category_id == target_id)))
            case "platform":
                lasting.append(Order.platform_id == target_id)
        return lasting

    async def weeks(self, level: str, target_id: uuid.UUID | None, before: date) -> Sequence[AnyRow]:
        """Return weeks (Mondays) with sales before a day: week, pieces, revenue in euros; a week without sales is missing."""
        week = cast(func.date_trunc("week", Order.sold_at), Date).label("week")
        statement: AnySelect = (
            select(week, func.sum(Order.quantity), func.sum(Order.gross_sale / Order.exchange_rate))
            .where(*self._of(level, target_id), Order.sold_at < before)
            .group_by(week)
            .order_by(week)
        )
        return (await self.session.execute(statement)).all()

    async def best_sellers(self, since: datetime, limit: int) -> Sequence[uuid.UUID]:
        """Return the products sold most since a moment."""
        statement = (
            select(Order.product_id)
            .where(Order.sold_at >= since, Order.status.not_in(ENDED), Order.product_id.is_not(None))
            .group_by(Order.product_id)
            .order_by(func.count().desc(), Order.product_id)
            .limit(limit)
        )
        return [each for each in (await self.session.scalars(statement)).all() if each is not None]

    async def prior(self, since: date) -> dict[str, float]:
        """Return every model's mean error over the backtests since a day."""
        statement = (
            select(ForecastAccuracy.model_name, func.avg(ForecastAccuracy.mase))
            .where(ForecastAccuracy.accuracy_date >= since, ForecastAccuracy.mase.is_not(None))
            .group_by(ForecastAccuracy.model_name)
        )
        return {name: float(mean) for name, mean in (await self.session.execute(statement)).all()}

    async def known(
        self, level: str, target_id: uuid.UUID | None, days: int, model: str, since: datetime
    ) -> ForecastRun | None:
        """Return the newest run of the same question since a moment: a done one, or one that began within the hour."""
        statement = (
            select(ForecastRun)
            .where(
                ForecastRun.level == level, ForecastRun.target_id.is_not_distinct_from(target_id),
                ForecastRun.horizon_days == days, ForecastRun.asked_model == model, ForecastRun.created_at >= since,
                or_(
                    ForecastRun.state == JobState.DONE,
                    ForecastRun.state.in_((JobState.QUEUED, JobState.RUNNING))
                    & (ForecastRun.created_at > func.now() - timedelta(hours=1)),
                ),
            )
            .order_by(ForecastRun.created_at.desc())
            .limit(1)
        )  # fmt: skip
        return (await self.session.scalars(statement)).one_or_none()

    async def run(self, run_id: uuid.UUID) -> ForecastRun | None:
        """Return a run."""
        return await self.session.get(ForecastRun, run_id)

    async def latest(self, limit: int) -> Sequence[ForecastRun]:
        """Return the newest finished run of each target, total first, then by name of level."""
        newest = (
            select(ForecastRun.id)
            .ext(distinct_on(ForecastRun.level, ForecastRun.target_id))
            .where(ForecastRun.state == JobState.DONE)
            .order_by(ForecastRun.level, ForecastRun.target_id, ForecastRun.created_at.desc())
        )
        statement = (
            select(ForecastRun).where(ForecastRun.id.in_(newest)).order_by(ForecastRun.level, ForecastRun.created_at)
        )
        return (await self.session.scalars(statement.limit(limit))).all()

    async def waiting(self) -> int:
        """Return how many forecasts of today are being made."""
        statement = (
            select(func.count())
            .select_from(ForecastRun)
            .where(
                ForecastRun.state.in_((JobState.QUEUED, JobState.RUNNING)),
                ForecastRun.created_at > func.now() - timedelta(hours=1),
            )
        )
        return await self.session.scalar(statement) or 0

    async def weeks_of(self, run_id: uuid.UUID) -> Sequence[SalesForecast]:
        """Return a run's weeks to come."""
        statement = select(SalesForecast).where(SalesForecast.forecast_run_id == run_id)
        return (await self.session.scalars(statement.order_by(SalesForecast.forecast_date))).all()

    async def accuracy_of(self, run_id: uuid.UUID) -> Sequence[ForecastAccuracy]:
        """Return how every model did in a run's backtest, the best first."""
        statement = select(ForecastAccuracy).where(ForecastAccuracy.forecast_run_id == run_id)
        return (
            await self.session.scalars(statement.order_by(ForecastAccuracy.mase, ForecastAccuracy.model_name))
        ).all()

    async def performance(self, since: date) -> Sequence[AnyRow]:
        """Return by model: runs, mean MASE, MAE, RMSE, bias, and how often it was chosen."""
        chosen = func.count().filter(ForecastRun.chosen_model == ForecastAccuracy.model_name)
        statement: AnySelect = (
            select(
                ForecastAccuracy.model_name, func.count(), func.avg(ForecastAccuracy.mase), func.avg(ForecastAccuracy.mae),
                func.avg(ForecastAccuracy.rmse), func.avg(ForecastAccuracy.bias), chosen,
            )
            .join(ForecastRun, ForecastRun.id == ForecastAccuracy.forecast_run_id)
            .where(ForecastAccuracy.accuracy_date >= since)
            .group_by(ForecastAccuracy.model_name)
            .order_by(func.avg(ForecastAccuracy.mase))
        )  # fmt: skip
        return (await self.session.execute(statement)).all()

    async def periods(self, since: datetime, days: int) -> Sequence[AnyRow]:
        """Return sales by spans of `days` counted back from today: span (0 is the latest), orders, revenue, profit."""
        span = func.floor(func.extract("epoch", func.now() - Order.sold_at) / (86_400 * days)).label("span")
        statement: AnySelect = (
            select(
                span,
                func.count(),
                func.sum(Order.gross_sale / Order.exchange_rate),
                func.sum(func.coalesce(Order.net_profit, 0)),
            )
            .where(Order.sold_at >= since, Order.sold_at <= func.now(), Order.status.not_in(ENDED))
            .group_by(span)
            .order_by(span.desc())
        )
        return (await self.session.execute(statement)).all()

    async def brand_periods(self, days: int) -> Sequence[AnyRow]:
        """Return brands with revenue of the last `days` and of the days before: what moved most first."""
        value = Order.gross_sale / Order.exchange_rate
        recent = func.coalesce(func.sum(value).filter(Order.sold_at >= func.now() - timedelta(days=days)), Decimal(0))
        earlier = func.coalesce(func.sum(value).filter(Order.sold_at < func.now() - timedelta(days=days)), Decimal(0))
        statement: AnySelect = (
            select(Brand.name, recent, earlier)
            .join(Product, Product.brand_id == Brand.id)
            .join(Order, Order.product_id == Product.id)
            .where(Order.sold_at >= func.now() - timedelta(days=2 * days), Order.status.not_in(ENDED))
            .group_by(Brand.name)
            .order_by(func.abs(recent - earlier).desc())
            .limit(5)
        )
        return (await self.session.execute(statement)).all()

    async def breadth(self, since: datetime) -> AnyRow:
        """Return orders, revenue, products and brands sold since a moment."""
        statement: AnySelect = (
            select(
                func.count(), func.coalesce(func.sum(Order.gross_sale / Order.exchange_rate), 0),
                func.count(Order.product_id.distinct()), func.count(Product.brand_id.distinct()),
            )
            .select_from(Order)
            .outerjoin(Product, Product.id == Order.product_id)
            .where(Order.sold_at >= since, Order.status.not_in(ENDED))
        )  # fmt: skip
        return (await self.session.execute(statement)).one()

    def add(self, row: Any) -> None:
        """Store a row with the unit."""
        self.session.add(row)
