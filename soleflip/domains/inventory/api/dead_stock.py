"""/api/v1/inventory/dead-stock: goods that stay."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from domains.inventory.services.dead_stock_service import AT_RISK, DeadStockService, today
from shared.api.dependencies import PageDep, Reader, SessionDep, Writer
from shared.api.envelopes import Paginated, paginated, pagination

PREFIX = "/api/v1/inventory/dead-stock"
router = APIRouter(prefix=PREFIX, tags=["inventory"])


@router.get("")
async def dead_stock(
    _reader: Reader,
    session: SessionDep,
    page: PageDep,
    every: Annotated[bool, Query(description="Hot and warm items too")] = False,
) -> Paginated[dict[str, Any]]:
    """Unsold items at risk, the riskiest first, each with reasons, locked capital and advice."""
    judged = await DeadStockService(session).judged(today())
    chosen = [each for each in judged if every or each["risk_level"] in AT_RISK]
    shown = chosen[page.skip : page.skip + page.limit]
    return paginated(shown, pagination(page.skip, page.limit, len(chosen), len(shown)))


@router.get("/summary")
async def summary(_reader: Reader, session: SessionDep) -> dict[str, Any]:
    """How much money is locked at which risk."""
    return await DeadStockService(session).summary(today())


@router.post("/clearance")
async def clearance(
    writer: Writer,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    dry_run: Annotated[bool, Query()] = True,
) -> dict[str, Any]:
    """Lower list prices of dead and critical items, down to their floors; shown only unless `dry_run=false`."""
    steps = await DeadStockService(session).clearance(writer, today(), limit, dry_run)
    return {"dry_run": dry_run, "items": steps, "total": len(steps)}
