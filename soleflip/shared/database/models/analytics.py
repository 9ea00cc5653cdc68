"""Forecasts with their accuracy, demand, and key figures by day."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Base, Money, Percent, Text20, Text50, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.brands import BRANDS
from shared.database.models.catalogue import PRODUCTS
from shared.database.models.core import PLATFORMS
from shared.database.words import JobState

RUNS = "analytics.forecast_runs.id"


class ForecastRun(Timestamped, Base):
    """A forecast asked for: of what, by which model, how good the chosen one was in the backtest."""

    __tablename__ = "forecast_runs"
    __table_args__ = (Index("ix_forecast_runs_newest", text("created_at DESC")), {"schema": "analytics"})

    level: Mapped[Text20]
    target_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    horizon_days: Mapped[int]
    asked_model: Mapped[Text50]
    chosen_model: Mapped[Text50 | None]
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED, server_default="queued")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    series_class: Mapped[Text20 | None]
    mase: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    naive_mase: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    history_from: Mapped[date | None]
    history_until: Mapped[date | None]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    finished_at: Mapped[datetime | None]


class SalesForecast(Base):
    """A week (or day) to come."""

    __tablename__ = "sales_forecasts"
    __table_args__ = (UniqueConstraint("forecast_run_id", "forecast_date"), {"schema": "analytics"})

    forecast_run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(RUNS, ondelete="CASCADE"))
    product_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"), index=True)
    brand_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"), index=True)
    category_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("core.categories.id", ondelete="CASCADE"), index=True
    )
    platform_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PLATFORMS, ondelete="CASCADE"), index=True)
    forecast_level: Mapped[Text20]
    forecast_date: Mapped[date]
    forecast_horizon: Mapped[Text20]
    forecasted_units: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    forecasted_revenue: Mapped[Money]
    confidence_lower: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    confidence_upper: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    model_name: Mapped[Text50]
    model_version: Mapped[Text20]
    feature_importance: Mapped[dict[str, Any] | None]


class ForecastAccuracy(Base):
    """How a model did in a backtest; every model tried, the naive one included."""

    __tablename__ = "forecast_accuracy"
    __table_args__ = (UniqueConstraint("forecast_run_id", "model_name"), {"schema": "analytics"})

    forecast_run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(RUNS, ondelete="CASCADE"))
    model_name: Mapped[Text50]
    forecast_level: Mapped[Text20]
    forecast_horizon: Mapped[Text20]
    accuracy_date: Mapped[date]
    mase: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    rmsse: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    mape: Mapped[Percent | None]
    rmse: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    mae: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    bias: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    coverage: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    records_evaluated: Mapped[int]
    evaluation_period_days: Mapped[int]


class DemandPattern(Base):
    """How a product, brand or category sells through a period."""

    __tablename__ = "demand_patterns"
    __table_args__ = (
        Index("ix_demand_patterns_target", "analysis_level", "target_id", "pattern_date"),
        {"schema": "analytics"},
    )

    analysis_level: Mapped[Text20]
    target_id: Mapped[uuid.UUID | None]
    pattern_date: Mapped[date]
    period_type: Mapped[Text20]
    demand_score: Mapped[Decimal] = mapped_column(Numeric(6, 3))
    velocity_rank: Mapped[int | None]
    seasonality_factor: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    trend_direction: Mapped[Text20 | None]
    volatility_score: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    details: Mapped[dict[str, Any] | None]


class PricingKpi(Base):
    """A day's key figures of pricing."""

    __tablename__ = "pricing_kpis"
    __table_args__ = (
        UniqueConstraint("kpi_date", "aggregation_level", "target_id", postgresql_nulls_not_distinct=True),
        {"schema": "analytics"},
    )

    kpi_date: Mapped[date]
    aggregation_level: Mapped[Text20]
    target_id: Mapped[uuid.UUID | None]
    average_margin_percent: Mapped[Percent | None]
    average_markup_percent: Mapped[Percent | None]
    price_realization_percent: Mapped[Percent | None]
    competitive_index: Mapped[Percent | None]
    conversion_rate_percent: Mapped[Percent | None]
    revenue_impact_eur: Mapped[Money | None]
    units_sold: Mapped[int | None]
    average_selling_price: Mapped[Money | None]
    price_elasticity: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
