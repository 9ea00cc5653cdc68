"""/api/v1/integration/awin: affiliate feeds against StockX's market."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from domains.integration.repositories.awin_repository import AwinRepository
from domains.integration.services.awin_service import ENRICH
from shared.api.dependencies import Reader, SessionDep, Writer
from shared.database.models import AwinProduct, Job
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.repositories.jobs import JobRepository
from shared.translation import phrase

router = APIRouter(prefix="/api/v1/integration/awin", tags=["awin"])
Money = Annotated[Decimal | None, Query(ge=0, le=100_000, decimal_places=2)]


@router.get("/stats")
async def stats(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """The feed in figures."""
    lines = AwinRepository(session)
    return {"stats": await lines.figures(), "top_brands": await lines.top_brands()}


@router.get("/products")
async def products(
    _reader: Reader, session: SessionDep, in_stock: bool | None = None,
    brand: Annotated[str | None, Query(max_length=100)] = None, min_price_eur: Money = None, max_price_eur: Money = None,
    has_ean: bool | None = None, is_matched: bool | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:  # fmt: skip
    """Lines of the feed, cheapest first."""
    told: list[Any] = []
    if in_stock is not None:
        told.append(AwinProduct.in_stock.is_(in_stock))
    if brand:
        told.append(AwinProduct.brand_name.icontains(brand, autoescape=True))
    if min_price_eur is not None:
        told.append(AwinProduct.retail_price_cents >= int(min_price_eur * 100))
    if max_price_eur is not None:
        told.append(AwinProduct.retail_price_cents <= int(max_price_eur * 100))
    if has_ean is not None:
        told.append(AwinProduct.ean.is_not(None) if has_ean else AwinProduct.ean.is_(None))
    if is_matched is not None:
        matched = AwinProduct.matched_product_id
        told.append(matched.is_not(None) if is_matched else matched.is_(None))
    rows, total = await AwinRepository(session).page(told, offset, limit)
    return {"total_count": total, "returned_count": len(rows), "limit": limit, "offset": offset, "products": rows}


@router.get("/profit-opportunities")
async def opportunities(
    _reader: Reader, session: SessionDep,
    min_profit_eur: Annotated[Decimal, Query(ge=0, le=100_000, decimal_places=2)] = Decimal(20),
    min_profit_percentage: Annotated[Decimal, Query(ge=0, le=10_000, decimal_places=2)] = Decimal(10),
    limit: Annotated[int, Query(ge=1, le=200)] = 50, currency: Literal["EUR", "USD", "GBP", "CHF"] = "EUR",
) -> dict[str, Any]:  # fmt: skip
    """Lines that StockX asks more for, before fees; /api/v1/quickflip counts fees, VAT, shipping and time."""
    told = [
        AwinProduct.in_stock, AwinProduct.currency == currency,
        AwinProduct.profit_cents >= int(min_profit_eur * 100), AwinProduct.profit_percentage >= min_profit_percentage,
    ]  # fmt: skip
    rows, total = await AwinRepository(session).page(told, 0, limit)
    gains = [Decimal(row["profit_cents"]) / 100 for row in rows]
    average = round(sum(gains, Decimal(0)) / len(gains), 2) if gains else None
    return {
        "summary": {
            "total_opportunities": total, "returned_count": len(rows),
            "total_potential_profit_eur": sum(gains, Decimal(0)), "avg_profit": average,
        },
        "opportunities": rows,
    }  # fmt: skip


@router.post("/match-products")
async def match(_writer: Writer, session: SessionDep) -> dict[str, int]:
    """Match lines to our products by bar code."""
    return {"matched_count": await AwinRepository(session).match()}


@router.post("/enrichment/start", status_code=202)
async def start(
    writer: Writer, session: SessionDep, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
) -> dict[str, Any]:
    """Ask StockX about lines it was not asked about, in a worker; asking while one runs gives that one."""
    waiting = len(await AwinRepository(session).to_enrich(limit))
    job_id = await JobRepository(session).ask_once(ENRICH, {"limit": limit}, writer.user_id)
    return {"job_id": job_id, "total_products": waiting, "estimated_duration_minutes": -(-waiting * 2 // 60)}


def progress(row: Job) -> dict[str, Any]:
    """Return how far an enrichment is, in the documented form."""
    result = row.result or {}
    share = round(100 * row.done / row.total, 1) if row.total else 0.0
    return {
        "job_id": row.id, "state": row.state, "reason": row.reason, "created_at": row.created_at,
        "finished_at": row.finished_at,
        "progress": {"total": row.total, "processed": row.done, "matched": result.get("matched"),
                     "not_found": result.get("not_found"), "percentage": share},
    }  # fmt: skip


@router.get("/enrichment/status/{job_id}")
async def enrichment(job_id: uuid.UUID, _reader: Reader, session: SessionDep) -> dict[str, Any]:
    """How far an enrichment is."""
    row = await JobRepository(session).get(job_id)
    if row is None or row.kind != ENRICH:
        raise ResourceNotFoundException(phrase("Enrichment %(job_id)s not found", job_id=job_id))
    return {"job": progress(row)}


@router.get("/enrichment/latest")
async def latest(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """The latest enrichment, if there was one."""
    rows = await JobRepository(session).latest(1, ENRICH)
    return {"job": progress(rows[0]) if rows else None}


@router.get("/enrichment/stats")
async def enrichment_stats(_reader: Reader, session: SessionDep) -> dict[str, int]:
    """Lines by how far StockX was asked about them."""
    return await AwinRepository(session).statuses()
