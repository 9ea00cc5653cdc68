"""What pricing knows of pairs: their terms on each marketplace, its market, the rules that fit; read for many at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.pricing_repository import PricingRepository
from shared.database.models import BusinessProfile, Platform, PriceRule, PricingControl
from shared.database.words import TaxScheme
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.markets import as_market
from shared.repositories.rows import AnyRow
from shared.repositories.selling_pace import selling_pace
from shared.rules import decisions, fees, pricing, proceeds, vat
from shared.rules.market import Market
from shared.rules.money import ZERO, ratio_percent
from shared.rules.survival import Pace, Paces

MARKET_DAYS, EARNED_DAYS = 90, 180
HOME = "stockx"
WHOLE = frozenset({"stockx"})
"""Marketplaces that take whole amounts only."""


NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Imagined:
    """A pair nobody has yet, with the fields of a row of `PAIR` that pricing looks at."""

    product_id: uuid.UUID
    name: str
    brand_id: uuid.UUID | None
    category_id: uuid.UUID
    size: str
    purchase_price: Decimal
    since: date
    id: uuid.UUID = NOBODY
    condition: str = "new"
    gross_purchase_price: Decimal | None = None
    landed_costs: Decimal = ZERO
    tax_scheme: TaxScheme = TaxScheme.STANDARD
    list_price: Decimal | None = None
    floor_price: Decimal | None = None
    ceiling_price: Decimal | None = None
    currency: str = "EUR"


PairRow: TypeAlias = AnyRow | Imagined


@dataclass
class Desk:
    """Everything needed to price the pairs it was opened for; nothing is asked of the database afterwards."""

    today: date
    business: BusinessProfile
    control: PricingControl
    platforms: dict[str, Platform]
    schedules: dict[str, fees.Schedule]
    markets: dict[tuple[uuid.UUID, str], list[AnyRow]]
    paces: Paces
    rules: Sequence[PriceRule]
    brand_factors: dict[uuid.UUID, Decimal]
    patience: decisions.Patience
    listings: dict[uuid.UUID, list[AnyRow]] = field(default_factory=dict)

    def cost(self, row: PairRow) -> Decimal:
        """Return what a pair cost, landed."""
        return vat.purchase_cost(row.tax_scheme, row.purchase_price, row.gross_purchase_price) + row.landed_costs

    def terms(self, row: PairRow, slug: str) -> proceeds.Terms:
        """Return a pair's terms on a marketplace."""
        return proceeds.Terms(
            self.schedules.get(slug, fees.Schedule()),
            row.tax_scheme,
            self.cost(row),
            (row.gross_purchase_price or row.purchase_price) + row.landed_costs,
            self.business.vat_rate,
            slug in vat.BUSINESS_BUYERS,
            Decimal(1) if slug in WHOLE else Decimal("0.01"),
        )

    def market(self, row: PairRow, slug: str) -> Market:
        """Return a pair's market on a marketplace: of its own size, else of the model."""
        for size in (row.size, ""):
            found = as_market(self.markets.get((row.product_id, size), ()), slug, self.today)
            if found is not None:
                return found
        return Market()

    def pace(self, row: PairRow) -> Pace | None:
        """Return how long a pair will still take by what such pairs took here; None when too few were sold."""
        return self.paces.pace(row.product_id, row.brand_id, row.size, max(0, (self.today - row.since).days))

    def days(self, row: PairRow) -> float | None:
        """Return the days of `pace`."""
        found = self.pace(row)
        return found.days if found else None

    def rule(self, row: PairRow, slug: str) -> pricing.Rule:
        """Return the rules that fit a pair on a marketplace, put together."""
        platform = self.platforms.get(slug)
        fitting = [
            each
            for each in self.rules
            if each.brand_id in (None, row.brand_id)
            and each.category_id in (None, row.category_id)
            and each.platform_id in (None, platform.id if platform else None)
        ]
        return pricing.combine([as_rule(each) for each in fitting])

    def floor(self, row: PairRow, slug: str, margin_percent: Decimal | None = None) -> Decimal | None:
        """Return the lowest price worth asking: nothing is lost, the margin is kept, and the pair's own floor holds."""
        margin = self.control.min_margin_percent if margin_percent is None else margin_percent
        found = proceeds.floor(self.terms(row, slug), ZERO, margin)
        return found if found is None or row.floor_price is None else max(found, row.floor_price)

    def recommend(
        self, row: PairRow, slug: str = HOME, strategies: Sequence[str] = ("dynamic", *pricing.USUAL),
        target_margin: Decimal | None = None, condition: str | None = None,
    ) -> pricing.Recommendation:  # fmt: skip
        """Price a pair on a marketplace; the floor without a margin has the last word."""
        terms = self.terms(row, slug)
        others = [each.price for name in self.venues_of(row) if name != slug and (each := self.market(row, name)).price]
        pair = pricing.Pair(
            terms.cost, condition or row.condition, self.today.month,
            self.brand_factors.get(row.brand_id or NOBODY, Decimal(1)), target_margin, [each for each in others if each],
        )  # fmt: skip
        return pricing.recommend(
            pair, self.market(row, slug), self.rule(row, slug), self.floor(row, slug, ZERO), row.ceiling_price,
            terms.step, strategies,
        )  # fmt: skip

    def venues_of(self, row: PairRow) -> list[str]:
        """Return the marketplaces whose market for a pair is known."""
        known = {each.platform_name for size in (row.size, "") for each in self.markets.get((row.product_id, size), ())}
        return sorted(known & set(self.platforms))

    def decide(self, row: PairRow) -> decisions.Decision:
        """Decide what to do with a pair, over every marketplace whose market is known."""
        venues = [
            decisions.Venue(
                self.platforms[slug].name, self.terms(row, slug), self.market(row, slug),
                self.recommend(row, slug).price, self.floor(row, slug, ZERO),
            )
            for slug in self.venues_of(row)
        ]  # fmt: skip
        return decisions.decide(venues, self.pace(row), self.patience, (self.today - row.since).days, row.currency)

    def listed(self, row: PairRow) -> Decimal | None:
        """Return what a pair asks now: its live listing's price, else its list price."""
        live = next((each for each in self.listings.get(row.id, ()) if each.slug == HOME), None)
        return live.ask_price if live is not None else row.list_price


