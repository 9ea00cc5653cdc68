"""The outside world: imports, tokens and budgets of StockX, price feeds, webhooks out."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Cents, Money, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.catalogue import PRODUCTS
from shared.database.models.suppliers import SUPPLIERS
from shared.database.words import Condition, ImportStatus, JobState, PriceSourceType, PriceType, RowVerdict
from shared.security.fields import EncryptedText


class ImportBatch(Timestamped, Base):
    """An import session: uploaded, looked through, applied once. `status` is the documented verdict, `state` the job's."""

    __tablename__ = "import_batches"
    __table_args__ = (
        Index("ix_import_batches_newest", text("created_at DESC"), text("id DESC")),
        {"schema": "integration"},
    )

    source_type: Mapped[Text50]
    source_file: Mapped[Text255 | None]
    digest: Mapped[str | None] = mapped_column(String(64), index=True)
    profile: Mapped[Text50 | None]
    status: Mapped[ImportStatus] = mapped_column(
        choice(ImportStatus), default=ImportStatus.PENDING, server_default="pending"
    )
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED, server_default="queued")
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("core.jobs.id", ondelete="SET NULL"), index=True)
    uploaded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"), index=True)
    validate_only: Mapped[bool] = mapped_column(default=False, server_default="false")
    batch_size: Mapped[int] = mapped_column(default=1000, server_default="1000")
    total_records: Mapped[int] = mapped_column(default=0, server_default="0")
    processed_records: Mapped[int] = mapped_column(default=0, server_default="0")
    error_records: Mapped[int] = mapped_column(default=0, server_default="0")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    header: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    applied_until: Mapped[int] = mapped_column(default=0, server_default="0")
    preview_token: Mapped[uuid.UUID | None]
    retry_count: Mapped[int] = mapped_column(default=0, server_default="0")
    max_retries: Mapped[int] = mapped_column(default=3, server_default="3")
    last_error: Mapped[str | None]
    next_retry_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class ImportSource(Base):
    """The cells of some hundred rows of a file as they came: JSON in the order of the header, beside the rows' numbers."""

    __tablename__ = "import_sources"
    __table_args__ = ({"schema": "integration"},)

    id = None  # type: ignore[assignment]  # its batch and first row are its key
    batch_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("integration.import_batches.id", ondelete="CASCADE"), primary_key=True
    )
    first_row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    cells: Mapped[str] = mapped_column(Text)


class ImportRecord(Base):
    """What is to be said of a row of a file; of a good row nobody mended there is nothing to say.

    Written once: that a good row was applied follows from the batch's `applied_until`. `order_id` is the order that was
    here before; the id of one it became follows from batch and row. `source_data` are its cells once they were mended.
    """

    __tablename__ = "import_records"
    __table_args__ = (
        Index("ix_import_records_verdict", "batch_id", "verdict", postgresql_where=text("verdict <> 'new'")),
        {"schema": "integration"},
    )

    id = None  # type: ignore[assignment]  # its batch and number are its key
    batch_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("integration.import_batches.id", ondelete="CASCADE"), primary_key=True
    )
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_data: Mapped[Any | None] = mapped_column(JSONB)
    processed_data: Mapped[dict[str, Any] | None]
    validation_errors: Mapped[list[Any] | None]
    verdict: Mapped[RowVerdict] = mapped_column(choice(RowVerdict), default=RowVerdict.NEW, server_default="new")
    order_id: Mapped[uuid.UUID | None]


