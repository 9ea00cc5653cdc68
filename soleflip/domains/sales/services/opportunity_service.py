"""What is worth buying: retail offers against the resale market of the same size, net of fees, VAT, shipping and time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.sales.repositories.offer_repository import OfferRepository
from shared.auth.principal import Principal
from shared.database.words import PriceSourceType, PriceType
from shared.error_handling.exceptions import ResourceNotFoundException, ValidationException
from shared.repositories import audit
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.markets import MarketLookup, as_market
from shared.repositories.rows import AnyRow
from shared.repositories.selling_pace import selling_pace
from shared.rules import fees, opportunities, sizes
from shared.rules.market import Market
from shared.rules.money import ZERO
from shared.translation import gettext_noop as _
from shared.translation import phrase

HOME = "stockx"
MARKET_DAYS = 30
SHIPPING_IN = Decimal("4.90")


class OpportunityService:
    """Opportunities within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.offers, self.catalogue = session, OfferRepository(session), CatalogueLookup(session)

    async def found(
        self, *, min_roi: Decimal = Decimal(10), min_profit: Decimal = Decimal(20), max_buy: Decimal | None = None,
        sources: Sequence[str] = (), product_id: uuid.UUID | None = None, shipping_in: Decimal = SHIPPING_IN,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return opportunities, the best yearly return first. Offers without the market of their own size are left out."""
        rows = [
            row
            for row in await self.offers.retail()
            if (not sources or row.source_type in sources) and product_id in (None, row.product_id)
        ]
        today = datetime.now(UTC).date()
        lookup = MarketLookup(self.session)
        markets = await lookup.markets([row.product_id for row in rows], today - timedelta(days=MARKET_DAYS))
        paces = await selling_pace(self.session, [row.product_id for row in rows], today)
        us, acted = await self.offers.us_sizes(), await self.offers.acted()
        business, platform = await self.catalogue.business(), await self.catalogue.platform(HOME)
        schedule = fees.choose(await self.catalogue.schedules(platform.id, "EUR"), today, platform.seller_level)
        found = []
        for row in rows:
            price = Decimal(row.price_cents) / 100
            if max_buy is not None and price > max_buy:
                continue
            size = row.size if row.region == "US" or row.size is None else us.get(row.eu, "")
            known = as_market(markets.get((row.product_id, size or ""), ()), HOME, today)
            if known is None or known.price is None:
                continue
            buy = opportunities.Buy(price, shipping_in, business.default_tax_scheme, business.vat_rate)
            judged = opportunities.judge(
                buy, _sell_at(known), schedule or fees.Schedule(), known, paces.pace(row.product_id, row.brand_id, size),
                business_buyer=True, step=Decimal(1),
            )  # fmt: skip
            if judged.profit < min_profit or (judged.roi or ZERO) < min_roi:
                continue
            found.append(_answer(row, size, price, known, judged, acted.get((row.product_id, row.source_type.value))))
        return sorted(found, key=lambda each: -(each["annual_roi"] or ZERO))

    async def summary(self) -> dict[str, Any]:
        """Return how many there are, how good they are, and from where."""
        every = await self.found()
        by_source: dict[str, list[dict[str, Any]]] = {}
        for each in every:
            by_source.setdefault(each["buy_source"], []).append(each)
        return {
            "total_opportunities": len(every),
            "avg_profit_margin": _mean([each["profit_margin"] for each in every]),
            "avg_net_profit": _mean([each["net_profit"] for each in every]),
            "avg_gross_profit": _mean([each["gross_profit"] for each in every]),
            "best_opportunity": every[0] if every else None,
            "sources_breakdown": {
                name: {"count": len(those), "avg_profit_margin": _mean([each["profit_margin"] for each in those]),
                       "best_margin": max(each["profit_margin"] for each in those)}
                for name, those in by_source.items()
            },
        }  # fmt: skip

    async def plan(self, budget: Decimal) -> dict[str, Any]:
        """Return what to buy with a budget: one pair of each offer at most, the most expected profit together."""
        every = (await self.found(min_profit=Decimal(1), min_roi=ZERO))[:200]
        chosen = opportunities.spend(budget, [(each["total_cost"], each["expected_profit"]) for each in every])
        picked = [every[index] for index in chosen]
        return {
            "budget": budget, "spent": sum((each["total_cost"] for each in picked), ZERO),
            "expected_profit": sum((each["expected_profit"] for each in picked), ZERO), "offers": picked,
        }  # fmt: skip

    async def act(self, actor: Principal, product_id: uuid.UUID, source: str, action: str) -> None:
        """Remember that an opportunity was bought or dismissed."""
        product = await self.catalogue.product(product_id)
        await self.offers.act(product.id, source, action, actor.user_id)
        audit.record(self.session, actor, f"opportunity.{action}", "product", product.id, after={"source": source})

    async def keep_offer(self, actor: Principal, told: Mapping[str, Any]) -> None:
        """Store a retail offer of a product (by SKU, style code or EAN); raises ResourceNotFoundException."""
        product = await self.catalogue.product_by_code(told["code"])
        if product is None:
            raise ResourceNotFoundException(
                phrase("No product has the code %(code)s; make it first", code=told["code"]),
                details={"code": told["code"]},
            )
        if told["price"] != round(told["price"], 2):
            raise ValidationException(_("A price has two decimal places"), field_errors={"price": "too exact"})
        size_id = await self.catalogue.size(sizes.parse(told["size"])) if told.get("size") else None
        source = PriceSourceType(told.get("source") or PriceSourceType.MANUAL)
        await self.offers.keep(
            {
                "product_id": product.id, "size_id": size_id, "source_type": source, "price_type": PriceType.RETAIL,
                "source_product_id": (told.get("source_product_id") or told["code"])[:100], "source_name": told.get("shop"),
                "price_cents": int(told["price"] * 100), "stock_quantity": told.get("stock"),
                "in_stock": told.get("stock") != 0, "source_url": told.get("url"),
            }
        )  # fmt: skip
        audit.record(self.session, actor, "offer.keep", "product", product.id, after={"price": str(told["price"])})


def _sell_at(known: Market) -> Decimal:
    """Return the whole price such a pair would be asked for: just below the lowest ask, no more than it sells for."""
    prices = [each for each in (known.last_sale, known.lowest_ask - 1 if known.lowest_ask else None) if each]
    found = min(prices) if prices else known.price or ZERO
    return max(found - found % 1, Decimal(1))


def _answer(
    row: AnyRow, size: str | None, price: Decimal, known: Market, judged: opportunities.Opportunity, acted: str | None
) -> dict[str, Any]:
    return {
        "offer_id": row.id, "product_id": row.product_id, "product_name": row.name, "product_sku": row.sku,
        "brand_name": row.brand, "size": size or None, "buy_price": price, "total_cost": judged.cost,
        "buy_source": row.source_type.value, "buy_supplier": row.supplier or row.source_name, "buy_url": row.source_url,
        "buy_stock_qty": row.stock_quantity, "sell_price": judged.sell.price, "gross_profit": judged.sell.price - price,
        "net_profit": judged.profit, "expected_profit": judged.expected_profit, "profit_margin": judged.roi or ZERO,
        "roi": judged.roi, "annual_roi": judged.annual_roi, "profit_per_day": judged.profit_per_day,
        "expected_days": judged.days, "probability": judged.probability, "break_even": judged.break_even,
        "highest_bid": known.highest_bid, "lowest_ask": known.lowest_ask, "breakdown": asdict(judged.sell),
        "stockx_demand_score": None if known.number_of_bids is None else min(1.0, known.number_of_bids / 100),
        "pace": asdict(judged.pace) if judged.pace else None, "acted": acted, "last_updated": row.last_updated,
    }  # fmt: skip


def _mean(numbers: Sequence[Decimal]) -> Decimal | None:
    return (sum(numbers, ZERO) / len(numbers)).quantize(Decimal("0.01")) if numbers else None