def as_rule(row: PriceRule) -> pricing.Rule:
    """Return a stored rule as the engine takes it; a factor that is no number does not count."""
    conditions = {name: number for name, told in (row.condition_multipliers or {}).items() if (number := _number(told))}
    seasons = {
        int(month): number
        for month, told in (row.seasonal_adjustments or {}).items()
        if month.isascii() and month.isdigit() and (number := _number(told))
    }
    return pricing.Rule(
        row.base_markup_percent, row.minimum_margin_percent or ZERO, row.maximum_discount_percent, conditions, seasons,
        [row.name],
    )  # fmt: skip


def _number(told: Any) -> Decimal | None:
    try:
        found = Decimal(str(told))
    except ArithmeticError:
        return None
    return found if found.is_finite() and 0 < found < 10 else None


async def open_desk(session: AsyncSession, rows: Sequence[PairRow]) -> Desk:
    """Read what is needed to price some pairs, in about ten queries however many they are."""
    stored, catalogue = PricingRepository(session), CatalogueLookup(session)
    now = datetime.now(UTC)
    today = now.date()
    platforms = {each.slug: each for each in await catalogue.platforms()}
    schedules = {}
    for slug, platform in platforms.items():
        found = fees.choose(await catalogue.schedules(platform.id, "EUR"), today, platform.seller_level)
        if found is not None:
            schedules[slug] = found
    products = [row.product_id for row in rows]
    business = await catalogue.business()
    return Desk(
        today, business, await stored.control(), platforms, schedules,
        await stored.markets(products, today - timedelta(days=MARKET_DAYS)), await selling_pace(session, products, today),
        await stored.rules(today), await stored.brand_factors(today), await _patience(stored, business, now),
        await stored.listings_of([row.id for row in rows]),
    )  # fmt: skip


async def _patience(stored: PricingRepository, business: BusinessProfile, now: datetime) -> decisions.Patience:
    """Money waits at the price of capital, or of what it earned here lately where that is more."""
    profit, euro_days = await stored.earned(now - timedelta(days=EARNED_DAYS))
    capital = business.capital_cost_percent / 100 / 365
    own = (profit / euro_days) if profit and euro_days and profit > 0 else ZERO
    return decisions.Patience(min(max(capital, own), Decimal("0.01")), business.storage_cost_per_month / 30)


def margin_of(price: Decimal, terms: proceeds.Terms) -> Decimal | None:
    """Return the margin of a price after everything, in percent of it."""
    return ratio_percent(proceeds.proceeds(price, terms).profit, price)
