"""Where goods come from: suppliers, their history, accounts with them, purchases."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Money, Percent, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.catalogue import PRODUCTS
from shared.database.words import TaxScheme
from shared.security.fields import EncryptedText

SUPPLIERS = "core.suppliers.id"


class Supplier(Timestamped, Base):
    """A shop or person that sells to us."""

    __tablename__ = "suppliers"
    __table_args__ = (
        CheckConstraint("reliability_score BETWEEN 1 AND 10", name="reliability"),
        CheckConstraint("quality_score BETWEEN 1 AND 10", name="quality"),
        {"schema": "core"},
    )

    name: Mapped[Text255]
    slug: Mapped[Text100] = mapped_column(unique=True)
    display_name: Mapped[Text255 | None]
    supplier_type: Mapped[Text50] = mapped_column(default="retailer", server_default="retailer")
    supplier_category: Mapped[Text50 | None] = mapped_column(index=True)
    business_size: Mapped[Text50 | None]
    contact_person: Mapped[Text100 | None]
    email: Mapped[Text255 | None]
    default_email: Mapped[Text255 | None]
    phone: Mapped[Text50 | None]
    website: Mapped[Text255 | None]
    address_line1: Mapped[Text255 | None]
    address_line2: Mapped[Text255 | None]
    city: Mapped[Text100 | None]
    state_province: Mapped[Text100 | None]
    postal_code: Mapped[Text20 | None]
    country: Mapped[Text50] = mapped_column(default="Germany", server_default="Germany")
    tax_id: Mapped[Text50 | None]
    vat_number: Mapped[Text50 | None]
    vat_rate: Mapped[Percent] = mapped_column(default=Decimal(19), server_default="19")
    business_registration: Mapped[Text100 | None]
    return_policy: Mapped[str | None]
    return_policy_days: Mapped[int | None]
    return_conditions: Mapped[str | None]
    accepts_exchanges: Mapped[bool] = mapped_column(default=True, server_default="true")
    restocking_fee_percent: Mapped[Percent | None]
    payment_terms: Mapped[Text100 | None]
    credit_limit: Mapped[Money | None]
    discount_percent: Mapped[Percent | None]
    minimum_order_amount: Mapped[Money | None]
    rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    reliability_score: Mapped[int | None]
    quality_score: Mapped[int | None]
    status: Mapped[Text20] = mapped_column(default="active", server_default="active")
    preferred: Mapped[bool] = mapped_column(default=False, server_default="false")
    verified: Mapped[bool] = mapped_column(default=False, server_default="false")
    average_processing_days: Mapped[int | None]
    ships_internationally: Mapped[bool] = mapped_column(default=False, server_default="false")
    api_endpoint: Mapped[Text255 | None]
    api_key: Mapped[str | None] = mapped_column("api_key_encrypted", EncryptedText)
    founded_year: Mapped[int | None]
    founder_name: Mapped[Text255 | None]
    instagram_handle: Mapped[Text100 | None]
    closure_date: Mapped[date | None]
    closure_reason: Mapped[str | None]
    notes: Mapped[str | None]
    internal_notes: Mapped[str | None]
    tags: Mapped[list[str] | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class SupplierEvent(Timestamped, Base):
    """A date in a supplier's life."""

    __tablename__ = "supplier_history"
    __table_args__ = ({"schema": "core"},)

    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(SUPPLIERS, ondelete="CASCADE"), index=True)
    event_date: Mapped[date]
    event_type: Mapped[Text50]
    event_title: Mapped[Text255]
    event_description: Mapped[str | None]
    impact_level: Mapped[Text20] = mapped_column(default="medium", server_default="medium")
    source_url: Mapped[str | None]


class SupplierPerformance(Timestamped, Base):
    """A supplier's month, counted from purchases, deliveries and returns."""

    __tablename__ = "supplier_performance"
    __table_args__ = (UniqueConstraint("supplier_id", "month_year"), {"schema": "core"})

    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(SUPPLIERS, ondelete="CASCADE"))
    month_year: Mapped[date]
    total_orders: Mapped[int] = mapped_column(default=0, server_default="0")
    avg_delivery_time: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))
    return_rate: Mapped[Percent | None]
    avg_roi: Mapped[Percent | None]
    score: Mapped[int | None]


