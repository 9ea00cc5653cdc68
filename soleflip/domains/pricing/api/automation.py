"""/api/v1/pricing: repricing and auto-listing; dry by default, with brakes, rollback and one switch that stops it all."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from domains.pricing.services.auto_listing_service import AutoListingService
from domains.pricing.services.price_writer import PriceWriter
from domains.pricing.services.profit_forecast import ProfitForecast
from domains.pricing.services.repricing_service import RepricingService
from shared.api.dependencies import Admin, PageDep, Reader, SessionDep, Writer
from shared.api.envelopes import Paginated, Success, paginated, pagination
from shared.database.words import JobState

router = APIRouter(prefix="/api/v1/pricing", tags=["pricing"])

Aim = Literal["profit_maximization", "market_competitive", "quick_turnover", "premium_positioning"]
Strict = ConfigDict(extra="forbid")
Percent = Annotated[Decimal, Query(ge=0, le=90)]


class ToggleIn(BaseModel):
    """Whether repricing by the clock is on."""

    model_config = Strict

    enabled: bool


class KillIn(BaseModel):
    """Why everything is stopped."""

    model_config = Strict

    reason: str = Field(min_length=1, max_length=255)


class ControlIn(BaseModel):
    """The switches and brakes; what is left out stays."""

    model_config = Strict

    repricing_enabled: bool | None = None
    listing_enabled: bool | None = None
    strategy: Aim | None = None
    interval_hours: int | None = Field(None, ge=1, le=168)
    min_margin_percent: Decimal | None = Field(None, ge=0, le=90)
    max_step_percent: Decimal | None = Field(None, gt=0, le=50)
    max_day_percent: Decimal | None = Field(None, gt=0, le=80)
    dead_band: Decimal | None = Field(None, ge=0, le=100, decimal_places=2)
    cool_down_hours: int | None = Field(None, ge=0, le=168)
    undercut: Decimal | None = Field(None, ge=0, le=100, decimal_places=2)
    version: int | None = None


class RunOut(BaseModel):
    """A run of the repricer or the lister."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    kind: str
    dry_run: bool
    state: JobState
    settings: dict[str, Any]
    counts: dict[str, Any]
    created_at: datetime
    rolled_back_at: datetime | None


class ListingRuleIn(BaseModel):
    """When a pair is listed by itself (all conditions have to hold), and how."""

    model_config = Strict

    name: str = Field(min_length=1, max_length=100)
    priority: int = Field(100, ge=0, le=10_000)
    active: bool = False
    conditions: dict[str, Any] = Field(max_length=20)
    actions: dict[str, Any] = Field(max_length=10)


