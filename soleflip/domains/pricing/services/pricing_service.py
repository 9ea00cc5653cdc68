"""What people ask of pricing: a price with reasons, a market's analysis, whether an offer is worth buying, trends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.pricing_repository import PricingRepository
from domains.pricing.services.desk import HOME, MARKET_DAYS, Desk, Imagined, PairRow, margin_of, open_desk
from shared.auth.principal import Principal
from shared.database.models import PriceRule, Product
from shared.database.words import TaxScheme
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.repositories import audit
from shared.repositories.base_repository import BaseRepository, check_version
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.rows import AnyRow
from shared.rules import fees, market, opportunities, pricing, proceeds, sizes
from shared.rules.money import ZERO, cents, ratio_percent
from shared.translation import Word, phrase

THRESHOLD = Decimal(15)


class PricingService:
    """Prices with their reasons."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored, self.catalogue = session, PricingRepository(session), CatalogueLookup(session)

    async def pair(self, item_id: uuid.UUID) -> AnyRow:
        """Return an unsold pair; raises ResourceNotFoundException, or BusinessRuleViolation for one that has no cost."""
        row = await self.stored.pair(item_id)
        if row is not None:
            return row
        item = await self.stored.item(item_id)
        if item is None:
            raise ResourceNotFoundException(
                phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
            )
        if item.purchase_price is None:
            raise BusinessRuleViolation(
                phrase("Item %(number)s has no purchase price; enter it, then it can be priced", number=item.number)
            )
        raise BusinessRuleViolation(
            phrase(
                "Item %(number)s is %(status)s: nothing to price",
                number=item.number,
                status=Word(item.status.value.replace("_", " ")),
            )
        )

    async def recommend(
        self, product_id: uuid.UUID, item_id: uuid.UUID | None, strategy: str, target_margin: Decimal | None,
        condition: str, size: str | None,
    ) -> dict[str, Any]:  # fmt: skip
        """Price a product, or one pair of it. Without a pair its cost is that of the latest, else 65 % of the market."""
        if item_id is not None:
            row: PairRow = await self.pair(item_id)
            if row.product_id != product_id:
                raise ValidationException(
                    phrase("This item is of another product"), field_errors={"inventory_id": "is not of it"}
                )
        else:
            row = await self._typical(product_id, size)
        desk = await open_desk(self.session, [row])
        wanted = (strategy,) if strategy != "dynamic" else ("dynamic", *pricing.USUAL)
        found = desk.recommend(row, HOME, wanted, target_margin, condition)
        terms = desk.terms(row, HOME)
        return {
            "product_id": product_id,
            "inventory_id": item_id,
            "suggested_price": found.price,
            "strategy_used": found.strategy,
            "confidence_score": found.confidence,
            "margin_percent": found.margin_percent,
            "markup_percent": found.markup_percent,
            "net_margin_percent": margin_of(found.price, terms),
            "reasoning": list(found.reasons),
            "market_position": market.position(found.price, desk.market(row, HOME)),
            "price_range": {"min": found.low, "max": found.high},
            "floor_price": desk.floor(row, HOME, ZERO),
            "breakdown": asdict(proceeds.proceeds(found.price, terms)),
            "strategies": [
                {"strategy": each.strategy, "price": cents(each.price), "confidence": each.confidence,
                 "reasons": list(each.reasons)}
                for each in found.candidates
            ],
        }  # fmt: skip

    async def _typical(self, product_id: uuid.UUID, size: str | None) -> PairRow:
        product = await self.catalogue.product(product_id)
        wanted = sizes.parse(size).value if size else ""
        rows = await self.stored.pairs(Product.id == product_id)
        fitting = [row for row in rows if not wanted or row.size == wanted] or list(rows)
        if fitting:
            return fitting[-1]
        found = await self.imagined(product, wanted)
        if found is None:
            raise BusinessRuleViolation(
                phrase(
                    "Nothing is known of %(product)s: no pair of it was bought and no market price is stored. "
                    "Fetch its market data, or add a pair with its cost.",
                    product=product.name,
                )
            )
        return found

    async def imagined(self, product: Product, size: str) -> Imagined | None:
        """Return a pair of a product nobody has yet, at its usual cost; None when nothing is known of it."""
        today = datetime.now(UTC).date()
        cost = await self.stored.usual_cost(product.id, today - timedelta(days=MARKET_DAYS))
        if cost is None:
            return None
        return Imagined(product.id, product.name, product.brand_id, product.category_id, size, cost, today)

    async def smart(self, item_id: uuid.UUID, target_days: int) -> dict[str, Any]:
        """Return a pair's price for a sale within some days, with its decision and the market it rests on."""
        row = await self.pair(item_id)
        desk = await open_desk(self.session, [row])
        known = desk.market(row, HOME)
        mood, mean = market.mood(known.asks)
        target = max(
            Decimal(10),
            20 + Decimal({"bullish": 5, "bearish": -3, "volatile": 2, "stable": 0}[mood])
            - (5 if target_days <= 7 else 2 if target_days <= 30 else 0),
        )  # fmt: skip
        wanted = {
            "bullish": ("value_based", "market_based"), "bearish": ("competitive", "cost_plus"),
            "volatile": ("dynamic", "competitive"), "stable": ("market_based", "cost_plus"),
        }[mood]  # fmt: skip
        found = desk.recommend(row, HOME, wanted, target)
        shift, reasons = adjustment(known, mood, (desk.today - row.since).days)
        terms = desk.terms(row, HOME)
        price, told = pricing.settle(
            found.price * (1 + shift / 100), desk.floor(row, HOME, ZERO), row.ceiling_price, terms.step
        )
        place = market.position(price, known)
        decision = desk.decide(row)
        return {
            "item_id": row.id, "number": row.number, "product_name": row.name, "size": row.size,
            "current_price": desk.listed(row), "recommended_price": price, "strategy": found.strategy,
            "target_days": target_days, "target_margin_percent": target, "confidence": found.confidence,
            "reasons": [*found.reasons, *reasons, *told], "market_condition": mood, "market_trend_percent": cents(mean * 100),
            "market_position": place, "sell_probability": market.sell_probability(place, target_days),
            "expected_days": market.expected_days(price, known, desk.days(row)),
            "floor_price": desk.floor(row, HOME, ZERO), "breakdown": asdict(proceeds.proceeds(price, terms)),
            "market": as_market(known), "decision": as_decision(decision),
        }  # fmt: skip

    async def market_analysis(self, product_id: uuid.UUID) -> dict[str, Any]:
        """Return what is known of a product's market; raises BusinessRuleViolation when nothing is."""
        product = await self.catalogue.product(product_id)
        row = await self.imagined(product, "")
        rows = await self.stored.pairs(Product.id == product_id)
        base = rows[0] if rows else row
        if base is None:
            raise BusinessRuleViolation(
                phrase("No market price of %(product)s is stored; fetch its market data first", product=product.name)
            )
        desk = await open_desk(self.session, [base])
        known = desk.market(base, HOME)
        if known.price is None:
            raise BusinessRuleViolation(
                phrase("No market price of %(product)s is stored; fetch its market data first", product=product.name)
            )
        mood, mean = market.mood(known.asks)
        demand = _score(known.number_of_bids)
        supply = _score(known.number_of_asks)
        action = {
            "bullish": "hold or raise",
            "bearish": "sell soon",
            "volatile": "reprice daily",
            "stable": "list at market",
        }
        return {
            "product_id": product_id,
            "current_market_price": known.price,
            "price_trend": mood,
            "price_change_percent": cents(mean * 100),
            "market_position": market.position(known.price, known),
            "competitor_count": known.number_of_asks,
            "demand_score": demand,
            "supply_score": supply,
            "recommended_action": action[mood],
            "data_age_days": known.age_days,
            "market": as_market(known),
            "own_sales": len(await self.stored.own_sales(product_id, datetime.now(UTC) - timedelta(days=90))),
        }

    async def evaluate(self, offers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Say of offers (code, supplier price with VAT, size) whether they are worth buying, net of everything."""
        found = []
        schedule, business = await self._home_schedule(), await self.catalogue.business()
        for offer in offers:
            code = next((offer[name] for name in ("sku", "ean") if offer.get(name)), "")
            product = await self.catalogue.product_by_code(code) if code else None
            size = sizes.parse(offer["size"]).value if offer.get("size") else ""
            row = await self.imagined(product, size) if product else None
            found.append(await self._evaluated(offer, row, schedule, business.vat_rate))
        return found

    async def _home_schedule(self) -> fees.Schedule:
        platform = await self.catalogue.platform(HOME)
        found = fees.choose(
            await self.catalogue.schedules(platform.id, "EUR"), datetime.now(UTC).date(), platform.seller_level
        )
        return found or fees.Schedule()

    async def _evaluated(
        self, offer: Mapping[str, Any], row: PairRow | None, schedule: fees.Schedule, rate: Decimal
    ) -> dict[str, Any]:
        price = offer["supplier_price"]
        known = (await open_desk(self.session, [row])).market(row, HOME) if row is not None else market.Market()
        answer = {"supplier_price": price, "market_price": known.price, "min_margin_threshold": THRESHOLD,
                  "sku": offer.get("sku"), "ean": offer.get("ean")}  # fmt: skip
        if known.price is None:
            why = "No market price is known for this product; nothing is bought blindly"
            return {**answer, "profitable": False, "should_import": False, "margin_percent": None,
                    "absolute_profit": None, "reason": why}  # fmt: skip
        buy = opportunities.Buy(price, ZERO, TaxScheme.STANDARD, rate)
        sell = known.price - known.price % 1
        judged = opportunities.judge(buy, sell, schedule, known, None, business_buyer=True, step=Decimal(1))
        margin = ratio_percent(judged.profit, sell)
        worth = margin is not None and margin >= THRESHOLD and judged.profit > 0
        why = (
            f"{judged.profit} € are left of {sell} € after fees, shipping and cost: {margin} %, "
            f"{'at least' if worth else 'below'} the {THRESHOLD} % asked for"
        )
        return {**answer, "profitable": worth, "should_import": worth, "margin_percent": margin,
                "absolute_profit": judged.profit, "break_even": judged.break_even, "reason": why}  # fmt: skip

    async def rules(self) -> Sequence[PriceRule]:
        """Return every price rule by priority."""
        return await self.stored.all_rules()

    async def keep_rule(
        self, actor: Principal, values: Mapping[str, Any], rule_id: uuid.UUID | None = None, version: int | None = None
    ) -> PriceRule:
        """Make a price rule, or change one (by its version)."""
        rows = BaseRepository(PriceRule, self.session)
        if rule_id is None:
            row = await rows.create(**values)
            audit.record(self.session, actor, "price_rule.create", "price_rule", row.id, after={"name": row.name})
            return row
        found = await rows.get_for_update(rule_id)
        if found is None:
            raise ResourceNotFoundException(phrase("Price rule %(rule_id)s not found", rule_id=rule_id))
        check_version(found, version)
        before = {name: str(getattr(found, name)) for name in values}
        row = await rows.update(found, **values)
        audit.record(
            self.session,
            actor,
            "price_rule.change",
            "price_rule",
            row.id,
            before,
            {k: str(v) for k, v in values.items()},
        )
        return row

    async def remove_rule(self, actor: Principal, rule_id: uuid.UUID) -> None:
        """Remove a price rule."""
        rows = BaseRepository(PriceRule, self.session)
        found = await rows.get_for_update(rule_id)
        if found is None:
            raise ResourceNotFoundException(phrase("Price rule %(rule_id)s not found", rule_id=rule_id))
        audit.record(self.session, actor, "price_rule.remove", "price_rule", rule_id, before={"name": found.name})
        await rows.delete(found)

    async def trends(self, days: int, limit: int, today: date) -> list[dict[str, Any]]:
        """Return how the market of unsold goods moved, the strongest first."""
        rows = await self.stored.pairs()
        by_product = {row.product_id: row for row in rows}
        desk = await open_desk(self.session, list(by_product.values()))
        found = []
        for row in by_product.values():
            history = [
                each for size in (row.size, "") for each in desk.markets.get((row.product_id, size), ())
                if each.platform_name == HOME and (today - each.price_date).days <= days and (each.last_sale or each.lowest_ask)
            ]  # fmt: skip
            if len(history) < 2:
                continue
            newest, oldest = (each.last_sale or each.lowest_ask for each in (history[0], history[-1]))
            change = ratio_percent(newest - oldest, oldest) or ZERO
            mood, _ = market.mood(desk.market(row, HOME).asks)
            found.append(
                {"product_id": row.product_id, "product_name": row.name, "brand": row.brand, "price_now": newest,
                 "price_then": oldest, "change_percent": change, "market_condition": mood,
                 "pieces": sum(each.quantity for each in rows if each.product_id == row.product_id)}
            )  # fmt: skip
        return sorted(found, key=lambda each: -abs(each["change_percent"]))[:limit]


def adjustment(known: market.Market, mood: str, age_days: int) -> tuple[Decimal, list[str]]:
    """Return by how many percent a smart price is moved, and why: age, liquidity, the market's direction."""
    shift, reasons = ZERO, []
    if age_days > 30:
        old = min(Decimal("0.1") * age_days, Decimal(5))
        shift -= old
        reasons.append(f"{age_days} days here: {old:f} % less")
    depth = (known.number_of_asks or 0) + (known.number_of_bids or 0)
    if depth > 100:
        shift += 2
        reasons.append("a busy market: 2 % more")
    elif 0 < depth < 10:
        shift -= 3
        reasons.append("a thin market: 3 % less")
    if mood in ("bullish", "bearish"):
        shift += 3 if mood == "bullish" else -4
        reasons.append("asks rise: 3 % more" if mood == "bullish" else "asks fall: 4 % less")
    return shift, reasons


def as_market(known: market.Market) -> dict[str, Any]:
    """Return a market for an answer."""
    names = ("lowest_ask", "highest_bid", "last_sale", "average", "number_of_asks", "number_of_bids", "age_days")
    return {name: cents(value) if isinstance(value := getattr(known, name), Decimal) else value for name in names}


def as_decision(found: Any) -> dict[str, Any]:
    """Return a decision for an answer."""
    options = [asdict(each) for each in found.options]
    best = options[0] if options else None
    return {"kind": best["kind"] if best else "hold", "sentence": found.sentence, "options": options}


def _score(count: int | None) -> Decimal | None:
    """Return a count of asks or bids as 0 to 1: 100 and more are 1."""
    return None if count is None else min(Decimal(1), Decimal(count) / 100)


async def desk_of_all(session: AsyncSession) -> tuple[Sequence[AnyRow], Desk]:
    """Return every unsold pair with a cost, and a desk for them."""
    rows = await PricingRepository(session).pairs()
    return rows, await open_desk(session, rows)