class SupplierAccount(Timestamped, Base):
    """A login at a supplier. Passwords and proxies are encrypted and never returned; of a card only what may be kept."""

    __tablename__ = "supplier_accounts"
    __table_args__ = (
        UniqueConstraint("supplier_id", "email"),
        CheckConstraint("payment_method_last4 ~ '^[0-9]{4}$'", name="last4"),
        {"schema": "core"},
    )

    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(SUPPLIERS, ondelete="CASCADE"))
    email: Mapped[Text255]
    password: Mapped[str | None] = mapped_column("password_encrypted", EncryptedText)
    proxy_config: Mapped[str | None] = mapped_column("proxy_config_encrypted", EncryptedText)
    first_name: Mapped[Text100 | None]
    last_name: Mapped[Text100 | None]
    address_line_1: Mapped[Text255 | None]
    address_line_2: Mapped[Text255 | None]
    city: Mapped[Text100 | None]
    country_code: Mapped[str | None] = mapped_column(String(3))
    zip_code: Mapped[Text20 | None]
    state_code: Mapped[Text20 | None]
    phone_number: Mapped[Text50 | None]
    payment_provider: Mapped[Text50 | None]
    payment_method_last4: Mapped[str | None] = mapped_column(String(4))
    payment_method_brand: Mapped[Text50 | None]
    expiry_month: Mapped[int | None]
    expiry_year: Mapped[int | None]
    browser_preference: Mapped[Text50 | None]
    list_name: Mapped[Text100 | None]
    account_status: Mapped[Text20] = mapped_column(default="active", server_default="active")
    is_verified: Mapped[bool] = mapped_column(default=False, server_default="false")
    last_used_at: Mapped[datetime | None]
    total_purchases: Mapped[int] = mapped_column(default=0, server_default="0")
    total_spent: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    success_rate: Mapped[Percent | None]
    average_order_value: Mapped[Money | None]
    notes: Mapped[str | None]
    supplier: Mapped[Supplier] = relationship(lazy="raise")


class AccountPurchase(Timestamped, Base):
    """One try to buy with an account."""

    __tablename__ = "account_purchase_history"
    __table_args__ = (Index("ix_account_purchases", "account_id", "purchase_date"), {"schema": "core"})

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("core.supplier_accounts.id", ondelete="CASCADE"))
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(SUPPLIERS, ondelete="CASCADE"), index=True)
    product_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PRODUCTS, ondelete="SET NULL"), index=True)
    order_reference: Mapped[Text100 | None]
    purchase_amount: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    purchase_date: Mapped[datetime]
    purchase_status: Mapped[Text20]
    success: Mapped[bool] = mapped_column(default=True, server_default="true")
    failure_reason: Mapped[Text255 | None]
    response_time_ms: Mapped[int | None]


class Purchase(Timestamped, Base):
    """A document by which goods came in: an order at a supplier, an invoice, a private sale."""

    __tablename__ = "purchases"
    __table_args__ = (Index("uq_purchases_number", "supplier_id", "number", unique=True), {"schema": "transactions"})

    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(SUPPLIERS, ondelete="SET NULL"))
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("core.supplier_accounts.id", ondelete="SET NULL"), index=True
    )
    number: Mapped[Text100]
    purchased_on: Mapped[date] = mapped_column(index=True)
    delivered_on: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    shipping_net: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    other_costs_net: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    vat_rate: Mapped[Percent] = mapped_column(default=Decimal(19), server_default="19")
    tax_scheme: Mapped[TaxScheme] = mapped_column(
        choice(TaxScheme), default=TaxScheme.STANDARD, server_default="standard"
    )
    evidence: Mapped[Text255 | None]
    notes: Mapped[str | None]


class PurchaseLine(Timestamped, Base):
    """Some pairs of one size on a purchase, at a price each."""

    __tablename__ = "purchase_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received_quantity <= quantity AND returned_quantity <= quantity", name="received"),
        {"schema": "transactions"},
    )

    purchase_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("transactions.purchases.id", ondelete="CASCADE"), index=True
    )
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="RESTRICT"), index=True)
    size_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("core.sizes.id", ondelete="RESTRICT"), index=True)
    quantity: Mapped[int] = mapped_column(default=1, server_default="1")
    received_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    returned_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    unit_gross: Mapped[Money]
    unit_net: Mapped[Money]
    unit_vat: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
