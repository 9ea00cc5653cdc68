"""Sales: one table for the orders of every marketplace, their fees, matches, returns, payouts; expenses."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Money, Percent, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.catalogue import PRODUCTS
from shared.database.models.core import PLATFORMS, Platform
from shared.database.models.inventory import ITEMS, InventoryItem
from shared.database.models.listings import LISTINGS
from shared.database.words import FeeKind, FeeSource, MatchState, OrderStatus, ReturnKind, TaxScheme

ORDERS = "transactions.orders.id"
BY_STATEMENT = {"kept": "by statement"}
"""A foreign key that triggers keep, once per statement (migration 0012): PostgreSQL's own looks once per row and column."""


class Transaction(Timestamped, Base):
    """An order of any marketplace (the documents call the model Transaction; `Order` is the same class).

    Amounts are in `currency`; `exchange_rate` is units of it per euro on the day of sale. What a pair cost and what is
    left after VAT is kept with the order once it is matched, so that a later change of the item moves no old figures.
    `consignor_share` (euros, with its VAT if there is any) is what the owner of a consigned pair gets of it.

    What an import tells fits into the row: `fee_source` says who told the four fees while they have no lines of their own,
    `payout_amount` is what a payout brought while it has no line of its own, and an imported order begins completed. The
    views `order_fees`, `payout_lines` and `order_status_history` show these with the stored lines; readers use the views.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("platform_id", "external_id"),
        CheckConstraint("gross_sale >= 0", name="gross_sale"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("ix_orders_newest", "sold_at", "id"),
        Index("ix_orders_status", "status", "sold_at", "id", postgresql_where=text("status <> 'completed'")),
        Index("ix_orders_match", "match_state", postgresql_where=text("match_state IN ('suggested', 'unmatched')")),
        Index("ix_orders_item", "inventory_item_id", postgresql_where=text("inventory_item_id IS NOT NULL")),
        Index("ix_orders_listing_id", "listing_id", postgresql_where=text("listing_id IS NOT NULL")),
        Index("ix_orders_payout_id", "payout_id", postgresql_where=text("payout_id IS NOT NULL")),
        CheckConstraint("stockx_order_number = external_id", name="stockx_number"),
        Index("ix_orders_product", "product_id", "sold_at"),
        Index("ix_orders_unpaid", "platform_id", postgresql_where=text("NOT payout_received")),
        {"schema": "transactions"},
    )

    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PLATFORMS, ondelete="RESTRICT", info=BY_STATEMENT))
    external_id: Mapped[str] = mapped_column(String(200))
    stockx_order_number: Mapped[Text100 | None]
    inventory_item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ITEMS, ondelete="RESTRICT"))
    listing_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(LISTINGS, ondelete="SET NULL"))
    product_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PRODUCTS, ondelete="SET NULL", info=BY_STATEMENT))
    size_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("core.sizes.id", ondelete="SET NULL", info=BY_STATEMENT)
    )
    import_batch_id: Mapped[uuid.UUID | None]
    """The import that made it. No foreign key: an import that made orders cannot be deleted, by a trigger (migration 0010)."""
    payout_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("transactions.payouts.id", ondelete="SET NULL"))

    status: Mapped[OrderStatus] = mapped_column(
        choice(OrderStatus), default=OrderStatus.CREATED, server_default="created"
    )
    platform_status: Mapped[Text50 | None]
    match_state: Mapped[MatchState] = mapped_column(
        choice(MatchState), default=MatchState.UNMATCHED, server_default="unmatched"
    )
    product_name: Mapped[Text255]
    sku: Mapped[Text100 | None]
    size_label: Mapped[Text20 | None]
    quantity: Mapped[int] = mapped_column(default=1, server_default="1")
    inventory_type: Mapped[Text20 | None]

    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    exchange_rate: Mapped[Decimal] = mapped_column(Numeric(14, 6), default=Decimal(1), server_default="1")
    gross_sale: Mapped[Money]
    platform_fee: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    payment_fee: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    shipping_cost: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    other_fees: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    fee_source: Mapped[FeeSource | None] = mapped_column(choice(FeeSource))
    net_proceeds: Mapped[Money]
    expected_payout: Mapped[Money | None]
    tax_scheme: Mapped[TaxScheme | None] = mapped_column(choice(TaxScheme))
    vat_due: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    cost_of_goods: Mapped[Money | None]
    gross_profit: Mapped[Money | None]
    net_profit: Mapped[Money | None]
    roi: Mapped[Percent | None]
    consignor_share: Mapped[Money | None]

    buyer_destination_country: Mapped[Text50 | None]
    buyer_destination_city: Mapped[Text100 | None]
    buyer_vat_number: Mapped[Text50 | None]
    invoice_number: Mapped[Text100 | None]
    tracking_number: Mapped[Text100 | None]
    shipping_label_url: Mapped[str | None] = mapped_column(String(512))
    ship_by: Mapped[datetime | None]
    sold_at: Mapped[datetime]
    shipped_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    payout_received: Mapped[bool] = mapped_column(default=False, server_default="false")
    payout_date: Mapped[datetime | None]
    payout_amount: Mapped[Money | None]
    platform_updated_at: Mapped[datetime | None]
    notes: Mapped[str | None]
    raw_data: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    platform: Mapped[Platform] = relationship(lazy="raise")
    item: Mapped[InventoryItem | None] = relationship(lazy="raise")


Order = Transaction


class OrderFee(Base):
    """A line between what the buyer paid and what arrived; `amount` is what it costs (positive) or gives (negative)."""

    __tablename__ = "order_fees_stored"
    __table_args__ = (Index("ix_order_fees_order", "order_id"), {"schema": "transactions"})

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ORDERS, ondelete="CASCADE"))
    kind: Mapped[FeeKind] = mapped_column(choice(FeeKind))
    source: Mapped[FeeSource] = mapped_column(choice(FeeSource))
    label: Mapped[Text100] = mapped_column(default="", server_default="")
    amount: Mapped[Money]
    percentage: Mapped[Percent | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")


class OrderStatusChange(Base):
    """One step of an order."""

    __tablename__ = "order_status_history_stored"
    __table_args__ = (Index("ix_order_status_history_order", "order_id", "at"), {"schema": "transactions"})

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ORDERS, ondelete="CASCADE"))
    from_status: Mapped[OrderStatus | None] = mapped_column(choice(OrderStatus, "from_status"))
    to_status: Mapped[OrderStatus] = mapped_column(choice(OrderStatus, "to_status"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    source: Mapped[Text50] = mapped_column(default="person", server_default="person")
    reason: Mapped[Text255] = mapped_column(default="", server_default="")


class MatchCandidate(Base):
    """A pair that could be the one sold: the review queue."""

    __tablename__ = "match_candidates"
    __table_args__ = (UniqueConstraint("order_id", "item_id"), {"schema": "transactions"})

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ORDERS, ondelete="CASCADE"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"), index=True)
    score: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    reasons: Mapped[list[str]] = mapped_column(default=list)
    refused: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrderDocument(Timestamped, Base):
    """A shipping label or an invoice; the file lies below the media folder under its digest."""

    __tablename__ = "order_documents"
    __table_args__ = (UniqueConstraint("order_id", "kind", "digest"), {"schema": "transactions"})

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ORDERS, ondelete="CASCADE"))
    kind: Mapped[Text50]
    external_id: Mapped[Text100 | None]
    digest: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[Text50]
    bytes: Mapped[int]


class OrderReturn(Timestamped, Base):
    """A sale that came back, or failed."""

    __tablename__ = "returns"
    __table_args__ = (Index("ix_returns_order", "order_id"), {"schema": "transactions"})

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ORDERS, ondelete="CASCADE"))
    kind: Mapped[ReturnKind] = mapped_column(choice(ReturnKind))
    reason: Mapped[Text255] = mapped_column(default="", server_default="")
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    received_at: Mapped[datetime | None]
    refund_amount: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    cost: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    outcome: Mapped[Text20 | None]
    closed_at: Mapped[datetime | None]


class Payout(Timestamped, Base):
    """Money that arrived from a marketplace, to be explained to the cent by its lines."""

    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("platform_id", "external_id"),
        Index("ix_payouts_paid", text("paid_at DESC"), text("id DESC")),
        {"schema": "transactions"},
    )

    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PLATFORMS, ondelete="RESTRICT"))
    external_id: Mapped[Text100]
    paid_at: Mapped[datetime]
    amount: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    difference: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    reconciled: Mapped[bool] = mapped_column(default=False, server_default="false")
    notes: Mapped[str | None]


class PayoutLine(Base):
    """A part of a payout; without an order while nobody knows which."""

    __tablename__ = "payout_lines_stored"
    __table_args__ = (
        Index("ix_payout_lines_payout", "payout_id"),
        Index("ix_payout_lines_order_id", "order_id"),
        {"schema": "transactions"},
    )

    payout_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transactions.payouts.id", ondelete="CASCADE"))
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ORDERS, ondelete="SET NULL"))
    kind: Mapped[Text50] = mapped_column(default="sale", server_default="sale")
    external_order_id: Mapped[str | None] = mapped_column(String(200))
    amount: Mapped[Money]
    expected: Mapped[Money | None]
    text: Mapped[Text255] = mapped_column(default="", server_default="")


class Expense(Timestamped, Base):
    """A cost that belongs to no item: packaging, subscriptions, mileage."""

    __tablename__ = "expenses"
    __table_args__ = (Index("ix_expenses_spent", "spent_on"), {"schema": "transactions"})

    spent_on: Mapped[date]
    category: Mapped[Text50]
    text: Mapped[Text255]
    net: Mapped[Money]
    vat: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    gross: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    supplier: Mapped[Text255 | None]
    evidence: Mapped[Text255 | None]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
