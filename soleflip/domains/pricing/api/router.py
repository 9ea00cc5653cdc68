"""/api/v1/pricing: prices with reasons, decisions, whether an offer is worth buying, rules."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from time import perf_counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from domains.pricing.services.decision_service import JOB, DecisionService
from domains.pricing.services.market_service import JOB as FETCH
from domains.pricing.services.pricing_service import PricingService
from shared.api.dependencies import PageDep, Reader, SessionDep, Writer
from shared.api.envelopes import Paginated, Success, paginated, pagination
from shared.database.words import Condition, DecisionKind
from shared.repositories.jobs import JobRepository
from shared.rules import pricing

PREFIX = "/api/v1/pricing"
router = APIRouter(prefix=PREFIX, tags=["pricing"])

Strategy = Literal["cost_plus", "market_based", "competitive", "value_based", "dynamic"]
Percent = Annotated[Decimal, Field(ge=0, le=1000, max_digits=7, decimal_places=3)]
Money = Annotated[Decimal, Field(gt=0, le=1_000_000, max_digits=12, decimal_places=2)]
Strict = ConfigDict(extra="forbid")


class RecommendIn(BaseModel):
    """What is to be priced."""

    model_config = Strict

    product_id: uuid.UUID
    inventory_id: uuid.UUID | None = None
    strategy: Strategy = "dynamic"
    target_margin: Percent | None = None
    condition: Condition = Condition.NEW
    size: str | None = Field(None, max_length=20, pattern=r"^[\w .,/-]+$")


class OfferIn(BaseModel):
    """A supplier's offer; the price is with VAT."""

    model_config = Strict

    ean: str | None = Field(None, max_length=20)
    sku: str | None = Field(None, max_length=100)
    supplier_price: Money
    brand: str = Field("", max_length=100)
    model: str = Field("", max_length=255)
    size: str | None = Field(None, max_length=20, pattern=r"^[\w .,/-]+$")


class OffersIn(BaseModel):
    """Many offers at once."""

    model_config = Strict

    products: list[OfferIn] = Field(min_length=1, max_length=1000)
    max_batch_size: int = Field(1000, ge=1, le=1000)


class RuleIn(BaseModel):
    """A price rule; an empty scope means all, factors are by condition and by month (1 to 12)."""

    model_config = Strict

    name: str = Field(min_length=1, max_length=100)
    rule_type: Literal["cost_plus", "market_based", "competitive", "value_based", "dynamic"] = "cost_plus"
    priority: int = Field(100, ge=0, le=10_000)
    active: bool = True
    brand_id: uuid.UUID | None = None
    category_id: uuid.UUID | None = None
    platform_id: uuid.UUID | None = None
    base_markup_percent: Percent | None = None
    minimum_margin_percent: Annotated[Decimal, Field(ge=0, le=90)] | None = None
    maximum_discount_percent: Annotated[Decimal, Field(ge=0, le=90)] | None = None
    condition_multipliers: dict[Condition, Annotated[float, Field(gt=0, lt=10)]] | None = None
    seasonal_adjustments: (
        dict[Annotated[str, Field(pattern=r"^([1-9]|1[0-2])$")], Annotated[float, Field(gt=0, lt=10)]] | None
    ) = None
    effective_from: date = Field(default_factory=lambda: datetime.now(UTC).date())
    effective_until: date | None = None


class RuleOut(RuleIn):
    """A stored price rule."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    version: int


class ApproveIn(BaseModel):
    """Decisions to carry out."""

    model_config = Strict

    decision_ids: list[uuid.UUID] = Field(min_length=1, max_length=500)
    accept_loss: bool = False


@router.post("/recommend")
async def recommend(body: RecommendIn, _writer: Writer, session: SessionDep) -> dict[str, Any]:
    """A price for a product or one pair of it, with every strategy's price and reasons, net of everything."""
    return await PricingService(session).recommend(
        body.product_id, body.inventory_id, body.strategy, body.target_margin, body.condition.value, body.size
    )