class ListingRuleOut(ListingRuleIn):
    """A stored rule."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    version: int


@router.post("/smart/optimize-inventory")
async def optimize(
    _writer: Writer,
    session: SessionDep,
    strategy: Aim = "profit_maximization",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Any]:
    """What the list prices of unsold pairs should be; nothing is written."""
    return await RepricingService(session).optimize(strategy, limit)


@router.post("/smart/auto-reprice")
async def auto_reprice(
    writer: Writer,
    session: SessionDep,
    dry_run: bool = True,
    strategy: Aim | None = None,
    price_drop_threshold: Percent | None = None,
    max_increase: Percent | None = None,
    min_margin: Percent | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> dict[str, Any]:
    """Reprice live listings within the brakes; shown only unless `dry_run=false`.

    `price_drop_threshold` and `max_increase` narrow the brakes in percent, `min_margin` replaces the shop's.
    """
    service = RepricingService(session)
    run = await service.reprice(
        writer, dry_run=dry_run, strategy=strategy, limit=limit, max_step=price_drop_threshold,
        max_increase=max_increase, min_margin=min_margin,
    )  # fmt: skip
    return {**RunOut.model_validate(run).model_dump(), "lines": await service.lines(run.id)}


@router.get("/smart/profit-forecast")
async def profit_forecast(
    _reader: Reader,
    session: SessionDep,
    strategy: Aim = "market_competitive",
    timeframe_days: Annotated[int, Query(ge=1, le=365)] = 30,
) -> dict[str, Any]:
    """What unsold pairs will bring within some days under a strategy, with a range."""
    return await ProfitForecast(session).forecast(strategy, timeframe_days)


@router.get("/smart/auto-repricing/status")
async def status(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """The switches, the brakes, the last run and the next."""
    return await RepricingService(session).status()


@router.post("/smart/auto-repricing/toggle")
async def toggle(body: ToggleIn, writer: Writer, session: SessionDep) -> Success[dict[str, Any]]:
    """Switch repricing by the clock on or off."""
    service = RepricingService(session)
    await service.switch(writer, {"repricing_enabled": body.enabled})
    return Success(message="On" if body.enabled else "Off", data=await service.status())


@router.patch("/control")
async def change_control(body: ControlIn, admin: Admin, session: SessionDep) -> dict[str, Any]:
    """Change switches and brakes."""
    service = RepricingService(session)
    told = body.model_dump(exclude_none=True)
    version = told.pop("version", None)
    await service.switch(admin, told, version)
    return await service.status()


@router.post("/kill")
async def kill(body: KillIn, writer: Writer, session: SessionDep) -> Success[dict[str, Any]]:
    """Stop everything that writes prices by itself, at once; price changes that wait are stopped too."""
    stopped = await RepricingService(session).kill(writer, body.reason)
    return Success(message="Stopped", data={"stopped_changes": stopped})


@router.post("/revive")
async def revive(admin: Admin, session: SessionDep) -> Success[None]:
    """Let prices be written again."""
    await RepricingService(session).revive(admin)
    return Success(message="Running again")


@router.get("/runs")
async def runs(_reader: Reader, session: SessionDep, page: PageDep) -> Paginated[RunOut]:
    """Runs, newest first."""
    stored = RepricingService(session).stored
    rows = [RunOut.model_validate(row) for row in await stored.runs(page.skip, page.limit)]
    return paginated(rows, pagination(page.skip, page.limit, await stored.run_count(), len(rows)))


@router.get("/runs/{run_id}/lines")
async def lines(run_id: uuid.UUID, _reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """What a run thought of each item, and why."""
    return await RepricingService(session).lines(run_id)


@router.post("/runs/{run_id}/rollback")
async def roll_back(run_id: uuid.UUID, writer: Writer, session: SessionDep) -> RunOut:
    """Put back the prices of a run, where nobody set another one since."""
    return RunOut.model_validate(await PriceWriter(session).roll_back(writer, run_id))


@router.get("/auto-listing/rules")
async def listing_rules(_reader: Reader, session: SessionDep) -> list[ListingRuleOut]:
    """The rules by priority."""
    return [ListingRuleOut.model_validate(row) for row in await AutoListingService(session).rules()]


@router.post("/auto-listing/rules", status_code=201)
async def make_listing_rule(body: ListingRuleIn, writer: Writer, session: SessionDep) -> ListingRuleOut:
    """Make a rule; simulate it before it is switched on."""
    return ListingRuleOut.model_validate(await AutoListingService(session).keep(writer, body.model_dump()))


@router.put("/auto-listing/rules/{rule_id}")
async def change_listing_rule(
    rule_id: uuid.UUID,
    body: ListingRuleIn,
    writer: Writer,
    session: SessionDep,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> ListingRuleOut:
    """Change a rule, or switch it."""
    return ListingRuleOut.model_validate(
        await AutoListingService(session).keep(writer, body.model_dump(), rule_id, version)
    )


@router.post("/auto-listing/rules/{rule_id}/simulate")
async def simulate(
    rule_id: uuid.UUID, _writer: Writer, session: SessionDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """What a rule would list now."""
    return await AutoListingService(session).simulate(rule_id, limit)


@router.post("/auto-listing/run")
async def run_listing(
    writer: Writer, session: SessionDep, dry_run: bool = True, max_items: Annotated[int, Query(ge=1, le=500)] = 100
) -> dict[str, Any]:
    """List what the active rules say; shown only unless `dry_run=false`."""
    service = AutoListingService(session)
    run = await service.run(writer, max_items, dry_run=dry_run)
    return {**RunOut.model_validate(run).model_dump(), "lines": await RepricingService(session).lines(run.id)}
