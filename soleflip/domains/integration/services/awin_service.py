"""Affiliate feeds: matched to our products by bar code, and to StockX's market line by line, in a worker."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from domains.integration.repositories.awin_repository import AwinRepository
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.error_handling.exceptions import ResourceNotFoundException, ValidationException
from shared.jobs.running import JobContext, job
from shared.rules.money import cents, ratio_percent
from shared.stockx.client import StockX

ENRICH = "integration.awin_enrichment"


class AwinEnrichment:
    """Asks StockX about lines of a feed: the size with the bar code, then its market."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Take settings and database."""
        self.database, self.client = database, StockX(settings, database)

    async def one(self, line_id: uuid.UUID) -> str:
        """Ask about one line; return matched or not_found. A line asked about is not asked about again."""
        async with self.database.reading() as session:
            line = await AwinRepository(session).get_by_id(line_id)
        if line is None or line.ean is None:
            return "not_found"
        try:
            variant = await self.client.variant_by_gtin(line.ean)
            market = await self.client.variant_market(variant.product_id or "", variant.id, line.currency)
        except (ResourceNotFoundException, ValidationException):
            async with self.database.unit() as session:
                await AwinRepository(session).mark(line_id, enrichment_status="not_found")
            return "not_found"
        ask = None if market.lowest_ask is None else int(cents(market.lowest_ask) * 100)
        bid = None if market.highest_bid is None else int(cents(market.highest_bid) * 100)
        gain = None if ask is None or line.retail_price_cents is None else ask - line.retail_price_cents
        async with self.database.unit() as session:
            lines = AwinRepository(session)
            await lines.mark(
                line_id, enrichment_status="matched", stockx_product_id=variant.product_id,
                stockx_variant_id=variant.id, stockx_lowest_ask_cents=ask, stockx_highest_bid_cents=bid,
                profit_cents=gain,
                profit_percentage=None if gain is None else ratio_percent(Decimal(gain), Decimal(line.retail_price_cents or 0)),
            )  # fmt: skip
            if line.matched_product_id and ask is not None:
                await lines.keep_resale(line.matched_product_id, variant.id, ask, "StockX")
        return "matched"


@job(ENRICH, alone=True, repeats=True)
async def awin_enrichment(context: JobContext) -> dict[str, Any]:
    """Ask StockX about lines of feeds; a killed job goes on with those that are still pending."""
    limit = int(context.arguments.get("limit", 1000))
    async with context.database.unit() as session:
        lines = AwinRepository(session)
        await lines.match()
        pending = await lines.to_enrich(limit)
    service, counts = AwinEnrichment(context.settings, context.database), {"matched": 0, "not_found": 0}
    for done, line_id in enumerate(pending, 1):
        counts[await service.one(line_id)] += 1
        await context.progress(done, len(pending), f"{done} of {len(pending)} lines")
    return {"total_processed": len(pending), **counts}