@router.get("/market-analysis/{product_id}")
async def market_analysis(product_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """What is known of a product's market; 409 with what to do when nothing is."""
    return await PricingService(session).market_analysis(product_id)


@router.get("/strategies")
async def strategies(_reader: Reader) -> dict[str, dict[str, str]]:
    """The engine's strategies."""
    return {name: dict(told) for name, told in pricing.STRATEGIES.items()}


@router.get("/smart/recommend/{item_id}")
async def smart(
    item_id: uuid.UUID, _reader: Reader, session: SessionDep, target_days: Annotated[int, Query(ge=1, le=365)] = 30
) -> dict[str, Any]:
    """A pair's price for a sale within some days, with its decision in a sentence."""
    return await PricingService(session).smart(item_id, target_days)


@router.get("/smart/market-trends")
async def trends(
    _reader: Reader,
    session: SessionDep,
    days: Annotated[int, Query(ge=7, le=90)] = 30,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> list[dict[str, Any]]:
    """How the market of unsold goods moved."""
    return await PricingService(session).trends(days, limit, datetime.now(UTC).date())


@router.post("/evaluate-profitability")
async def evaluate(body: OfferIn, _writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Whether an offer is worth buying, net of fees, VAT and shipping."""
    return (await PricingService(session).evaluate([body.model_dump()]))[0]


@router.post("/evaluate-profitability-batch")
async def evaluate_batch(body: OffersIn, _writer: Writer, session: SessionDep) -> dict[str, Any]:
    """The same for many offers."""
    begun = perf_counter()
    found = await PricingService(session).evaluate([each.model_dump() for each in body.products[: body.max_batch_size]])
    good = sum(each["profitable"] for each in found)
    return {
        "total_evaluated": len(found),
        "profitable_count": good,
        "unprofitable_count": len(found) - good,
        "processing_time_seconds": round(perf_counter() - begun, 3),
        "results": found,
    }


@router.get("/decisions")
async def decisions(
    _reader: Reader, session: SessionDep, page: PageDep, kind: DecisionKind | None = None
) -> Paginated[dict[str, Any]]:
    """What to do with each unsold pair: sell now, list at, hold; in figures and in a sentence."""
    rows, counts = await DecisionService(session).list(kind, page.skip, page.limit)
    total = counts.get(kind.value, 0) if kind else sum(counts.values())
    return paginated(rows, pagination(page.skip, page.limit, total, len(rows)), {"counts": counts})


@router.post("/decisions/refresh", status_code=202)
async def refresh(writer: Writer, session: SessionDep) -> Success[dict[str, Any]]:
    """Decide anew for every unsold pair, in the worker."""
    job_id = await JobRepository(session).ask(JOB, {}, writer.user_id)
    return Success(message="Queued", data={"job_id": job_id, "state": "queued"})


@router.post("/market/refresh", status_code=202)
async def refresh_market(
    writer: Writer, session: SessionDep, product_id: uuid.UUID | None = None
) -> Success[dict[str, Any]]:
    """Fetch StockX's market of what is in stock (or of one product) and decide anew, in the worker."""
    arguments = {"product_id": str(product_id)} if product_id else {}
    job_id = await JobRepository(session).ask_once(FETCH, arguments, writer.user_id)
    return Success(message="Queued", data={"job_id": job_id, "state": "queued"})


@router.post("/decisions/approve")
async def approve(body: ApproveIn, writer: Writer, session: SessionDep) -> dict[str, Any]:
    """Carry out decisions; the answer's `run_id` can be rolled back."""
    run = await DecisionService(session).approve(writer, body.decision_ids, accept_loss=body.accept_loss)
    return {"run_id": run.id, **run.counts}


@router.get("/rules")
async def rules(_reader: Reader, session: SessionDep) -> list[RuleOut]:
    """The price rules by priority."""
    return [RuleOut.model_validate(row) for row in await PricingService(session).rules()]


@router.post("/rules", status_code=201)
async def make_rule(body: RuleIn, writer: Writer, session: SessionDep) -> RuleOut:
    """Make a price rule."""
    return RuleOut.model_validate(await PricingService(session).keep_rule(writer, _plain(body)))


@router.put("/rules/{rule_id}")
async def change_rule(
    rule_id: uuid.UUID,
    body: RuleIn,
    writer: Writer,
    session: SessionDep,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> RuleOut:
    """Change a price rule."""
    return RuleOut.model_validate(await PricingService(session).keep_rule(writer, _plain(body), rule_id, version))


@router.delete("/rules/{rule_id}")
async def remove_rule(rule_id: uuid.UUID, writer: Writer, session: SessionDep) -> Success[None]:
    """Remove a price rule."""
    await PricingService(session).remove_rule(writer, rule_id)
    return Success(message="Removed")


def _plain(body: RuleIn) -> dict[str, Any]:
    told = body.model_dump()
    for name in ("condition_multipliers", "seasonal_adjustments"):
        if told[name] is not None:
            told[name] = {str(key): value for key, value in told[name].items()}
    return told