class ImportSale(Base):
    """A sale that waits to be applied: typed, narrow, gone once its batch is through. A queue, so it refers to nothing."""

    __tablename__ = "import_sales"
    __table_args__ = ({"schema": "integration"},)

    id = None  # type: ignore[assignment]  # as above
    batch_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[uuid.UUID]
    changed: Mapped[bool] = mapped_column(default=False, server_default="false")
    platform: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    size: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text)
    gross: Mapped[Money]
    fee: Mapped[Money]
    payment: Mapped[Money]
    shipping: Mapped[Money]
    other: Mapped[Money]
    net: Mapped[Money]
    sku: Mapped[str | None] = mapped_column(Text)
    payout: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    invoice: Mapped[str | None] = mapped_column(Text)
    tracking: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    eu: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    sold: Mapped[datetime]
    paid: Mapped[datetime | None]
    currency: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int]


class MarketplaceToken(Timestamped, Base):
    """The OAuth tokens of a marketplace account, shared by every worker; a row lock keeps two from refreshing at once."""

    __tablename__ = "marketplace_tokens"
    __table_args__ = ({"schema": "integration"},)

    marketplace: Mapped[Text50] = mapped_column(unique=True)
    access_token: Mapped[str | None] = mapped_column("access_token_encrypted", EncryptedText)
    refresh_token: Mapped[str | None] = mapped_column("refresh_token_encrypted", EncryptedText)
    expires_at: Mapped[datetime | None]
    connected_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[Text255 | None]


class OAuthState(Base):
    """A sign-in at a marketplace under way; good for one use within a few minutes."""

    __tablename__ = "oauth_states"
    __table_args__ = ({"schema": "integration"},)

    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    marketplace: Mapped[Text50]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"))
    redirect_uri: Mapped[str] = mapped_column(String(500))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RequestBudget(Base):
    """How many requests of a marketplace's daily budget are used, over all workers; `not_before` paces them."""

    __tablename__ = "request_budgets"
    __table_args__ = (UniqueConstraint("marketplace", "bucket", "day"), {"schema": "integration"})

    marketplace: Mapped[Text50]
    bucket: Mapped[Text50]
    day: Mapped[date]
    used: Mapped[int] = mapped_column(default=0, server_default="0")
    not_before: Mapped[datetime | None]


class SyncState(Timestamped, Base):
    """How far a sync has come, so that a killed one goes on there."""

    __tablename__ = "sync_states"
    __table_args__ = ({"schema": "integration"},)

    name: Mapped[Text100] = mapped_column(unique=True)
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_success_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class PriceSource(Timestamped, Base):
    """A price somewhere: a shop's or a marketplace's, of a product in a size (or in any)."""

    __tablename__ = "price_sources"
    __table_args__ = (
        CheckConstraint("price_cents >= 0", name="price"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index(
            "uq_price_sources_known",
            "product_id",
            "source_type",
            "source_product_id",
            "size_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_price_sources_offer", "price_type", "product_id", "price_cents", postgresql_where=text("in_stock")),
        {"schema": "integration"},
    )

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    size_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("core.sizes.id", ondelete="SET NULL"), index=True)
    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(SUPPLIERS, ondelete="SET NULL"), index=True)
    source_type: Mapped[PriceSourceType] = mapped_column(choice(PriceSourceType))
    source_product_id: Mapped[Text100]
    source_name: Mapped[Text255 | None]
    price_type: Mapped[PriceType] = mapped_column(choice(PriceType))
    price_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    stock_quantity: Mapped[int | None]
    in_stock: Mapped[bool] = mapped_column(default=True, server_default="true")
    condition: Mapped[Condition] = mapped_column(choice(Condition), default=Condition.NEW, server_default="new")
    source_url: Mapped[str | None]
    affiliate_link: Mapped[str | None]
    details: Mapped[dict[str, Any] | None]
    last_updated: Mapped[datetime] = mapped_column(server_default=func.now())


