"""Forecasts by the worker: zeros counted, accuracy stored for every model, told what is too little."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import Job, Product
from shared.database.words import JobState
from shared.jobs.running import run_job
from shared.rules import demand
from tests.makers import make_order, make_product
from tests.people import Person

ANALYTICS = "/api/v1/analytics"


async def sell(session: AsyncSession, product: Product, weeks: int, skip: int = 0) -> None:
    """Store a sale or two a week of the last weeks; every `skip`th week none."""
    now = datetime.now(UTC)
    for week in range(1, weeks + 1):
        for _ in range(0 if skip and week % skip == 0 else 1 + week % 2):
            await make_order(
                session, product_id=product.id, sold_at=now - timedelta(weeks=week), net_profit=Decimal(20)
            )


async def work(session: AsyncSession, settings: Settings, database: Database) -> None:
    """Do what was asked of the worker."""
    for job_id in (await session.scalars(select(Job.id).where(Job.state == JobState.QUEUED))).all():
        assert await run_job(settings, database, job_id) is JobState.DONE


async def test_a_forecast_is_made_by_the_worker_with_accuracy(
    worker: Person, session: AsyncSession, settings: Settings, database: Database
) -> None:
    product = await make_product(session)
    await sell(session, product, 36, skip=4)
    told = {"product_id": str(product.id), "horizon_days": 28, "model": "auto"}
    asked = await worker.post(f"{ANALYTICS}/forecast/sales", told)
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert (await worker.post(f"{ANALYTICS}/forecast/sales", told)).json()["run_id"] == asked.json()["run_id"]
    await work(session, settings, database)
    found = (await worker.get(f"{ANALYTICS}/forecast/runs/{asked.json()['run_id']}")).json()
    assert [each["units"] for each in found["historical_data"][-8:]].count(0) == 2
    assert len(found["weeks"]) == 4
    for week in found["weeks"]:
        assert 0 <= Decimal(week["lower"]) <= Decimal(week["units"]) <= Decimal(week["upper"])
        assert Decimal(week["revenue"]) == round(Decimal(week["units"]) * 150, 2)
    models = {each["model"]: each for each in found["model_performance"]["models"]}
    assert {"naive", "arima", "gradient_boost", "ensemble", "seasonal_naive"} <= set(models)
    assert Decimal(found["forecast"]["accuracy_score"]) == Decimal(models[found["forecast"]["model_used"]]["mase"])
    again = await worker.post(f"{ANALYTICS}/forecast/sales", told)
    assert again.status_code == 200
    performance = (await worker.get(f"{ANALYTICS}/performance/models")).json()
    assert sum(each["chosen"] for each in performance) == 1
    listed = (await worker.get(f"{ANALYTICS}/models")).json()
    assert len(listed) == 7
    assert all(each["accuracy"] is not None for each in listed)


async def test_too_little_history_is_said(
    worker: Person, session: AsyncSession, settings: Settings, database: Database
) -> None:
    product = await make_product(session)
    await sell(session, product, 3)
    asked = await worker.post(f"{ANALYTICS}/forecast/sales", {"product_id": str(product.id)})
    await work(session, settings, database)
    found = (await worker.get(f"{ANALYTICS}/forecast/runs/{asked.json()['run_id']}")).json()
    assert (found["state"], found["reason"]) == ("failed", "only 3 weeks of sales are known; 8 are needed")
    unknown = await worker.post(f"{ANALYTICS}/forecast/sales", {"brand_id": str(uuid.uuid4())})
    assert unknown.status_code == 404
    two = {"brand_id": str(uuid.uuid4()), "product_id": str(product.id)}
    assert (await worker.post(f"{ANALYTICS}/forecast/sales", two)).status_code == 422


async def test_trends_and_insights(worker: Person, session: AsyncSession) -> None:
    await sell(session, await make_product(session), 6)
    trends = (await worker.get(f"{ANALYTICS}/trends/market?days_back=90")).json()
    assert [each["trend_direction"] for each in trends] == ["stable", "stable", "rising"]
    assert trends[-1]["key_drivers"][0].startswith("Nike: +")
    found = (await worker.get(f"{ANALYTICS}/insights/predictive")).json()
    assert found["business_metrics"]["transactions_90d"] == 9
    assert "Sales rest on 1 brand" in found["risk_factors"]


def test_series_are_told_apart() -> None:
    assert demand.kind([5, 6, 5, 6] * 10) == "smooth"
    assert demand.kind([1, 30, 2, 25] * 10) == "erratic"
    assert demand.kind([0, 0, 1, 0] * 10) == "intermittent"
    assert demand.kind([0, 0, 1, 0, 0, 20] * 8) == "lumpy"
    assert demand.trend([2] * 13 + [9] * 13)[0] == "rising"
    assert demand.trend([1, 0, 2, 1] * 10)[0] == "stable"
    assert demand.season([1] * 52 + [3] * 4) == 1.0
