"""Prices: rules, market prices, decisions, auto-listing and repricing runs."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Base, Money, Percent, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.brands import BRANDS
from shared.database.models.catalogue import PRODUCTS
from shared.database.models.core import PLATFORMS
from shared.database.models.inventory import ITEMS
from shared.database.words import Condition, DecisionKind, JobState


class PriceRule(Timestamped, Base):
    """A rule of the pricing engine; an empty scope means all. A lower priority goes first."""

    __tablename__ = "price_rules"
    __table_args__ = (
        Index("ix_price_rules_brand", "brand_id", "active"),
        Index("ix_price_rules_dates", "effective_from", "effective_until"),
        {"schema": "pricing"},
    )

    name: Mapped[Text100]
    rule_type: Mapped[Text50]
    priority: Mapped[int] = mapped_column(default=100, server_default="100")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    brand_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    category_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("core.categories.id", ondelete="CASCADE"), index=True
    )
    platform_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PLATFORMS, ondelete="CASCADE"), index=True)
    base_markup_percent: Mapped[Percent | None]
    minimum_margin_percent: Mapped[Percent | None]
    maximum_discount_percent: Mapped[Percent | None]
    condition_multipliers: Mapped[dict[str, Any] | None]
    seasonal_adjustments: Mapped[dict[str, Any] | None]
    effective_from: Mapped[date]
    effective_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class BrandMultiplier(Timestamped, Base):
    """What a brand's name is worth on top."""

    __tablename__ = "brand_multipliers"
    __table_args__ = (Index("ix_brand_multipliers_brand", "brand_id", "active"), {"schema": "pricing"})

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    multiplier_type: Mapped[Text50]
    multiplier_value: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    effective_from: Mapped[date]
    effective_until: Mapped[date | None]


class Price(Base):
    """A price once seen or asked (the documents call the model Price)."""

    __tablename__ = "price_history"
    __table_args__ = (
        Index("ix_price_history_product", "product_id", "price_type", text("price_date DESC")),
        {"schema": "pricing"},
    )

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    inventory_item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ITEMS, ondelete="SET NULL"), index=True)
    platform_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PLATFORMS, ondelete="SET NULL"), index=True)
    price_date: Mapped[datetime] = mapped_column(server_default=func.now())
    price_type: Mapped[Text20]
    price_amount: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    source: Mapped[Text50]
    confidence_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    details: Mapped[dict[str, Any] | None]


class MarketPrice(Base):
    """A day's market of a product in a size on a marketplace."""

    __tablename__ = "market_prices"
    __table_args__ = (
        Index(
            "uq_market_prices_day",
            "product_id",
            "platform_name",
            "size_value",
            "condition",
            "price_date",
            unique=True,
        ),
        Index("ix_market_prices_latest", "product_id", text("price_date DESC")),
        {"schema": "pricing"},
    )

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    platform_name: Mapped[Text50]
    size_value: Mapped[Text20] = mapped_column(default="", server_default="")
    condition: Mapped[Condition] = mapped_column(choice(Condition), default=Condition.NEW, server_default="new")
    price_date: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    lowest_ask: Mapped[Money | None]
    highest_bid: Mapped[Money | None]
    last_sale: Mapped[Money | None]
    average_price: Mapped[Money | None]
    sell_faster: Mapped[Money | None]
    earn_more: Mapped[Money | None]
    sales_volume: Mapped[int | None]
    number_of_asks: Mapped[int | None]
    number_of_bids: Mapped[int | None]
    data_quality_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    fetched_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceDecision(Base):
    """What to do with an item, in figures and in a sentence; the newest counts."""

    __tablename__ = "price_decisions"
    __table_args__ = (Index("ix_price_decisions_item", "item_id", text("decided_at DESC")), {"schema": "pricing"})

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"))
    platform_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PLATFORMS, ondelete="SET NULL"))
    kind: Mapped[DecisionKind] = mapped_column(choice(DecisionKind))
    price: Mapped[Money | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    expected_payout: Mapped[Money | None]
    expected_profit: Mapped[Money | None]
    expected_days: Mapped[Decimal | None] = mapped_column(Numeric(7, 1))
    profit_per_day: Mapped[Decimal | None] = mapped_column(Numeric(10, 4))
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    sentence: Mapped[str]
    options: Mapped[list[Any]] = mapped_column(default=list)
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PricingControl(Timestamped, Base):
    """The switches of everything that writes prices by itself: one row, `killed` stops all at once."""

    __tablename__ = "controls"
    __table_args__ = (CheckConstraint("singleton", name="one"), {"schema": "pricing"})

    singleton: Mapped[bool] = mapped_column(default=True, server_default="true", unique=True)
    killed: Mapped[bool] = mapped_column(default=False, server_default="false")
    killed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    killed_at: Mapped[datetime | None]
    kill_reason: Mapped[Text255] = mapped_column(default="", server_default="")
    repricing_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    listing_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    strategy: Mapped[Text50] = mapped_column(default="market_competitive", server_default="market_competitive")
    interval_hours: Mapped[int] = mapped_column(default=6, server_default="6")
    min_margin_percent: Mapped[Percent] = mapped_column(default=Decimal(15), server_default="15")
    max_step_percent: Mapped[Percent] = mapped_column(default=Decimal(10), server_default="10")
    max_day_percent: Mapped[Percent] = mapped_column(default=Decimal(15), server_default="15")
    dead_band: Mapped[Money] = mapped_column(default=Decimal(1), server_default="1")
    cool_down_hours: Mapped[int] = mapped_column(default=6, server_default="6")
    undercut: Mapped[Money] = mapped_column(default=Decimal(1), server_default="1")
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class AutoListingRule(Timestamped, Base):
    """When an item is listed by itself, and how."""

    __tablename__ = "auto_listing_rules"
    __table_args__ = ({"schema": "pricing"},)

    name: Mapped[Text100] = mapped_column(unique=True)
    priority: Mapped[int] = mapped_column(default=100, server_default="100")
    active: Mapped[bool] = mapped_column(default=False, server_default="false")
    conditions: Mapped[dict[str, Any]]
    actions: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class RepricingRun(Timestamped, Base):
    """One pass over the listings; a dry one changes nothing."""

    __tablename__ = "repricing_runs"
    __table_args__ = (Index("ix_repricing_runs_newest", text("created_at DESC")), {"schema": "pricing"})

    kind: Mapped[Text20] = mapped_column(default="reprice", server_default="reprice")
    dry_run: Mapped[bool] = mapped_column(default=True, server_default="true")
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.RUNNING, server_default="running")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    rolled_back_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RepricingLine(Base):
    """What a run thought of one item, and why it did or did not change it."""

    __tablename__ = "repricing_lines"
    __table_args__ = (UniqueConstraint("run_id", "item_id", "listing_id"), {"schema": "pricing"})

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("pricing.repricing_runs.id", ondelete="CASCADE"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"), index=True)
    listing_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("platforms.listings.id", ondelete="CASCADE"), index=True
    )
    old_price: Mapped[Money | None]
    new_price: Mapped[Money | None]
    floor_price: Mapped[Money | None]
    verdict: Mapped[Text20]
    reasons: Mapped[list[str]] = mapped_column(default=list)
