"""Listings: an item's projections onto marketplaces, each change an operation that is asked, polled and kept."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Money, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.core import PLATFORMS, Platform
from shared.database.models.inventory import ITEMS, InventoryItem
from shared.database.words import AtEnd, JobState, ListingStatus, OperationKind

LISTINGS = "platforms.listings.id"


class Listing(Timestamped, Base):
    """An offer on one marketplace; one item may have many, one live one per marketplace."""

    __tablename__ = "listings"
    __table_args__ = (
        Index("uq_listings_external", "platform_id", "external_id", unique=True),
        Index(
            "uq_listings_live",
            "item_id",
            "platform_id",
            unique=True,
            postgresql_where=text("status IN ('draft', 'pending', 'active', 'inactive')"),
        ),
        CheckConstraint("ask_price > 0", name="ask_price"),
        CheckConstraint("ends_after_days BETWEEN 1 AND 365", name="ends_after_days"),
        Index("ix_listings_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
        {"schema": "platforms"},
    )

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"))
    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PLATFORMS, ondelete="RESTRICT"))
    external_id: Mapped[Text100 | None]
    external_variant_id: Mapped[Text100 | None]
    external_product_id: Mapped[Text100 | None]
    status: Mapped[ListingStatus] = mapped_column(
        choice(ListingStatus), default=ListingStatus.DRAFT, server_default="draft"
    )
    platform_status: Mapped[Text50 | None]
    inventory_type: Mapped[Text20] = mapped_column(default="STANDARD", server_default="STANDARD")
    ask_price: Mapped[Money | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    expires_at: Mapped[datetime | None]
    ends_after_days: Mapped[int | None]
    at_end: Mapped[AtEnd | None] = mapped_column(choice(AtEnd, "at_end"))
    rule: Mapped[Text100 | None]
    listed_at: Mapped[datetime | None]
    delisted_at: Mapped[datetime | None]
    last_repriced_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    created_from: Mapped[Text50] = mapped_column(default="manual", server_default="manual")
    raw_data: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    item: Mapped[InventoryItem] = relationship(lazy="raise")
    platform: Mapped[Platform] = relationship(lazy="raise")


class ListingOperation(Timestamped, Base):
    """A change asked of a marketplace. The visible queue: delisting elsewhere after a sale stands here too.

    `request_key` makes asking twice the same change one row. `next_at` is when it is sent or polled next.
    """

    __tablename__ = "listing_operations"
    __table_args__ = (
        Index("ix_listing_operations_due", "next_at", postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_listing_operations_listing", "listing_id", text("created_at DESC")),
        {"schema": "platforms"},
    )

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LISTINGS, ondelete="CASCADE"))
    kind: Mapped[OperationKind] = mapped_column(choice(OperationKind))
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED, server_default="queued")
    request_key: Mapped[Text100] = mapped_column(unique=True)
    external_operation_id: Mapped[Text100 | None]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[Text255] = mapped_column(default="", server_default="")
    error: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime | None]
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    finished_at: Mapped[datetime | None]
    listing: Mapped[Listing] = relationship(lazy="raise")


class ListingPriceChange(Base):
    """Every price a listing has had, why, and what a rollback would put back."""

    __tablename__ = "pricing_history"
    __table_args__ = (Index("ix_pricing_history_listing", "listing_id", "at"), {"schema": "platforms"})

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LISTINGS, ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    old_price: Mapped[Money | None]
    new_price: Mapped[Money]
    change_reason: Mapped[Text255]
    market_lowest_ask: Mapped[Money | None]
    market_highest_bid: Mapped[Money | None]
    run_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("pricing.repricing_runs.id", ondelete="SET NULL"), index=True
    )
    rollback_of_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("platforms.pricing_history.id", ondelete="SET NULL")
    )
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))


class PresaleMarking(Timestamped, Base):
    """A marketplace listing whose pair is not here yet."""

    __tablename__ = "stockx_presale_markings"
    __table_args__ = ({"schema": "platforms"},)

    stockx_listing_id: Mapped[Text100] = mapped_column(unique=True)
    product_name: Mapped[Text255 | None]
    size: Mapped[Text20 | None]
    is_presale: Mapped[bool] = mapped_column(default=True, server_default="true")
    marked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    unmarked_at: Mapped[datetime | None]


class MarketplaceData(Timestamped, Base):
    """What the market around one item looks like now, per marketplace."""

    __tablename__ = "marketplace_data"
    __table_args__ = (
        Index("uq_marketplace_data_item", "inventory_item_id", "platform_id", unique=True),
        CheckConstraint("volatility BETWEEN 0 AND 1", name="volatility"),
        CheckConstraint("fees_percentage BETWEEN 0 AND 1", name="fees"),
        {"schema": "analytics"},
    )

    inventory_item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"))
    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PLATFORMS, ondelete="RESTRICT"))
    marketplace_listing_id: Mapped[Text100 | None]
    ask_price: Mapped[Money | None]
    bid_price: Mapped[Money | None]
    market_lowest_ask: Mapped[Money | None]
    market_highest_bid: Mapped[Money | None]
    last_sale_price: Mapped[Money | None]
    sales_frequency: Mapped[int | None]
    volatility: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    fees_percentage: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    platform_specific: Mapped[dict[str, Any] | None]
