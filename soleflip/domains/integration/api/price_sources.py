"""/api/v1/price-sources: what a product costs anywhere, and how that changed."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from domains.integration.repositories.awin_repository import PriceRepository
from shared.api.dependencies import PageDep, Reader, SessionDep
from shared.database.words import PriceSourceType, PriceType
from shared.error_handling.exceptions import ResourceNotFoundException
from shared.rules.money import ratio_percent
from shared.translation import phrase

router = APIRouter(prefix="/api/v1/price-sources", tags=["price sources"])
NAMES = ("id", "product_id", "product_name", "sku", "ean", "size", "source_type", "source_name", "price_type",
         "price_cents", "currency", "in_stock", "stock_quantity", "source_url", "last_updated")  # fmt: skip
MARGIN = ("product_id", "product_name", "sku", "source", "buy_cents", "sell_cents", "profit_cents", "profit_percentage",
          "source_url")  # fmt: skip


@router.get("/stats")
async def stats(_reader: Reader, session: SessionDep) -> list[dict[str, Any]]:
    """How many prices each source has."""
    names = ("source_type", "price_type", "total", "in_stock", "last_updated")
    return [dict(zip(names, row, strict=True)) for row in await PriceRepository(session).figures()]


@router.get("/profit-opportunities")
async def opportunities(
    _reader: Reader, session: SessionDep,
    min_profit_eur: Annotated[Decimal, Query(ge=0, le=100_000, decimal_places=2)] = Decimal(20),
    min_profit_percentage: Annotated[Decimal, Query(ge=0, le=10_000, decimal_places=2)] = Decimal(10),
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Shop prices below resale prices of the same size, before fees; /api/v1/quickflip counts everything."""
    rows = await PriceRepository(session).margins(int(min_profit_eur * 100), min_profit_percentage, limit)
    return [dict(zip(MARGIN, row, strict=True)) for row in rows]


@router.get("/sources/{source_type}")
async def of_type(
    source_type: PriceSourceType, _reader: Reader, session: SessionDep, page: PageDep
) -> list[dict[str, Any]]:
    """Prices of one source, latest first."""
    rows = await PriceRepository(session).of_type(source_type, page.skip, page.limit)
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


@router.get("/product/{ean}/prices")
async def prices(
    ean: Annotated[str, Path(pattern=r"^\d{8,14}$")], _reader: Reader, session: SessionDep
) -> dict[str, Any]:
    """Every price of the product with a bar code."""
    rows = [dict(zip(NAMES, row, strict=True)) for row in await PriceRepository(session).by_code(ean)]
    retail = [row for row in rows if row["price_type"] is PriceType.RETAIL]
    resale = [row for row in rows if row["price_type"] is PriceType.RESALE]
    low = min((Decimal(row["price_cents"]) / 100 for row in retail if row["in_stock"]), default=None)
    high = max((Decimal(row["price_cents"]) / 100 for row in resale if row["in_stock"]), default=None)
    gain = high - low if low is not None and high is not None else None
    summary = {
        "min_retail_eur": low, "max_resale_eur": high, "potential_profit_eur": gain,
        "potential_roi_percentage": ratio_percent(gain, low) if gain is not None and low else None,
    }  # fmt: skip
    return {"ean": ean, "price_summary": summary, "retail_prices": retail, "resale_prices": resale}


@router.get("/history/{source_id}")
async def history(
    source_id: uuid.UUID, _reader: Reader, session: SessionDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """A price's past."""
    rows = PriceRepository(session)
    source = await rows.get_by_id(source_id)
    if source is None:
        raise ResourceNotFoundException(phrase("Price %(source_id)s not found", source_id=source_id))
    points: list[dict[str, Any]] = [
        {"price_cents": row.price_cents, "in_stock": row.in_stock, "recorded_at": row.recorded_at}
        for row in await rows.history(source_id, limit)
    ]
    oldest = points[-1]["price_cents"] if points else source.price_cents
    change = source.price_cents - oldest
    summary = {
        "total_records": len(points), "latest": source.price_cents, "oldest": oldest, "change": change,
        "change_pct": ratio_percent(Decimal(change), Decimal(oldest)) if oldest else None,
    }  # fmt: skip
    return {"summary": summary, "history": points}