class PricePoint(Base):
    """A price source's past; a trigger writes a row whenever price or availability changes."""

    __tablename__ = "price_history"
    __table_args__ = (Index("ix_price_history_source", "price_source_id", "recorded_at"), {"schema": "integration"})

    price_source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("integration.price_sources.id", ondelete="CASCADE"))
    price_cents: Mapped[Cents]
    in_stock: Mapped[bool]
    stock_quantity: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AwinProduct(Timestamped, Base):
    """A line of an affiliate feed and what StockX knows about it."""

    __tablename__ = "awin_products"
    __table_args__ = (
        Index("ix_awin_products_ean", "ean", postgresql_where=text("in_stock")),
        Index("ix_awin_products_enrich", "enrichment_status"),
        {"schema": "integration"},
    )

    awin_product_id: Mapped[Text100] = mapped_column(unique=True)
    merchant_product_id: Mapped[Text100 | None]
    merchant_id: Mapped[int]
    merchant_name: Mapped[Text255 | None]
    product_name: Mapped[str] = mapped_column(String(500))
    brand_name: Mapped[Text255 | None] = mapped_column(index=True)
    ean: Mapped[Text20 | None]
    product_gtin: Mapped[Text20 | None]
    mpn: Mapped[Text100 | None]
    retail_price_cents: Mapped[Cents | None]
    store_price_cents: Mapped[Cents | None]
    rrp_price_cents: Mapped[Cents | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    colour: Mapped[Text100 | None]
    size: Mapped[Text50 | None]
    in_stock: Mapped[bool] = mapped_column(default=False, server_default="false")
    stock_quantity: Mapped[int | None]
    delivery_time: Mapped[Text100 | None]
    image_url: Mapped[str | None]
    alternate_images: Mapped[list[str] | None]
    affiliate_link: Mapped[str | None]
    merchant_link: Mapped[str | None]
    matched_product_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PRODUCTS, ondelete="SET NULL"), index=True)
    match_confidence: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    match_method: Mapped[Text50 | None]
    stockx_product_id: Mapped[Text100 | None]
    stockx_variant_id: Mapped[Text100 | None]
    stockx_lowest_ask_cents: Mapped[Cents | None]
    stockx_highest_bid_cents: Mapped[Cents | None]
    profit_cents: Mapped[int | None]
    profit_percentage: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    enrichment_status: Mapped[Text20] = mapped_column(default="pending", server_default="pending")
    last_enriched_at: Mapped[datetime | None]
    feed_import_date: Mapped[datetime | None]


class OpportunityAction(Base):
    """What a person did about an arbitrage opportunity."""

    __tablename__ = "opportunity_actions"
    __table_args__ = (Index("ix_opportunity_actions_product", "product_id", "at"), {"schema": "integration"})

    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="CASCADE"))
    source: Mapped[Text50]
    action: Mapped[Text50]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class WebhookEndpoint(Timestamped, Base):
    """Where events are sent, signed with `secret`; each person's own."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = ({"schema": "integration"},)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column("url_encrypted", EncryptedText)
    host: Mapped[Text255]
    secret: Mapped[str] = mapped_column("secret_encrypted", EncryptedText)
    event_types: Mapped[list[str]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")


class WebhookDelivery(Timestamped, Base):
    """One event for one endpoint, tried until it is taken or given up."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_deliveries_due", "next_at", postgresql_where=text("state IN ('queued', 'running')")),
        {"schema": "integration"},
    )

    endpoint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("integration.webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("logging.event_store.id", ondelete="CASCADE"), index=True)
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED, server_default="queued")
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime | None]
    status_code: Mapped[int | None]
    reason: Mapped[Text255] = mapped_column(default="", server_default="")
    endpoint: Mapped[WebhookEndpoint] = relationship(lazy="raise")


class FeedFile(Timestamped, Base):
    """A file waiting to be worked on; it lies below the media folder under its digest."""

    __tablename__ = "uploads"
    __table_args__ = ({"schema": "integration"},)

    digest: Mapped[str] = mapped_column(String(64), index=True)
    file_name: Mapped[Text255]
    bytes: Mapped[int] = mapped_column(BigInteger)
    batch_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("integration.import_batches.id", ondelete="CASCADE"), index=True
    )
