"""Queries behind prices: pairs with their markets, rules, decisions, runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, and_, cast, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    AutoListingRule,
    Brand,
    BrandMultiplier,
    Category,
    InventoryItem,
    Listing,
    ListingOperation,
    ListingPriceChange,
    MarketPrice,
    Order,
    Platform,
    PriceDecision,
    PriceRule,
    PricingControl,
    Product,
    RepricingLine,
    RepricingRun,
    Size,
)
from shared.database.words import JobState, ListingStatus, OperationKind
from shared.repositories.base_repository import HELD
from shared.repositories.figures import ENDED
from shared.repositories.markets import SINCE, MarketLookup
from shared.repositories.rows import AnyRow, AnySelect
from shared.rules import stock

I = InventoryItem  # noqa: E741 -- the columns below are read faster so
PAIR = (
    "id", "number", "product_id", "name", "sku", "brand_id", "brand", "category_id", "category", "size", "size_region",
    "status", "condition", "quantity", "purchase_price", "gross_purchase_price", "landed_costs", "tax_scheme",
    "list_price", "floor_price", "ceiling_price", "currency", "since", "version",
)  # fmt: skip
DECIDED = and_(
    PriceDecision.item_id == I.id, I.status.in_(stock.UNSOLD), I.archived_at.is_(None), I.consignor_id.is_(None)
)
"""Which decisions still count: of unsold pairs of ours."""


class PricingRepository:
    """Everything pricing reads and writes, within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def pairs(self, *conditions: Any, limit: int = 10_000) -> Sequence[AnyRow]:
        """Return unsold pairs of ours with a cost (rows of `PAIR`), the oldest first."""
        statement: AnySelect = (
            select(
                I.id, I.number, I.product_id, Product.name, Product.sku, Product.brand_id, Brand.name.label("brand"),
                Product.category_id, Category.slug.label("category"), Size.value.label("size"),
                Size.region.label("size_region"), I.status, I.condition, I.quantity, I.purchase_price,
                I.gross_purchase_price, I.landed_costs, I.tax_scheme, I.list_price, I.floor_price, I.ceiling_price,
                I.currency, SINCE.label("since"), I.version,
            )
            .join(Product, Product.id == I.product_id)
            .join(Category, Category.id == Product.category_id)
            .join(Size, Size.id == I.size_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .where(
                I.archived_at.is_(None), I.status.in_(stock.UNSOLD), I.quantity > I.reserved_quantity,
                I.purchase_price.is_not(None), *conditions,
            )
            .order_by(SINCE, I.number)
            .limit(limit)
        )  # fmt: skip
        return (await self.session.execute(statement)).all()

    async def pair(self, item_id: uuid.UUID) -> AnyRow | None:
        """Return one unsold pair."""
        return next(iter(await self.pairs(I.id == item_id)), None)

    async def markets(self, product_ids: Sequence[uuid.UUID], since: date) -> dict[tuple[uuid.UUID, str], list[AnyRow]]:
        """Return the market prices of products since a day by (product, size), newest first; size "" is any."""
        return await MarketLookup(self.session).markets(product_ids, since)

    async def earned(self, since: datetime) -> tuple[Decimal | None, Decimal | None]:
        """Return profit and euro-days (cost times days held) of the sales since a moment."""
        arrived = func.greatest(cast(Order.sold_at, Date) - SINCE, 1)
        statement: AnySelect = (
            select(func.sum(Order.net_profit), func.sum(Order.cost_of_goods * arrived))
            .join(I, I.id == Order.inventory_item_id)
            .where(Order.sold_at >= since, Order.status.not_in(ENDED))
        )
        profit, euro_days = (await self.session.execute(statement)).one()
        return profit, euro_days

    async def rules(self, day: date) -> Sequence[PriceRule]:
        """Return the active rules of a day, the most important first."""
        return (
            await self.session.scalars(
                select(PriceRule)
                .where(
                    PriceRule.active,
                    PriceRule.effective_from <= day,
                    or_(PriceRule.effective_until.is_(None), PriceRule.effective_until > day),
                )
                .order_by(PriceRule.priority, PriceRule.created_at)
            )
        ).all()

    async def all_rules(self) -> Sequence[PriceRule]:
        """Return every rule."""
        return (await self.session.scalars(select(PriceRule).order_by(PriceRule.priority, PriceRule.name))).all()

    async def brand_factors(self, day: date) -> dict[uuid.UUID, Decimal]:
        """Return what brands count on a day: their multipliers, multiplied."""
        statement = select(BrandMultiplier).where(
            BrandMultiplier.active,
            BrandMultiplier.effective_from <= day,
            or_(BrandMultiplier.effective_until.is_(None), BrandMultiplier.effective_until > day),
        )
        found: dict[uuid.UUID, Decimal] = {}
        for row in (await self.session.scalars(statement)).all():
            found[row.brand_id] = found.get(row.brand_id, Decimal(1)) * row.multiplier_value
        return found

    async def control(self, *, held: bool = False) -> PricingControl:
        """Return the switches; held for a change if asked."""
        statement = select(PricingControl)
        if held:
            statement = statement.with_for_update(key_share=True)
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).one()

    async def live_listings(self, limit: int) -> Sequence[AnyRow]:
        """Return live listings with their marketplace; runs follow one another, as each holds the switches."""
        statement: AnySelect = (
            select(Listing, Platform.slug, Platform.name)
            .join(Platform, Platform.id == Listing.platform_id)
            .where(Listing.status.in_((ListingStatus.ACTIVE, ListingStatus.DRAFT)), Listing.ask_price.is_not(None))
            .order_by(Listing.last_repriced_at.asc().nulls_first(), Listing.id)
            .limit(limit)
        )
        return (await self.session.execute(statement)).all()

    async def listings_of(self, item_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[AnyRow]]:
        """Return the live listings of items: marketplace and ask."""
        statement: AnySelect = (
            select(Listing.item_id, Listing.id, Platform.slug, Listing.ask_price, Listing.status)
            .join(Platform, Platform.id == Listing.platform_id)
            .where(
                Listing.item_id.in_(set(item_ids)),
                Listing.status.in_((ListingStatus.ACTIVE, ListingStatus.DRAFT, ListingStatus.PENDING)),
            )
        )
        found: dict[uuid.UUID, list[AnyRow]] = {}
        for row in (await self.session.execute(statement)).all():
            found.setdefault(row.item_id, []).append(row)
        return found

    async def day_prices(self, listing_ids: Sequence[uuid.UUID], since: datetime) -> dict[uuid.UUID, Decimal]:
        """Return what listings asked at a moment, for those whose price was changed after it."""
        statement = (
            select(ListingPriceChange.listing_id, ListingPriceChange.old_price)
            .ext(distinct_on(ListingPriceChange.listing_id))
            .where(
                ListingPriceChange.listing_id.in_(listing_ids),
                ListingPriceChange.at >= since,
                ListingPriceChange.old_price.is_not(None),
            )
            .order_by(ListingPriceChange.listing_id, ListingPriceChange.at)
        )
        return {key: price for key, price in (await self.session.execute(statement)).all() if price is not None}

    async def listing_held(self, listing_id: uuid.UUID) -> Listing | None:
        """Return a listing, held for a change."""
        return await self.session.get(Listing, listing_id, with_for_update=HELD, populate_existing=True)

    async def items_held(self, item_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, InventoryItem]:
        """Return items, held for a change in the order everybody holds several."""
        statement = select(I).where(I.id.in_(set(item_ids))).order_by(I.id).with_for_update(key_share=True)
        found = await self.session.scalars(statement.execution_options(populate_existing=True))
        return {row.id: row for row in found}

    async def item(self, item_id: uuid.UUID) -> InventoryItem | None:
        """Return an item."""
        return await self.session.get(InventoryItem, item_id)

    async def run(self, run_id: uuid.UUID, *, held: bool = False) -> RepricingRun | None:
        """Return a run."""
        return await self.session.get(
            RepricingRun, run_id, with_for_update=HELD if held else None, populate_existing=held
        )

    async def runs(self, skip: int, limit: int) -> Sequence[RepricingRun]:
        """Return runs, newest first."""
        statement = select(RepricingRun).order_by(RepricingRun.created_at.desc(), RepricingRun.id)
        return (await self.session.scalars(statement.offset(skip).limit(limit))).all()

    async def run_count(self) -> int:
        """Return how many runs there are."""
        return await self.session.scalar(select(func.count()).select_from(RepricingRun)) or 0

    async def lines(self, run_id: uuid.UUID, verdicts: Sequence[str] = ()) -> Sequence[AnyRow]:
        """Return what a run thought of each item, with the item's number and name; changes first."""
        statement: AnySelect = (
            select(RepricingLine, I.number, Product.name, Size.value)
            .join(I, I.id == RepricingLine.item_id)
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .where(RepricingLine.run_id == run_id)
            .order_by(RepricingLine.verdict, I.number)
        )
        if verdicts:
            statement = statement.where(RepricingLine.verdict.in_(verdicts))
        return (await self.session.execute(statement)).all()

    async def listings_since(self, item_id: uuid.UUID, since: datetime) -> Sequence[Listing]:
        """Return an item's live listings made since a moment."""
        live = (ListingStatus.ACTIVE, ListingStatus.DRAFT, ListingStatus.PENDING, ListingStatus.INACTIVE)
        statement = select(Listing).where(
            Listing.item_id == item_id, Listing.created_at >= since, Listing.status.in_(live)
        )
        return (await self.session.scalars(statement)).all()

    async def had_their_days(self, item_ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, str]]:
        """Return which pairs a rule has listed whose listing came to its end: no rule lists a pair a second time then."""
        statement = select(Listing.item_id, Listing.rule).where(
            Listing.item_id.in_(item_ids), Listing.rule.is_not(None), Listing.delisted_at >= Listing.expires_at
        )
        return {(item_id, rule) for item_id, rule in await self.session.execute(statement) if rule}

    async def forget_decisions(self, before: datetime) -> None:
        """Remove decisions older than a moment."""
        await self.session.execute(delete(PriceDecision).where(PriceDecision.decided_at < before))

    async def add_decisions(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store decisions, many at once."""
        if rows:
            await self.session.execute(insert(PriceDecision), rows)

    async def decided(self, kind: str | None, skip: int, limit: int) -> tuple[Sequence[AnyRow], dict[str, int]]:
        """Return the newest decision of each unsold item with its item, the most valuable first, and how many of each kind."""
        newest = (
            select(PriceDecision.id)
            .ext(distinct_on(PriceDecision.item_id))
            .order_by(PriceDecision.item_id, PriceDecision.decided_at.desc())
            .subquery()
        )
        base: AnySelect = (
            select(PriceDecision, I.number, Product.name, Size.value, I.list_price, I.status, Platform.slug)
            .join(newest, newest.c.id == PriceDecision.id)
            .join(I, DECIDED)
            .join(Product, Product.id == I.product_id)
            .join(Size, Size.id == I.size_id)
            .outerjoin(Platform, Platform.id == PriceDecision.platform_id)
        )
        counted = select(PriceDecision.kind, func.count()).join(newest, newest.c.id == PriceDecision.id).join(
            I, DECIDED
        )  # fmt: skip
        counts = {word.value: n for word, n in (await self.session.execute(counted.group_by(PriceDecision.kind))).all()}
        if kind is not None:
            base = base.where(PriceDecision.kind == kind)
        order = (PriceDecision.expected_profit.desc().nulls_last(), I.number)
        return (await self.session.execute(base.order_by(*order).offset(skip).limit(limit))).all(), counts

    async def decisions_by_id(self, ids: Sequence[uuid.UUID]) -> Sequence[PriceDecision]:
        """Return some decisions."""
        return (await self.session.scalars(select(PriceDecision).where(PriceDecision.id.in_(ids)))).all()

    async def stop_waiting(self) -> int:
        """Stop the price changes by runs that were not sent yet; return how many there were."""
        return await self._stop(ListingOperation.changes.has_key("run_id"), "automatic prices were stopped")

    async def forget_waiting(self, run_id: uuid.UUID) -> int:
        """Stop what a run asked for and nobody sent yet; return how many there were."""
        return await self._stop(ListingOperation.changes["run_id"].astext == str(run_id), "its run was rolled back")

    async def _stop(self, condition: Any, why: str) -> int:
        found = await self.session.execute(
            update(ListingOperation)
            .where(ListingOperation.state == JobState.QUEUED, ListingOperation.kind == OperationKind.UPDATE, condition)
            .values(state=JobState.STOPPED, error=why, finished_at=func.clock_timestamp())
            .returning(ListingOperation.id)
        )
        return len(found.all())

    async def history(self, listing_id: uuid.UUID | None, limit: int) -> Sequence[ListingPriceChange]:
        """Return price changes, newest first."""
        statement = select(ListingPriceChange).order_by(ListingPriceChange.at.desc()).limit(limit)
        if listing_id is not None:
            statement = statement.where(ListingPriceChange.listing_id == listing_id)
        return (await self.session.scalars(statement)).all()

    async def latest_decisions(self, item_ids: Sequence[uuid.UUID] | None = None) -> Sequence[PriceDecision]:
        """Return the newest decision of each unsold item."""
        statement = (
            select(PriceDecision)
            .ext(distinct_on(PriceDecision.item_id))
            .join(I, DECIDED)
            .order_by(PriceDecision.item_id, PriceDecision.decided_at.desc())
        )
        if item_ids is not None:
            statement = statement.where(PriceDecision.item_id.in_(item_ids))
        return (await self.session.scalars(statement)).all()

    async def listing_rules(self, *, active: bool = False) -> Sequence[AutoListingRule]:
        """Return the auto-listing rules by priority."""
        statement = select(AutoListingRule).order_by(AutoListingRule.priority, AutoListingRule.name)
        return (await self.session.scalars(statement.where(AutoListingRule.active) if active else statement)).all()

    async def platform(self, slug: str) -> Platform | None:
        """Return a marketplace."""
        return (await self.session.scalars(select(Platform).where(Platform.slug == slug))).one_or_none()

    async def usual_cost(self, product_id: uuid.UUID, since: date) -> Decimal | None:
        """Return what a pair of a product cost last, else 65 % of what it sold for lately; None when nothing is known."""
        bought = (
            select(I.purchase_price)
            .where(I.product_id == product_id, I.purchase_price.is_not(None))
            .order_by(SINCE.desc())
            .limit(1)
        )
        if (found := await self.session.scalar(bought)) is not None:
            return found
        sold = func.avg(func.coalesce(MarketPrice.last_sale, MarketPrice.average_price, MarketPrice.lowest_ask))
        mean = await self.session.scalar(
            select(sold).where(MarketPrice.product_id == product_id, MarketPrice.price_date >= since)
        )
        return None if mean is None else round(mean * Decimal("0.65"), 2)

    async def to_fetch(self, product_id: uuid.UUID | None) -> Sequence[Product]:
        """Return the products of unsold pairs (or one), those whose market was seen longest ago first."""
        statement = select(Product).where(Product.merged_into_id.is_(None))
        if product_id is not None:
            statement = statement.where(Product.id == product_id)
        else:
            unsold = select(I.product_id).where(I.status.in_(stock.UNSOLD), I.archived_at.is_(None))
            statement = statement.where(Product.id.in_(unsold))
        seen = (
            select(func.max(MarketPrice.fetched_at))
            .where(MarketPrice.product_id == Product.id)
            .correlate(Product)
            .scalar_subquery()
        )
        return (await self.session.scalars(statement.order_by(seen.asc().nulls_first(), Product.sku))).all()

    async def keep_market(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store a day's market by size; the day's later look replaces the earlier one."""
        if not rows:
            return
        told = upsert(MarketPrice).values([{"id": uuid.uuid4(), **row} for row in rows])
        names = ("lowest_ask", "highest_bid", "sell_faster", "earn_more", "currency")
        await self.session.execute(
            told.on_conflict_do_update(
                index_elements=["product_id", "platform_name", "size_value", "condition", "price_date"],
                set_={**{name: told.excluded[name] for name in names}, "fetched_at": func.clock_timestamp()},
            )
        )

    async def remember_market(
        self, product_id: uuid.UUID, stockx_id: str, ask: Decimal | None, bid: Decimal | None
    ) -> None:
        """Write a product's StockX id and the best prices of all its sizes."""
        await self.session.execute(
            update(Product)
            .where(Product.id == product_id)
            .values(stockx_product_id=stockx_id, lowest_ask=ask, highest_bid=bid)
        )

    async def own_sales(self, product_id: uuid.UUID, since: datetime) -> Sequence[AnyRow]:
        """Return a product's own sales: day, price."""
        statement: AnySelect = (
            select(Order.sold_at, Order.gross_sale / Order.exchange_rate)
            .where(Order.product_id == product_id, Order.sold_at >= since, Order.status.not_in(ENDED))
            .order_by(Order.sold_at)
        )
        return (await self.session.execute(statement)).all()
